// What is kept between visits, as text of a limited length for SCORM's suspend_data.
//
// Text is JSON where that fits, else "~" and the same JSON compressed (lz-string, base64), else the same with keys
// dropped from the end of `state`: content writes the most important key first. What was dropped is told.

import { compressToBase64, decompressFromBase64 } from "lz-string";
import { restore } from "./memory.js";

/** The text of a memory in at most `limit` characters, and the keys of its state that found no room. */
export function pack(memory, limit) {
  const whole = fitting(memory, limit);
  if (whole !== null) return { text: whole, dropped: [] };
  const entries = Object.entries(memory.state ?? {});
  const first = (count) => ({ ...memory, state: Object.fromEntries(entries.slice(0, count)) });
  let [fits, tooMany] = [0, entries.length];
  while (tooMany - fits > 1) {
    const middle = (fits + tooMany) >> 1;
    if (fitting(first(middle), limit) === null) tooMany = middle;
    else fits = middle;
  }
  return { text: fitting(first(fits), limit) ?? "", dropped: entries.slice(fits).map(([key]) => key) };
}

function fitting(memory, limit) {
  const json = ascii(JSON.stringify(memory));
  if (json.length <= limit) return json;
  const packed = `~${compressToBase64(json)}`;
  return packed.length <= limit ? packed : null;
}

/** The same JSON in ASCII: an LMS may count bytes, or keep its texts in Latin-1. */
function ascii(json) {
  return json.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The memory in a text; an empty one where the text is not ours or not whole. */
export function unpack(text) {
  try {
    return restore(JSON.parse(text[0] === "~" ? decompressFromBase64(text.slice(1)) : text));
  } catch {
    return restore(null);
  }
}

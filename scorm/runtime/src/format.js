// How the standards write numbers, times and texts.

/** A decimal without exponent or trailing zeros. */
export const decimal = (number, places) => String(Number(Number(number).toFixed(places)));

/** ISO 8601 duration with at most two decimals: SCORM 2004 RTE 4.1.1.7, xAPI 1.0.3 Data 4.6. */
export function isoDuration(seconds) {
  const hundredths = Math.max(0, Math.round(seconds * 100));
  const hours = Math.floor(hundredths / 360000);
  const minutes = Math.floor((hundredths % 360000) / 6000);
  return `PT${hours}H${minutes}M${decimal((hundredths % 6000) / 100, 2)}S`;
}

/** CMITimespan, HHHH:MM:SS.SS: SCORM 1.2 RTE 3.4.4. */
export function timespan(seconds) {
  const hundredths = Math.min(Math.max(0, Math.round(seconds * 100)), 9999 * 360000 + 359999);
  const part = (value, width) => String(Math.floor(value)).padStart(width, "0");
  const [hours, rest] = [hundredths / 360000, hundredths % 360000];
  return `${part(hours, 4)}:${part(rest / 6000, 2)}:${part((rest % 6000) / 100, 2)}.${part(rest % 100, 2)}`;
}

/** The text of a question that is HTML, cut at a whole character. */
export function plain(html, limit) {
  const text = new DOMParser().parseFromString(html ?? "", "text/html").body.textContent;
  return text.replace(/\s+/g, " ").trim().slice(0, limit).replace(/[\uD800-\uDBFF]$/, "");
}

/** A random UUID; crypto.randomUUID is missing on an LMS without https. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** "Last, First" as SCORM gives a name, as people write it. */
export const readableName = (name) => name.replace(/^([^,]+),\s*([^,]+)$/, "$2 $1");

/** Uploading a picture, film, sound or captions, with progress, right where it will stand. */
import { sendFile } from "./api.js";
import { announce, h } from "./dom.js";
import { icon } from "./icons.js";
import { say } from "./words.js";

const ACCEPTED = {
  image: "image/png,image/jpeg,image/webp,image/gif,image/svg+xml",
  video: "video/mp4,video/webm",
  audio: "audio/mpeg,audio/mp4,audio/ogg,audio/wav,.m4a,.mp3",
  text: ".vtt,.srt,text/vtt",
};

/** Where content leaves an empty place for a file: a button, and a place to let a file go. */
export function fillSlot(desk, id, drawn) {
  const slot = drawn.querySelector("[data-slot]");
  if (!slot) return;
  const kind = slot.dataset.kind;
  slot.replaceChildren(...picker(desk, id, "asset", kind, { large: true }));
}

/** A button that opens the file chooser, a line for progress and what went wrong. */
export function picker(desk, id, field, kind, { large = false, label = say(`choose_${kind}`) } = {}) {
  const status = h("p", { class: "upload-status", role: "status" });
  const input = h("input", { type: "file", accept: ACCEPTED[kind], class: "ds-sr-only", tabindex: "-1", "aria-hidden": "true", onchange: () => take(input.files[0]) });
  const button = h("button", { type: "button", class: "ds-button", "data-variant": large ? "primary" : "secondary", "data-size": "sm", "data-key": `${field}.choose`, onclick: () => input.click() }, icon("upload"), label);
  const area = h("div", { class: large ? "upload upload-large" : "upload" }, button, input, large ? h("p", { class: "upload-hint" }, say(`drop_${kind}`)) : null, status);
  area.addEventListener("dragover", (event) => { if (event.dataTransfer.types.includes("Files")) { event.preventDefault(); area.classList.add("is-target"); } });
  area.addEventListener("dragleave", () => area.classList.remove("is-target"));
  area.addEventListener("drop", (event) => {
    area.classList.remove("is-target");
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    take(event.dataTransfer.files[0]);
  });

  async function take(file) {
    if (!file) return;
    const asset = await upload(desk, file, kind, area, button, status);
    input.value = "";
    if (!asset) return;
    desk.draft.assets[asset.digest] = asset.asset;
    await desk.saving.make({ op: "set", target: id, fields: { [field]: asset.digest } });
    announce(say("upload_done"));
    desk.canvas.frames.get(id)?.focus(field === "asset" && kind === "image" ? "alt" : "title", { scroll: false });
  }

  return [area];
}

async function upload(desk, file, kind, area, button, status) {
  if (file.size > desk.start.mostUploadMb * 1_000_000) {
    status.textContent = say("too_large", { mb: desk.start.mostUploadMb });
    area.classList.add("has-problem");
    return null;
  }
  const stop = new AbortController();
  const bar = h("progress", { max: "1", class: "upload-bar", "aria-label": say("uploading") });
  const cancel = h("button", { type: "button", class: "ds-button", "data-variant": "tertiary", "data-size": "sm", onclick: () => stop.abort() }, say("cancel"));
  area.classList.remove("has-problem");
  button.disabled = true;
  status.replaceChildren(say("uploading"), bar, cancel);
  const query = new URLSearchParams({ kind, name: file.name });
  try {
    await desk.saving.flush(); // the block itself must be there first
    return await sendFile(`${desk.start.urls.upload}?${query}`, file, (part) => { bar.value = part; }, stop.signal);
  } catch (problem) {
    if (problem.status === undefined) throw problem;
    area.classList.toggle("has-problem", problem.status !== -1);
    status.textContent = problem.status === -1 ? "" : problem.message || say("upload_failed");
    return null;
  } finally {
    button.disabled = false;
    if (status.contains(bar)) status.textContent = "";
  }
}

/** Who owns a file and what others may do with it, asked where the file was put in. */
import { getJson } from "./api.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { say, sayIfKnown } from "./words.js";

export const LICENCES = [
  "CC-BY-4.0", "CC-BY-SA-4.0", "CC0-1.0", "PDM-1.0", "NLOD-2.0", "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0", "CC-BY-NC-ND-4.0",
  "CC-BY-3.0", "CC-BY-SA-3.0", "CC-BY-NC-3.0", "CC-BY-NC-SA-3.0", "CC-BY-ND-3.0", "CC-BY-NC-ND-3.0", "GFDL-1.3", "all-rights-reserved", "GROUP",
];
const LAST = "lms-bridge-last-rights";

/** A line that says the rights, and the form behind it; open while they are not known. */
export function rightsPanel(desk, digest, kind) {
  const asset = desk.draft.assets[digest];
  if (!asset) return null;
  const { rights } = asset;
  const known = rights.licence !== "unknown";
  const verdicts = h("ul", { class: "verdicts" });
  const details = h("details", { class: "panel-part rights", open: !known },
    h("summary", { "data-key": "rights" }, icon("rights"), h("span", {}, say(`rights_of_${kind}`)), h("span", { class: known ? "rights-line" : "rights-line is-missing" }, known ? lineOf(rights) : say("rights_missing"))),
    shortcuts(desk, digest),
    h("details", { class: "rights-more", open: known }, h("summary", { "data-key": "rights.more" }, say("rights_others")), form(desk, digest, rights)), verdicts);
  if (known) showVerdicts(desk, digest, verdicts);
  return details;
}

/** “CC BY 4.0 · Ola Nordmann · Fjordvik kommune” */
function lineOf({ licence, creators, holder }) {
  return [licenceName(licence).split(":")[0], creators.join(", "), creators.includes(holder) ? "" : holder].filter(Boolean).join(" · ");
}

export function licenceName(id) { return sayIfKnown(`licence_${id}`, id.replace(/^CC-/, "CC ").replace(/-(\d)/, " $1")); }

function shortcuts(desk, digest) {
  const button = (label, rights) => h("button", { type: "button", class: "ds-button", "data-variant": "secondary", "data-size": "sm", onclick: () => write(desk, digest, rights, { redraw: true }) }, label);
  const own = { licence: desk.draft.module.rights.licence === "unknown" ? "CC-BY-4.0" : desk.draft.module.rights.licence, holder: desk.start.organisation, creators: [desk.start.person], source: "", changes: "" };
  const last = remembered();
  const fresh = last && ![own, desk.draft.assets[digest].rights].some((known) => lineOf(known) === lineOf(last));
  return h("p", { class: "rights-shortcuts" }, button(say("rights_own"), own), fresh ? button(say("rights_last", { line: lineOf(last) }), last) : null);
}

function form(desk, digest, rights) {
  const name = (field) => `rights-${field}-${digest.slice(0, 8)}-${Math.random().toString(36).slice(2, 7)}`;
  const licence = h("select", { class: "ds-input", id: name("licence"), "data-key": "rights.licence", onchange: () => write(desk, digest, { licence: licence.value }) },
    h("option", { value: "unknown" }, say("licence_unknown")),
    LICENCES.map((id) => h("option", { value: id, selected: id === rights.licence }, licenceName(id))));
  const line = (field, value, change) => {
    const input = h("input", { class: "ds-input", id: name(field), value, "data-key": `rights.${field}`, oninput: () => write(desk, digest, change(input.value)) });
    return fieldOf(input, say(`rights_${field}`), say(`rights_${field}_help`));
  };
  return h("div", { class: "rights-form" },
    fieldOf(licence, say("licence"), say("licence_help")),
    line("creators", rights.creators.join(", "), (value) => ({ creators: split(value) })),
    line("holder", rights.holder, (holder) => ({ holder })),
    line("source", rights.source, (source) => ({ source })),
    line("changes", rights.changes, (changes) => ({ changes })));
}

export function fieldOf(input, label, help = "") {
  const id = `${input.id}-help`;
  if (help) input.setAttribute("aria-describedby", id);
  return h("div", { class: "ds-field" }, h("label", { class: "ds-label", for: input.id }, label),
    help ? h("p", { class: "ds-paragraph field-help", id, "data-size": "sm" }, help) : null, input);
}

export function split(names) { return names.split(",").map((one) => one.trim()).filter(Boolean); }

function write(desk, digest, change, { redraw = false } = {}) {
  const rights = { ...desk.draft.assets[digest].rights, ...change };
  desk.saving.set(digest, { rights }, { now: redraw });
  if (rights.licence !== "unknown") remember(rights);
  if (redraw) desk.canvas.frames.forEach((frame) => { if (frame.block.asset === digest) { frame.drawPanel(); frame.panel.querySelector(".rights summary")?.focus(); } });
}

function remember({ licence, holder, creators }) {
  try { localStorage.setItem(LAST, JSON.stringify({ licence, holder, creators })); } catch { /* then it is asked anew */ }
}

function remembered() {
  try {
    const last = JSON.parse(localStorage.getItem(LAST));
    return Array.isArray(last?.creators) ? { licence: last.licence, holder: last.holder, creators: last.creators, source: "", changes: "" } : null;
  } catch { return null; }
}

/** What may be done with it, kindly: only what is not simply allowed is said. */
async function showVerdicts(desk, digest, list) {
  await desk.saving.flush();
  const verdicts = await getJson(`${desk.start.urls.upload}/${digest}/verdicts`).catch(() => []);
  const limits = verdicts.filter(({ answer }) => answer !== "yes");
  list.replaceChildren(...limits.map(({ use, answer, text }) => h("li", { class: `verdict-${answer}` }, h("strong", {}, say(`use_${use}`)), " ", text)));
  if (limits.length) list.append(h("li", { class: "verdict-note" }, say("verdict_note")));
}

/** Who owns a file and what others may do with it, asked where the file was put in. */
import { getJson } from "./api.js";
import { h } from "./dom.js";
import { fieldOf, split } from "./forms.js";
import { grantForm } from "./grant.js";
import { icon } from "./icons.js";
import { LICENCES, licenceName } from "./licences.js";
import { say } from "./words.js";

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

function shortcuts(desk, digest) {
  const button = (label, rights) => h("button", { type: "button", class: "ds-button", "data-variant": "secondary", "data-size": "sm", onclick: () => write(desk, digest, rights, { redraw: true }) }, label);
  const own = { licence: desk.draft.module.rights.licence === "unknown" ? "CC-BY-4.0" : desk.draft.module.rights.licence, holder: desk.start.organisation, creators: [desk.start.person], source: "", changes: "" };
  const last = remembered();
  const fresh = last && ![own, desk.draft.assets[digest].rights].some((known) => lineOf(known) === lineOf(last));
  return h("p", { class: "rights-shortcuts" }, button(say("rights_own"), own), fresh ? button(say("rights_last", { line: lineOf(last) }), last) : null);
}

function form(desk, digest, rights) {
  const name = (field) => `rights-${field}-${digest.slice(0, 8)}-${Math.random().toString(36).slice(2, 7)}`;
  const [licence, agreement] = licenceChoice(name("licence"), rights, [desk.start.organisation], (change) => write(desk, digest, change));
  const line = (field, value, change) => {
    const input = h("input", { class: "ds-input", id: name(field), value, "data-key": `rights.${field}`, oninput: () => write(desk, digest, change(input.value)) });
    return fieldOf(input, say(`rights_${field}`), say(`rights_${field}_help`));
  };
  return h("div", { class: "rights-form" },
    fieldOf(licence, say("licence"), say("licence_help")), agreement,
    line("title", rights.title, (title) => ({ title })),
    line("creators", rights.creators.join(", "), (value) => ({ creators: split(value) })),
    line("holder", rights.holder, (holder) => ({ holder })),
    line("source", rights.source, (source) => ({ source })),
    line("changes", rights.changes, (changes) => ({ changes })));
}

/**
 * The licences to choose from, and a place for the agreement, which is there while one is chosen that rests on one.
 * `members`: who an agreement is for at first. `onchange({ licence, grant })` or `onchange({ grant })`.
 */
export function licenceChoice(id, rights, members, onchange) {
  const place = h("div", { class: "grant-place" });
  const show = (grant) => place.replaceChildren(...(select.value === "GROUP" ? [grantForm(grant, members, (changed) => onchange({ grant: { ...changed } }))] : []));
  const select = h("select", { class: "ds-input", id, "data-key": "rights.licence", onchange: () => {
    const grant = select.value === "GROUP" ? { members } : null;
    show(grant);
    onchange({ licence: select.value, grant });
  } },
  h("option", { value: "unknown" }, say("licence_unknown")), LICENCES.map((one) => h("option", { value: one, selected: one === rights.licence }, licenceName(one))));
  show(rights.grant);
  return [select, place];
}

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

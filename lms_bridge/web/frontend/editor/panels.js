/** What a block needs beyond what the learner sees in it: alternative text, rights, captions, tone, test or practice. */
import { h } from "./dom.js";
import { picker } from "./media.js";
import { rightsPanel } from "./rights.js";
import { say } from "./words.js";

const TONES = ["info", "tip", "warning", "important"];

/** The panel of a block, as a list of elements; most blocks have none. */
export function panelOf(desk, id) {
  const { block } = desk.draft.blocks[id];
  return (PANELS[block.type]?.(desk, id, block) ?? []).filter(Boolean);
}

const PANELS = {
  image: (desk, id, block) => block.asset && [alternative(desk, id, block), rightsPanel(desk, block.asset, "image"), replace(desk, id, "image")],
  video: (desk, id, block) => block.asset && [captions(desk, id, block), rightsPanel(desk, block.asset, "video"), replace(desk, id, "video")],
  audio: (desk, id, block) => block.asset && [rightsPanel(desk, block.asset, "audio"), replace(desk, id, "audio")],
  callout: (desk, id, block) => [tone(desk, id, block)],
  single_choice: scored,
  multiple_choice: scored,
  true_false: scored,
  ordering: scored,
};

function alternative(desk, id, block) {
  const name = `alt-${id}`;
  const text = h("textarea", {
    class: "ds-input", id: name, rows: "2", value: block.alt, "aria-describedby": `${name}-help`, "data-key": "alt", disabled: block.decorative,
    oninput: () => desk.saving.set(id, { alt: text.value.replace(/\s+/g, " ") }),
  });
  const decorative = h("input", {
    class: "ds-input", type: "checkbox", id: `${name}-decorative`, checked: block.decorative, "data-key": "decorative",
    onchange: () => { text.disabled = decorative.checked; desk.saving.set(id, { decorative: decorative.checked }, { now: true }); },
  });
  return h("div", { class: "panel-part" },
    h("div", { class: "ds-field" },
      h("label", { class: "ds-label", for: name }, say("alt")),
      h("p", { class: "ds-paragraph field-help", id: `${name}-help`, "data-size": "sm" }, say("alt_help")), text),
    h("div", { class: "ds-field" }, decorative, h("label", { class: "ds-label", for: decorative.id, "data-weight": "regular" }, say("decorative"))));
}

function captions(desk, id, block) {
  const there = desk.draft.assets[block.captions];
  return h("div", { class: "panel-part" },
    h("p", { class: "ds-label" }, say("captions")),
    h("p", { class: "ds-paragraph field-help", "data-size": "sm" }, there ? say("captions_there", { name: there.name }) : say("captions_help")),
    picker(desk, id, "captions", "text", { label: say(there ? "replace" : "choose_text") }));
}

function replace(desk, id, kind) {
  return h("div", { class: "panel-part panel-replace" }, picker(desk, id, "asset", kind, { label: say(`replace_${kind}`) }));
}

function tone(desk, id, block) {
  return h("fieldset", { class: "panel-part tones" }, h("legend", { class: "ds-label" }, say("tone")),
    TONES.map((value) => h("label", { class: `tone tone-${value}` },
      h("input", { type: "radio", name: `tone-${id}`, value, checked: block.tone === value, "data-key": `tone.${value}`, onchange: () => desk.saving.set(id, { tone: value }, { now: true }) }),
      h("span", {}, say(`tone_${value}`)))));
}

function scored(desk, id, block) {
  const name = `scored-${id}`;
  const words = { single_choice: "mark_help", multiple_choice: "mark_help", ordering: "order_help" }[block.type];
  const help = words && h("p", { class: "panel-part field-help" }, say(words));
  return [help, h("div", { class: "panel-part ds-field" },
    h("input", { class: "ds-input", type: "checkbox", role: "switch", id: name, checked: block.scored, "data-key": "scored", onchange: (event) => desk.saving.set(id, { scored: event.target.checked }, { now: true }) }),
    h("label", { class: "ds-label", for: name, "data-weight": "regular" }, say("scored")),
    h("p", { class: "ds-paragraph field-help", "data-size": "sm" }, say("scored_help")))];
}

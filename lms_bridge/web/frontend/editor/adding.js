/** Adding a block: a plus between any two, and a menu that says in a line what each kind is for. */
import { h, newId } from "./dom.js";
import { icon } from "./icons.js";
import { dropAfter } from "./moving.js";
import { say } from "./words.js";

const KINDS = [
  ["show", ["text", "image", "video", "audio"]],
  ["point_out", ["callout", "accordion", "checklist"]],
  ["question", ["single_choice", "multiple_choice", "true_false", "ordering"]],
];
const option = (id, correct) => ({ id, text: "", correct, feedback: "" });
const BLANK = {
  accordion: () => ({ items: [{ id: "i1", title: "", html: "" }, { id: "i2", title: "", html: "" }] }),
  checklist: () => ({ items: [{ id: "i1", text: "" }, { id: "i2", text: "" }, { id: "i3", text: "" }] }),
  single_choice: () => ({ options: [option("o1", true), option("o2", false), option("o3", false)] }),
  multiple_choice: () => ({ options: [option("o1", true), option("o2", true), option("o3", false)] }),
  ordering: () => ({ options: ["o1", "o2", "o3"].map((id) => ({ id, text: "" })) }),
};

/** The plus after a block (null: before the first); dragged blocks can be let go on it. */
export function addButton(desk, page, after, { large = false } = {}) {
  const button = h("button", {
    type: "button", class: "add-block", "aria-haspopup": "dialog",
    "aria-label": large ? null : say("add_here"), title: large ? null : say("add_here"),
    onclick: () => choose(desk, page, after),
  }, icon("add"), large ? h("span", {}, say("add_block")) : null);
  const gap = h("div", { class: large ? "gap gap-large" : "gap" }, button);
  dropAfter(desk, gap, page, after);
  return gap;
}

/** What an empty page offers: every kind, laid open. */
export function firstChoices(desk, page) {
  const area = h("div", { class: "first-choices" }, h("p", { class: "ds-paragraph" }, say("empty_page")), menu((type) => add(desk, page, null, type)));
  dropAfter(desk, area, page, null);
  return area;
}

function menu(onchoose) {
  return KINDS.map(([group, types]) => h("section", { class: "add-group" },
    h("h3", { class: "add-heading" }, say(`group_${group}`)),
    h("ul", {}, types.map((type) => h("li", {}, h("button", { type: "button", class: "add-choice", "data-type": type, onclick: () => onchoose(type) },
      h("span", { class: "add-icon" }, icon(type)),
      h("span", { class: "add-words" }, h("strong", {}, say(`block_${type}`)), h("span", {}, say(`about_${type}`)))))))));
}

function choose(desk, page, after) {
  const back = document.activeElement;
  const close = h("button", { type: "button", class: "dialog-close tool", "aria-label": say("close"), onclick: () => dialog.close() }, icon("close"));
  const dialog = h("dialog", { class: "ds-dialog editor-dialog add-dialog", "aria-label": say("add_block") }, close,
    h("h2", { class: "ds-heading", "data-size": "xs" }, say("add_block")),
    menu((type) => { dialog.close("done"); add(desk, page, after, type); }));
  dialog.addEventListener("close", () => { dialog.remove(); if (dialog.returnValue !== "done") back?.focus(); });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  document.body.append(dialog);
  dialog.showModal();
  dialog.querySelector(".add-choice").focus();
}

async function add(desk, page, after, type) {
  const block = { id: newId("b"), type, ...BLANK[type]?.() };
  const answer = await desk.saving.make({ op: "insert", parent: page, after, value: block });
  if (answer?.change) desk.undo.remember(say("added_block"), answer.change);
  desk.canvas.frames.get(block.id)?.focus("", { scroll: true });
}

/** Moving blocks: by buttons, by Alt and the arrow keys, by dragging, and to another page. */
import { ask } from "./dialogs.js";
import { announce, h } from "./dom.js";
import { icon } from "./icons.js";
import { say } from "./words.js";

let dragged = null;

export async function moveBy(desk, id, step) {
  const page = desk.draft.pageOf(id);
  const at = page.blocks.indexOf(id);
  const to = at + step;
  if (to < 0 || to >= page.blocks.length) return announce(say(step < 0 ? "is_first" : "is_last"));
  const active = document.activeElement;
  const rest = page.blocks.filter((one) => one !== id);
  await move(desk, id, page.id, rest[to - 1] ?? null);
  (active?.isConnected ? active : desk.canvas.frames.get(id)?.element)?.focus({ preventScroll: true });
  desk.canvas.frames.get(id)?.element.scrollIntoView({ block: "nearest" });
  announce(say("moved_to", { number: to + 1, total: page.blocks.length }));
}

async function move(desk, id, page, after) {
  const answer = await desk.saving.make({ op: "move", target: id, parent: page, after });
  if (answer?.change) desk.undo.remember(say("moved_block"), answer.change);
}

export async function moveToPage(desk, id) {
  const here = desk.draft.pageOf(id).id;
  const pages = desk.draft.pages.filter((page) => page.id !== here);
  const select = h("select", { class: "ds-input", id: "move-page" }, pages.map((page) => h("option", { value: page.id }, page.title || say("untitled_page"))));
  if (!pages.length) return ask({ title: say("move_to_page"), body: h("p", { class: "ds-paragraph" }, say("only_page")), buttons: [["", say("close")]] });
  const choice = await ask({
    title: say("move_to_page"),
    body: h("div", { class: "ds-field" }, h("label", { class: "ds-label", for: "move-page" }, say("page")), select),
    buttons: [["move", say("move")], ["", say("cancel")]],
  });
  if (choice !== "move") return;
  await move(desk, id, select.value, desk.draft.page(select.value).blocks.at(-1) ?? null);
  desk.canvas.goTo(id);
}

export function dragHandle(desk, id) {
  return h("span", {
    class: "drag-handle", draggable: "true", title: say("drag_block"), "aria-hidden": "true",
    ondragstart: (event) => {
      dragged = { block: id };
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", "");
      event.dataTransfer.setDragImage(event.target.closest(".frame"), 20, 20);
      requestAnimationFrame(() => document.body.classList.add("is-dragging"));
    },
    ondragend: () => { dragged = null; document.body.classList.remove("is-dragging"); },
  }, icon("drag"));
}

/** Makes a place take a dragged block; `drop(id)` is called with it. */
export function takesBlocks(element, drop) {
  element.addEventListener("dragover", (event) => {
    if (!dragged?.block) return;
    event.preventDefault();
    element.classList.add("is-target");
  });
  element.addEventListener("dragleave", () => element.classList.remove("is-target"));
  element.addEventListener("drop", (event) => {
    element.classList.remove("is-target");
    if (!dragged?.block) return;
    event.preventDefault();
    drop(dragged.block);
  });
}

export function dropAfter(desk, element, page, after) {
  takesBlocks(element, (id) => {
    if (id !== after) move(desk, id, page, after).then(() => announce(say("moved_block")));
  });
}

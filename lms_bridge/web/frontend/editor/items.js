/** Options and items of a block: which are right, adding, moving and deleting them. */
import { announce, h, newId } from "./dom.js";
import { icon } from "./icons.js";
import { say } from "./words.js";

const LISTS = {
  single_choice: ["options", "[data-option]", (id) => ({ id, text: "", correct: false, feedback: "" })],
  multiple_choice: ["options", "[data-option]", (id) => ({ id, text: "", correct: false, feedback: "" })],
  ordering: ["options", "[data-option]", (id) => ({ id, text: "" })],
  accordion: ["items", "[data-item]", (id) => ({ id, title: "", html: "" })],
  checklist: ["items", "[data-item]", (id) => ({ id, text: "" })],
};

/** Ticking an answer in the editor marks it as right. */
export function bindAnswers(desk, id, drawn) {
  const { block } = desk.draft.blocks[id];
  for (const input of drawn.querySelectorAll("input[data-field]")) {
    input.setAttribute("aria-label", say("mark_right"));
    input.setAttribute("title", say("mark_right"));
    input.addEventListener("change", () => {
      if (block.type === "true_false") return desk.saving.set(id, { correct: input.value === "true" }, { now: true });
      const ticked = new Set([...drawn.querySelectorAll("input[data-field]:checked")].map(({ value }) => value));
      const changed = desk.draft.blocks[id].block.options.filter((option) => option.correct !== ticked.has(option.id));
      desk.saving.set(id, Object.fromEntries(changed.map((option) => [`options.${option.id}.correct`, ticked.has(option.id)])), { now: true });
    });
  }
  // a checklist's boxes are the learner's
  for (const box of drawn.querySelectorAll(".checklist input")) { box.disabled = true; box.setAttribute("aria-hidden", "true"); }
}

/** Small buttons at each item, and one to add another after the last. */
export function decorateItems(desk, id, drawn) {
  const { block } = desk.draft.blocks[id];
  if (!LISTS[block.type]) return;
  const [list, selector, blank] = LISTS[block.type];
  const elements = [...drawn.querySelectorAll(selector)];
  elements.forEach((element, index) => {
    const item = element.dataset.option ?? element.dataset.item;
    const act = (name, work, disabled) => h("button", { type: "button", class: "tool tool-small", "aria-label": say(`${name}_item`, { number: index + 1 }), title: say(`${name}_short`), disabled, "data-key": `${list}.${item}.${name}`, onclick: work }, icon(name));
    element.append(h("span", { class: "item-actions" },
      act("up", () => moveItem(desk, id, list, item, -1), index === 0),
      act("down", () => moveItem(desk, id, list, item, 1), index === elements.length - 1),
      act("delete", () => deleteItem(desk, id, list, item))));
  });
  const add = h("button", { type: "button", class: "ds-button add-item", "data-variant": "tertiary", "data-size": "sm", "data-key": `${list}.add`, onclick: () => addItem(desk, id, list, blank) }, icon("add"), say(`add_${list}_${block.type}`));
  const after = elements.at(-1);
  if (after) (after.closest("ol") ?? after).after(add);
  else (drawn.querySelector("fieldset, .options") ?? drawn).append(add);
}

async function addItem(desk, id, list, blank) {
  const item = blank(newId("i", 4));
  const last = desk.draft.blocks[id].block[list].at(-1)?.id ?? null;
  await desk.saving.make({ op: "insert", parent: `${id}.${list}`, after: last, value: item });
  desk.canvas.frames.get(id)?.focus(`${list}.${item.id}.${"title" in item ? "title" : "text"}`, { scroll: false });
}

async function moveItem(desk, id, list, item, step) {
  const items = desk.draft.blocks[id].block[list].map((one) => one.id);
  const to = items.indexOf(item) + step;
  if (to < 0 || to >= items.length) return;
  const rest = items.filter((one) => one !== item);
  await desk.saving.make({ op: "move", target: `${id}.${list}.${item}`, parent: `${id}.${list}`, after: rest[to - 1] ?? null });
  const again = desk.canvas.frames.get(id)?.element.querySelector(`[data-key="${list}.${item}.${step < 0 ? "up" : "down"}"]`);
  (again?.disabled ? again.parentElement.querySelector("button:not(:disabled)") : again)?.focus();
  announce(say("moved_to", { number: to + 1, total: items.length }));
}

async function deleteItem(desk, id, list, item) {
  const items = desk.draft.blocks[id].block[list].map((one) => one.id);
  const neighbour = items[items.indexOf(item) + 1] ?? items[items.indexOf(item) - 1];
  const answer = await desk.saving.make({ op: "delete", target: `${id}.${list}.${item}` });
  desk.canvas.frames.get(id)?.element.querySelector(`[data-key="${neighbour ? `${list}.${neighbour}.delete` : `${list}.add`}"]`)?.focus();
  if (answer?.change) desk.undo.offer(say("item_deleted"), answer.change);
}

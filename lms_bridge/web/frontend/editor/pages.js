/** The pages at the side: choose, add, put in order, copy, delete. */
import { announce, h, newId } from "./dom.js";
import { icon } from "./icons.js";
import { takesBlocks } from "./moving.js";
import { say } from "./words.js";

let dragged = null;

export class Pages {
  constructor(desk, element) {
    this.desk = desk;
    this.list = h("ol", { class: "page-list" });
    element.append(this.list, h("button", { type: "button", class: "ds-button add-page", "data-variant": "secondary", "data-size": "sm", onclick: () => this.add() }, icon("add"), say("add_page")));
    for (const event of ["order", "show"]) desk.draft.addEventListener(event, () => this.show());
    desk.saving.addEventListener("state", () => this.showTitles());
    this.show();
  }

  show() {
    const focus = document.activeElement?.dataset?.key;
    const inside = this.list.contains(document.activeElement);
    const { draft } = this.desk;
    this.list.replaceChildren(...draft.pages.map((page, index) => this.entry(page, index, page.id === draft.shown)));
    if (inside) this.list.querySelector(`[data-key="${focus}"]`)?.focus();
  }

  showTitles() {
    for (const page of this.desk.draft.pages) {
      const words = this.list.querySelector(`[data-page="${page.id}"] .page-words`);
      if (words) words.textContent = page.title || say("untitled_page");
    }
  }

  entry(page, index, shown) {
    const act = (name, work, disabled = false) => h("button", { type: "button", class: "tool tool-small", "data-key": `${page.id}.${name}`, "aria-label": say(`${name}_page`, { number: index + 1 }), title: say(`${name}_short`), disabled, onclick: work }, icon(name));
    const entry = h("li", { class: shown ? "page-entry is-shown" : "page-entry", "data-page": page.id, draggable: "true" },
      h("button", { type: "button", class: "page-link", "data-key": page.id, "aria-current": shown ? "page" : null, onclick: () => this.desk.open(page.id), onkeydown: (event) => this.key(event, page.id) },
        h("span", { class: "page-index" }, String(index + 1)), h("span", { class: "page-words" }, page.title || say("untitled_page"))),
      shown ? h("span", { class: "page-actions" },
        act("up", () => this.move(page.id, -1, "up"), index === 0),
        act("down", () => this.move(page.id, 1, "down"), index === this.desk.draft.pages.length - 1),
        act("copy", () => this.copy(page)), act("delete", () => this.remove(page, index))) : null);
    this.makeDraggable(entry, page.id);
    return entry;
  }

  key(event, id) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (event.altKey && step) { event.preventDefault(); this.move(id, step); }
  }

  async add() {
    const page = { id: newId("p"), title: "", blocks: [] };
    const answer = await this.desk.saving.make({ op: "insert", parent: "@module", after: this.desk.draft.shown || null, value: page });
    if (!answer) return;
    this.desk.undo.remember(say("added_page"), answer.change);
    this.desk.open(page.id);
    this.desk.canvas.title.element.focus();
  }

  async move(id, step) {
    const ids = this.desk.draft.pages.map((page) => page.id);
    const to = ids.indexOf(id) + step;
    if (to < 0 || to >= ids.length) return announce(say(step < 0 ? "is_first" : "is_last"));
    await this.place(id, ids.filter((one) => one !== id)[to - 1] ?? null);
    announce(say("moved_to", { number: to + 1, total: ids.length }));
  }

  async place(id, after) {
    const answer = await this.desk.saving.make({ op: "move", target: id, parent: "@module", after });
    if (answer?.change) this.desk.undo.remember(say("moved_page"), answer.change);
  }

  async copy(page) {
    const blocks = page.blocks.map((id) => ({ ...structuredClone(this.desk.draft.blocks[id].block), id: newId("b") }));
    const copy = { id: newId("p"), title: page.title, blocks };
    const answer = await this.desk.saving.make({ op: "insert", parent: "@module", after: page.id, value: copy });
    if (!answer) return;
    this.desk.undo.remember(say("added_page"), answer.change);
    this.desk.open(copy.id);
    announce(say("copied_page"));
  }

  async remove(page, index) {
    const answer = await this.desk.saving.make({ op: "delete", target: page.id });
    if (!answer?.change) return;
    this.desk.undo.offer(say("page_deleted", { title: page.title || say("untitled_page") }), answer.change);
    const next = this.desk.draft.pages[Math.min(index, this.desk.draft.pages.length - 1)];
    this.list.querySelector(next ? `[data-key="${next.id}"]` : null)?.focus();
  }

  makeDraggable(entry, id) {
    takesBlocks(entry, (block) => {
      const last = this.desk.draft.page(id).blocks.at(-1) ?? null;
      if (last !== block) this.desk.saving.make({ op: "move", target: block, parent: id, after: last }).then((answer) => {
        if (answer?.change) this.desk.undo.offer(say("moved_block"), answer.change);
      });
    });
    entry.addEventListener("dragstart", (event) => {
      dragged = id;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", "");
    });
    entry.addEventListener("dragend", () => { dragged = null; });
    entry.addEventListener("dragover", (event) => { if (dragged) { event.preventDefault(); entry.classList.add("is-target"); } });
    entry.addEventListener("dragleave", () => entry.classList.remove("is-target"));
    entry.addEventListener("drop", (event) => {
      entry.classList.remove("is-target");
      if (!dragged || dragged === id) return;
      event.preventDefault();
      const ids = this.desk.draft.pages.map((page) => page.id);
      const down = ids.indexOf(dragged) < ids.indexOf(id);
      this.place(dragged, down ? id : ids[ids.indexOf(id) - 1] ?? null);
    });
  }
}

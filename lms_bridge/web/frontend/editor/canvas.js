/** The page in the middle: its title, its blocks in order, and the places where a new one can be put in. */
import { addButton, firstChoices } from "./adding.js";
import { focusOn, h } from "./dom.js";
import { plainText } from "./fields.js";
import { Frame } from "./frame.js";
import { say } from "./words.js";

export class Canvas {
  constructor(desk, element) {
    this.desk = desk;
    this.element = element;
    this.frames = new Map();
    this.page = "";
    const { draft } = desk;
    draft.addEventListener("order", () => this.show());
    draft.addEventListener("show", () => this.show());
    draft.addEventListener("block", ({ detail }) => this.frames.get(detail.id)?.refresh(detail));
    draft.addEventListener("asset", () => this.frames.forEach((frame) => frame.refreshPanel()));
    this.followFocus();
    this.show();
  }

  /** Brings what is shown in line with the draft; blocks that are there already stay as they are. */
  show() {
    const page = this.desk.draft.page();
    if (!page) return this.clear(h("div", { class: "no-pages" }, h("p", { class: "ds-paragraph" }, say("no_pages"))));
    if (page.id !== this.page) this.open(page);
    else this.title.set(page.title);
    for (const [id, frame] of this.frames) {
      if (page.blocks.includes(id)) continue;
      frame.close();
      this.frames.delete(id);
    }
    const active = document.activeElement;
    const wanted = page.blocks.flatMap((id, index) => [this.gap(index ? page.blocks[index - 1] : null), this.frame(id).element]);
    const last = page.blocks.at(-1) ?? null;
    this.list.replaceWhenNew([...wanted, page.blocks.length ? addButton(this.desk, page.id, last, { large: true }) : firstChoices(this.desk, page.id)]);
    if (active?.isConnected && document.activeElement !== active) active.focus({ preventScroll: true });
  }

  /** The block that the cursor is in shows its tools; none while the page's title is written. While a button of the mouse is down nothing moves under it. */
  followFocus() {
    let down = false;
    let next = null;
    const activate = () => {
      if (down || !next) return;
      this.frames.forEach((frame) => frame.element.classList.toggle("is-active", frame.element === next));
    };
    this.element.addEventListener("focusin", (event) => { next = event.target.closest("[data-frame], .page-title") ?? next; activate(); });
    addEventListener("pointerdown", () => { down = true; }, true);
    for (const end of ["pointerup", "pointercancel", "dragend"]) addEventListener(end, () => { down = false; setTimeout(activate); }, true);
  }

  clear(...children) {
    this.frames.forEach((frame) => frame.close());
    this.frames.clear();
    this.page = "";
    this.element.replaceChildren(...children);
  }

  open(page) {
    const heading = h("h2", { class: "page-title", id: `title-${page.id}` });
    const list = h("div", { class: "block-list" });
    list.replaceWhenNew = (wanted) => keepOrder(list, wanted);
    this.clear(h("section", { class: "page-sheet", "aria-labelledby": heading.id }, heading, list));
    this.page = page.id;
    this.list = list;
    this.title = plainText(heading, {
      text: page.title, label: say("page_title"), placeholder: say("page_title_hint"),
      onchange: (title) => this.desk.saving.set(page.id, { title }),
    });
    this.element.scrollTo?.(0, 0);
  }

  gap(after) { return addButton(this.desk, this.page, after); }

  frame(id) {
    if (!this.frames.has(id)) this.frames.set(id, new Frame(this.desk, id));
    return this.frames.get(id);
  }

  /** Goes to a block (and a field in it), on whichever page it is. */
  goTo(blockId, field = "") {
    const page = this.desk.draft.pageOf(blockId);
    if (!page) return;
    if (page.id !== this.desk.draft.shown) this.desk.draft.show(page.id);
    this.frames.get(blockId)?.focus(field);
  }

  goToPage(pageId, field = "") {
    this.desk.draft.show(pageId);
    focusOn(field === "title" ? this.title.element : this.element.querySelector(".add-choice, .add-block") ?? this.title.element);
  }
}

/** Puts the children in order without moving those that stand right: moving one would take its focus away. */
function keepOrder(list, wanted) {
  const frames = wanted.filter((child) => child.dataset.frame);
  const there = [...list.children].filter((child) => child.dataset.frame);
  const same = frames.length === there.length && frames.every((child, index) => child === there[index]);
  if (same && list.children.length === wanted.length) return;
  const scroll = scrollY;
  list.replaceChildren(...wanted);
  scrollTo({ top: scroll, behavior: "instant" });
}

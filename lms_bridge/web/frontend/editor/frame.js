/** One block being written: the learner's view of it with editable fields, a bar of tools, and its own panel. */
import { focusOn, fromHtml, h } from "./dom.js";
import { bindFields } from "./fields.js";
import { icon } from "./icons.js";
import { bindAnswers, decorateItems } from "./items.js";
import { fillSlot } from "./media.js";
import { dragHandle, moveBy, moveToPage } from "./moving.js";
import { panelOf } from "./panels.js";
import { textTools } from "./rich.js";
import { say } from "./words.js";

export class Frame {
  constructor(desk, id) {
    this.desk = desk;
    this.id = id;
    this.tools = h("div", { class: "frame-tools" });
    this.bar = this.makeBar();
    this.body = h("div", { class: "frame-body" });
    this.panel = h("div", { class: "frame-panel" });
    this.element = h("div", { class: "frame", "data-frame": id, role: "group", "aria-label": this.name, tabindex: "-1" }, this.bar, this.body, this.panel);
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.element.addEventListener("submit", (event) => event.preventDefault());
    this.element.addEventListener("focusin", (event) => this.showToolsFor(event.target));
    this.draw();
  }

  get block() { return this.desk.draft.blocks[this.id].block; }

  get name() { return say(`block_${this.block.type}`); }

  makeBar() {
    const button = (name, onclick) => h("button", { type: "button", class: `tool tool-${name}`, "aria-label": say(`${name}_block`, { name: this.name }), title: say(`${name}_short`), onclick }, icon(name));
    return h("div", { class: "frame-bar" },
      dragHandle(this.desk, this.id),
      h("span", { class: "frame-name" }, icon(this.block.type), h("span", {}, this.name)),
      this.tools,
      h("span", { class: "frame-actions" },
        button("up", () => moveBy(this.desk, this.id, -1)),
        button("down", () => moveBy(this.desk, this.id, 1)),
        button("more", () => moveToPage(this.desk, this.id)),
        button("copy", () => this.desk.duplicate(this.id)),
        button("delete", () => this.desk.remove(this.id, this.name))));
  }

  draw() {
    this.close();
    const drawn = fromHtml(this.desk.draft.blocks[this.id].html);
    drawn.removeAttribute("id");
    this.skeleton = skeletonOf(drawn);
    this.body.replaceChildren(drawn);
    this.fields = bindFields(drawn, {
      block: this.block,
      onwrite: (path, value) => this.desk.saving.set(this.id, { [path]: value }),
      onrich: (editor) => this.showTools(editor),
      onpicture: () => this.desk.undo.tell(say("pasted_picture")),
    });
    bindAnswers(this.desk, this.id, drawn);
    decorateItems(this.desk, this.id, drawn);
    fillSlot(this.desk, this.id, drawn);
    this.drawPanel();
  }

  drawPanel() {
    this.panelShows = JSON.stringify(panelValues(this.desk, this.block));
    this.panel.replaceChildren(...panelOf(this.desk, this.id));
    this.element?.classList.toggle("is-incomplete", isIncomplete(this.desk, this.block));
  }

  refreshPanel() {
    if (this.panel.contains(document.activeElement)) return;
    if (this.panelShows !== JSON.stringify(panelValues(this.desk, this.block))) this.drawPanel();
  }

  /** After the draft has changed: only what is different is written, and nothing that waits to be saved; nor
   *  where the cursor stands in what this editor wrote itself (`own`). */
  refresh({ own = false } = {}) {
    const { block, html } = this.desk.draft.blocks[this.id];
    if (skeletonOf(fromHtml(html)) !== this.skeleton) return this.redraw();
    const waiting = this.desk.saving.pending(this.id);
    for (const [path, field] of this.fields) {
      const here = own && field.element.contains(document.activeElement);
      if (!here && !waiting.has(path)) field.set(this.desk.draft.value(this.id, path) ?? "");
    }
    for (const input of this.body.querySelectorAll("input[data-field]")) input.checked = isRight(block, input);
    this.refreshPanel();
  }

  /** Shows these fields as the draft has them. */
  showWritten(paths) {
    for (const path of paths) this.fields.get(path)?.set(this.desk.draft.value(this.id, path) ?? "");
  }

  redraw() {
    const active = document.activeElement;
    const inside = this.body.contains(active) || this.panel.contains(active);
    const path = active?.closest?.("[data-field]")?.dataset.field ?? active?.dataset?.key;
    this.draw();
    if (inside) this.focus(path, { scroll: false });
  }

  focus(path = "", { scroll = true } = {}) {
    const field = this.fields.get(path) ?? [...this.fields].find(([name]) => name.startsWith(`${path}.`))?.[1];
    const place = field?.element
      ?? this.element.querySelector(`[data-key="${CSS.escape(path)}"]`)
      ?? (path ? this.panel.querySelector("input, select, button") : null)
      ?? this.body.querySelector("[contenteditable]:not([contenteditable=false]), button, input")
      ?? this.element;
    if (scroll) this.element.scrollIntoView({ block: "center" });
    focusOn(place);
  }

  key(event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (event.altKey && step) {
      event.preventDefault();
      moveBy(this.desk, this.id, step);
    }
  }

  showTools(editor) {
    this.editor = editor;
    this.tools.replaceChildren(textTools(editor, this.desk.draft));
    this.element.classList.add("is-writing");
  }

  /** The tools of a text go when the cursor is in something else. */
  showToolsFor(element) {
    if (this.bar.contains(element) || element.closest(".is-rich")) return;
    this.tools.replaceChildren();
    this.element.classList.remove("is-writing");
  }

  close() { this.fields?.forEach((field) => field.destroy()); }
}

/** What a block's HTML is apart from its words. */
function skeletonOf(drawn) {
  const bare = drawn.cloneNode(true);
  bare.removeAttribute("id");
  for (const field of bare.querySelectorAll("[data-field][data-kind]")) field.replaceChildren();
  for (const input of bare.querySelectorAll("input")) input.removeAttribute("checked");
  for (const question of bare.querySelectorAll("[data-correct]")) question.removeAttribute("data-correct");
  for (const picture of bare.querySelectorAll("[alt]")) picture.removeAttribute("alt");
  return bare.outerHTML;
}

/** What a panel shows, to know when it has to be drawn anew. */
function panelValues(desk, block) {
  const { html: _html, transcript: _transcript, title: _title, caption: _caption, prompt: _prompt, options: _options, items: _items, ...rest } = block;
  return [rest, [block.asset, block.captions].map((digest) => desk.draft.assets[digest])];
}

/** A file whose rights or alternative text are still asked for keeps its panel open. */
function isIncomplete(desk, block) {
  const asset = desk.draft.assets[block.asset];
  if (!asset) return false;
  return asset.rights.licence === "unknown" || (block.type === "image" && !block.decorative && !block.alt.trim());
}

function isRight(block, input) {
  if (block.type === "true_false") return (input.value === "true") === block.correct;
  return Boolean(block.options?.find((option) => option.id === input.value)?.correct);
}

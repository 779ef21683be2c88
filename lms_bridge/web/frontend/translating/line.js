/** One text: the original, the field for its translation, and how far it is. */
import { h } from "../editor/dom.js";
import { hasHeadings } from "../editor/fields.js";
import { richText, textTools } from "../editor/rich.js";
import { say } from "../editor/words.js";

const COLOURS = { new: "neutral", changed: "warning", translated: "success" };

export class Line {
  constructor(desk, element, { key, target, field, rich, source, state }) {
    Object.assign(this, { desk, element, key, target, path: field, isRich: rich, source, state });
    this.tag = element.querySelector("[data-tag]");
    this.tools = element.querySelector(".line-tools");
    const place = element.querySelector("[data-place]");
    this.field = rich ? this.richField(place) : this.plainField(place);
    this.button = h("button", { type: "button", class: "ds-button line-right", "data-variant": "tertiary", "data-size": "sm", onclick: () => desk.settling.note(this.key) });
    this.tools.append(this.button);
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      event.stopPropagation(); // rich text would break the line
      desk.progress.next(this);
    }, true);
    this.judged = this.text;
    this.mark(state);
  }

  get label() { return this.element.querySelector(".line-label").textContent; }

  /** The text as the draft has it. A learning goal is one of a list. */
  get text() {
    const [name, number] = this.path.split(".");
    if (this.target === "@module" && number) return this.desk.draft.module[name][Number(number)] ?? "";
    return this.desk.draft.value(this.target, this.path) ?? "";
  }

  write(text) {
    const [name, number] = this.path.split(".");
    const goal = this.target === "@module" && number;
    const fields = goal ? { [name]: this.desk.draft.module[name].with(Number(number), text) } : { [this.path]: text };
    this.desk.saving.set(this.target, fields);
    if (this.state === "changed") this.desk.settling.whenSaved(this.key);
    this.judge();
  }

  /** How far a text is that has become another one. What was made from an earlier original is the service's to say. */
  judge() {
    if (this.text === this.judged) return;
    this.judged = this.text;
    if (this.state !== "changed") this.mark(!this.text.trim() || this.text === this.source ? "new" : "translated");
  }

  richField(place) {
    const bar = h("div", { class: "line-toolbar" });
    this.tools.append(bar);
    const field = richText(place, {
      html: this.text, label: this.label, headings: hasHeadings(this.desk.draft.thing(this.target).type, this.path), placeholder: "",
      onchange: (html) => this.write(html),
      onfocus: (editor) => {
        bar.replaceChildren(textTools(editor, this.desk.draft));
        if (this.state === "new") editor.commands.selectAll(); // what is typed takes its place
      },
      onpicture: () => this.desk.undo.tell(say("pasted_picture")),
    });
    this.element.addEventListener("focusout", (event) => { if (!this.element.contains(event.relatedTarget)) bar.replaceChildren(); });
    return field;
  }

  plainField(area) {
    area.addEventListener("focus", () => { if (this.state === "new") area.select(); });
    area.addEventListener("input", () => this.write(area.value));
    area.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing && !this.source.includes("\n")) event.preventDefault();
    });
    return { element: area, set: (text) => { if (area.value !== text) area.value = text; } };
  }

  /** What was typed before the script was there. */
  takeTyped() {
    const area = this.field.element;
    if (!this.isRich && area.value !== area.defaultValue) this.write(area.value);
  }

  /** After somebody else has written. */
  refresh() {
    const field = this.target === "@module" ? this.path.split(".")[0] : this.path;
    if (!this.desk.saving.pending(this.target).has(field)) this.show();
    this.judge();
  }

  show() { this.field.set(this.text); }

  focus() {
    this.element.scrollIntoView({ block: "center" });
    this.field.element.focus({ preventScroll: true });
  }

  mark(state) {
    this.state = this.element.dataset.state = state;
    this.tag.dataset.color = COLOURS[state];
    this.tag.textContent = say(`line_${state}`);
    this.button.textContent = say(state === "changed" ? "right" : "same");
    this.button.setAttribute("aria-label", `${this.label}: ${this.button.textContent}`);
    this.button.hidden = state === "translated" || !this.text.trim();
    this.desk.progress?.show();
  }
}

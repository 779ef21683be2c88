/** How far it is, and the way to what is left. */
import { announce } from "../editor/dom.js";
import { say } from "../editor/words.js";

export class Progress {
  constructor(desk) {
    this.lines = [...desk.lines.values()];
    this.bar = document.querySelector("[data-progress]");
    this.words = document.querySelector("[data-progress-words]");
    this.none = document.querySelector("[data-none]");
    this.button = document.querySelector("[data-todo]");
    this.button.addEventListener("click", () => this.filter(this.button.getAttribute("aria-pressed") !== "true"));
  }

  get left() { return this.lines.filter(({ state }) => state !== "translated"); }

  show() {
    const done = this.lines.length - this.left.length;
    this.bar.value = done;
    this.words.textContent = say("done_of", { done, total: this.lines.length });
  }

  /** Only what is left stays in view; what is translated meanwhile goes when the filter is set anew. */
  filter(on) {
    this.button.setAttribute("aria-pressed", String(on));
    for (const line of this.lines) line.element.hidden = on && line.state === "translated";
    for (const page of document.querySelectorAll(".translating-page")) page.hidden = !page.querySelector(".line:not([hidden])");
    this.none.hidden = !on || this.left.length > 0;
    if (on && !this.left.length) announce(say("all_done"));
  }

  /** Goes to the next text that is not translated, from the beginning again after the last. */
  next(line) {
    const at = this.lines.indexOf(line);
    const order = [...this.lines.slice(at + 1), ...this.lines.slice(0, at)];
    const next = order.find(({ state, element }) => state !== "translated" && !element.hidden);
    if (next) next.focus();
    else announce(say("all_done"));
  }
}

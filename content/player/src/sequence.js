// An answer that is an order: steps are moved up and down.

import { announce, say } from "./texts.js";

export class Sequence {
  constructor(form, correct) {
    this.list = form.querySelector(".options");
    this.correct = this.ids = correct;
    this.mixed = this.given();
    this.list.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-move]");
      if (button) this.#move(button.closest(".option"), button.dataset.move);
    });
    this.#ends();
  }

  given() {
    return [...this.list.children].map((step) => step.dataset.option);
  }

  isRight(response) {
    return response?.length === this.correct.length && this.correct.every((id, place) => response[place] === id);
  }

  fits(response) {
    return response?.length === this.correct.length && this.correct.every((id) => response.includes(id));
  }

  judge(response) {
    this.#order(response);
    [...this.list.children].forEach((step, place) => {
      step.classList.add("chosen", step.dataset.option === this.correct[place] ? "right" : "wrong");
    });
  }

  clear() {
    this.#order(this.mixed);
  }

  focus() {
    this.list.querySelector("[data-move]:not([aria-disabled])").focus();
  }

  /** The neighbour is moved, so that the button keeps the focus. */
  #move(step, way) {
    const neighbour = way === "up" ? step.previousElementSibling : step.nextElementSibling;
    if (!neighbour) return;
    if (way === "up") step.after(neighbour);
    else step.before(neighbour);
    this.#ends();
    const number = this.given().indexOf(step.dataset.option) + 1;
    announce(say("moved_to", { number, total: this.correct.length }));
  }

  #order(ids) {
    for (const id of ids) this.list.append(this.list.querySelector(`[data-option="${id}"]`));
    this.#ends();
  }

  /** A button that leads nowhere stays where it is, or the focus would be lost. */
  #ends() {
    for (const button of this.list.querySelectorAll("[data-move]")) {
      const step = button.closest(".option");
      const leads = button.dataset.move === "up" ? step.previousElementSibling : step.nextElementSibling;
      if (leads) button.removeAttribute("aria-disabled");
      else button.setAttribute("aria-disabled", "true");
    }
  }
}

// One question: answer, see what was right. An answer in the test stands until the test is taken again; in practice one
// may try again at once. How it is answered is `choice.js` or `sequence.js`.

import { Choice } from "./choice.js";
import { Sequence } from "./sequence.js";
import { announce, say } from "./texts.js";

const words = (element) => element?.textContent.trim() ?? "";

export class Question {
  constructor(form) {
    this.form = form;
    this.id = form.closest("[data-block]").dataset.block;
    this.scored = form.dataset.scored === "yes";
    this.correct = form.dataset.correct.split(" ").filter(Boolean);
    this.answer = new (form.dataset.question === "sequencing" ? Sequence : Choice)(form, this.correct);
    this.since = null;
    this.onanswer = () => {};
    for (const touch of ["change", "click"]) form.addEventListener(touch, () => (this.since ??= performance.now()));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    form.querySelector("[data-again]").addEventListener("click", () => this.#again());
  }

  /** How the LMS is told about the question. */
  about() {
    return {
      id: this.id,
      type: this.form.dataset.question,
      prompt: words(this.form.querySelector(".prompt")),
      options: this.answer.ids.map((id) => ({ id, text: words(this.form.querySelector(`[data-option="${id}"] .option-text`)) })),
      correct: this.correct,
    };
  }

  isRight(response) {
    return this.answer.isRight(response);
  }

  /** Whether this is an answer to the question as it is now. */
  fits(response) {
    return this.answer.fits(response);
  }

  restore(response) {
    if (response) this.#judge(response);
  }

  clear() {
    this.form.classList.remove("answered", "is-right", "is-wrong");
    for (const option of this.form.querySelectorAll(".option")) option.classList.remove("chosen", "right", "wrong");
    this.answer.clear();
    this.since = null;
  }

  #submit() {
    const response = this.answer.given();
    if (!response.length) {
      announce(say("choose_first"));
      this.answer.focus();
      return;
    }
    const result = this.isRight(response);
    const latency = Math.round((performance.now() - this.since) / 1000);
    this.#judge(response);
    this.#speak(result);
    this.onanswer({ response, result, latency });
  }

  /** Shows what came of the answer; the right one is not given away while the test can be taken again. */
  #judge(response) {
    this.form.classList.add("answered", this.isRight(response) ? "is-right" : "is-wrong");
    this.answer.judge(response);
  }

  #speak(right) {
    const outcome = this.form.querySelector(right ? ".outcome-right" : ".outcome-wrong");
    const feedback = [...this.form.querySelectorAll(".option.chosen .option-feedback")];
    outcome.tabIndex = -1;
    outcome.focus({ preventScroll: true }); // the button that had the focus is gone
    outcome.scrollIntoView({ block: "nearest" });
    announce([say(right ? "right" : "wrong"), ...[outcome, ...feedback].map(words)].join(". "));
  }

  #again() {
    this.clear();
    this.answer.focus();
    this.onanswer({ response: null });
  }
}

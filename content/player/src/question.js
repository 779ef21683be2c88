// One question: choose, answer, see what was right. An answer in the test stands until the test is taken again; in
// practice one may try again at once.

import { announce, say } from "./texts.js";

const words = (element) => element?.textContent.trim() ?? "";

export class Question {
  constructor(form) {
    this.form = form;
    this.id = form.closest("[data-block]").dataset.block;
    this.scored = form.dataset.scored === "yes";
    this.correct = form.dataset.correct.split(" ").filter(Boolean);
    this.inputs = [...form.querySelectorAll("input")];
    this.since = null;
    this.onanswer = () => {};
    form.addEventListener("change", () => (this.since ??= performance.now()));
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
      options: this.inputs.map((input) => ({ id: input.value, text: words(input.parentElement.querySelector(".option-text")) })),
      correct: this.correct,
    };
  }

  isRight(response) {
    return response?.length === this.correct.length && this.correct.every((id) => response.includes(id));
  }

  /** Whether this is an answer to the question as it is now. */
  fits(response) {
    return response?.every((id) => this.inputs.some((input) => input.value === id)) ?? false;
  }

  restore(response) {
    if (response) this.#judge(response);
  }

  clear() {
    this.form.classList.remove("answered", "is-right", "is-wrong");
    for (const input of this.inputs) {
      input.checked = false;
      input.disabled = false;
      input.closest(".option").classList.remove("chosen", "right", "wrong");
    }
    this.since = null;
  }

  #submit() {
    const response = this.inputs.filter((input) => input.checked).map((input) => input.value);
    if (!response.length) {
      announce(say("choose_first"));
      this.inputs[0].focus();
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
    const right = this.isRight(response);
    this.form.classList.add("answered", right ? "is-right" : "is-wrong");
    for (const input of this.inputs) {
      const chosen = response.includes(input.value);
      input.checked = chosen;
      input.disabled = true;
      const option = input.closest(".option");
      option.classList.toggle("chosen", chosen);
      option.classList.toggle(this.correct.includes(input.value) ? "right" : "wrong", chosen);
    }
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
    this.inputs[0].focus();
    this.onanswer({ response: null });
  }
}

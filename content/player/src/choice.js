// An answer that is chosen: one option, or several.

export class Choice {
  constructor(form, correct) {
    this.inputs = [...form.querySelectorAll("input")];
    this.ids = this.inputs.map((input) => input.value);
    this.correct = correct;
  }

  given() {
    return this.inputs.filter((input) => input.checked).map((input) => input.value);
  }

  isRight(response) {
    return response?.length === this.correct.length && this.correct.every((id) => response.includes(id));
  }

  fits(response) {
    return response?.every((id) => this.ids.includes(id)) ?? false;
  }

  judge(response) {
    for (const input of this.inputs) {
      const chosen = response.includes(input.value);
      input.checked = chosen;
      input.disabled = true;
      const option = input.closest(".option");
      option.classList.toggle("chosen", chosen);
      option.classList.toggle(this.correct.includes(input.value) ? "right" : "wrong", chosen);
    }
  }

  clear() {
    for (const input of this.inputs) {
      input.checked = false;
      input.disabled = false;
    }
  }

  focus() {
    this.inputs[0].focus();
  }
}

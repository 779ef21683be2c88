/** Parts of a form. */
import { h } from "./dom.js";

/** An input that has its id, with its label and a line of help. */
export function fieldOf(input, label, help = "") {
  const id = `${input.id}-help`;
  if (help) input.setAttribute("aria-describedby", id);
  return h("div", { class: "ds-field" }, h("label", { class: "ds-label", for: input.id }, label),
    help ? h("p", { class: "ds-paragraph field-help", id, "data-size": "sm" }, help) : null, input);
}

/** Names that were written with a comma between them. */
export function split(names) { return names.split(",").map((one) => one.trim()).filter(Boolean); }

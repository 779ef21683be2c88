/** Questions in a dialog of the browser's own: focus stays inside, Escape closes, focus goes back. */
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { say } from "./words.js";

let count = 0;

/** Shows a dialog; resolves to the value of the button that closed it ("" for Escape). */
export function ask({ title, body, buttons, size = "" }) {
  const name = `dialog-${count += 1}`;
  const back = document.activeElement;
  return new Promise((resolve) => {
    const close = (value) => { dialog.returnValue = value; dialog.close(value); };
    const form = h("form", { method: "dialog", class: "dialog-form", onsubmit: (event) => { event.preventDefault(); close(event.submitter?.value ?? buttons[0][0]); } },
      h("h2", { class: "ds-heading", "data-size": "xs", id: name }, title),
      h("div", { class: "dialog-body" }, body),
      buttons.length ? h("div", { class: "dialog-buttons" }, buttons.map(([value, label, color], index) => h("button", {
        class: "ds-button", type: "submit", value, "data-variant": index ? (value ? "secondary" : "tertiary") : "primary", "data-color": color,
      }, label))) : null);
    const dialog = h("dialog", { class: `ds-dialog editor-dialog ${size}`, "aria-labelledby": name }, closer(() => close("")), form);
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (back?.isConnected) back.focus();
      resolve(dialog.returnValue);
    });
    dialog.addEventListener("click", (event) => { if (event.target === dialog) close(""); });
    document.body.append(dialog);
    dialog.returnValue = "";
    dialog.showModal();
    (form.querySelector(".dialog-body input, .dialog-body select, .dialog-body textarea, .dialog-body button")
      ?? form.querySelector(".dialog-buttons button"))?.focus();
  });
}

function closer(onclick) {
  return h("button", { type: "button", class: "dialog-close tool", "aria-label": say("close"), onclick }, icon("close"));
}

/** Fields that are written in place: what content marks with data-field becomes editable. */
import { sayIfKnown } from "./words.js";
import { richText } from "./rich.js";

/** Binds every field inside `root` to its value; returns a map from path to { set, element, destroy }. */
export function bindFields(root, { block, onwrite, onrich, onpicture }) {
  const fields = new Map();
  for (const element of root.querySelectorAll("[data-field][data-kind]")) {
    const path = element.dataset.field;
    const shared = { label: labelOf(block.type, path), placeholder: placeholderOf(block.type, path) };
    const field = element.dataset.kind === "rich"
      ? richText(element, { ...shared, html: read(block, path), headings: hasHeadings(block.type, path), onchange: (html) => onwrite(path, html), onfocus: onrich, onpicture })
      : plainText(element, { ...shared, text: read(block, path), onchange: (text) => onwrite(path, text) });
    fields.set(path, field);
  }
  return fields;
}

/** Makes `element` a line of plain text. Enter goes to the next field, as in a form. */
export function plainText(place, { text, label, placeholder, onchange, onenter }) {
  const element = /^(H\d|FIGCAPTION)$/.test(place.tagName) ? document.createElement("span") : place; // those take no role
  if (element !== place) place.replaceChildren(element);
  element.textContent = text;
  element.setAttribute("contenteditable", "plaintext-only");
  if (!element.isContentEditable) element.setAttribute("contenteditable", "true");
  for (const [name, value] of Object.entries({ role: "textbox", "aria-label": label, "data-placeholder": placeholder })) element.setAttribute(name, value);
  element.classList.add("is-plain");
  const show = () => element.classList.toggle("is-empty", !element.textContent);
  show();
  const words = () => element.textContent.replace(/\s+/g, " ").replace(/^\s/, "");
  element.addEventListener("input", () => { show(); onchange(words()); });
  element.addEventListener("blur", () => { if (!element.textContent.trim() && element.firstChild) { element.textContent = ""; show(); } });
  element.addEventListener("paste", (event) => {
    event.preventDefault();
    const pasted = event.clipboardData.getData("text/plain").replace(/\s+/g, " ");
    document.execCommand("insertText", false, pasted);
  });
  element.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      (onenter ?? nextField)(element);
    }
  });
  keepFromControls(element);
  return {
    element,
    set(value) {
      if (words() === value) return;
      element.textContent = value;
      show();
    },
    destroy() {},
  };
}

/** A label would tick its box and a summary would fold, when what is written in it is clicked or typed. */
function keepFromControls(element) {
  element.addEventListener("click", (event) => event.preventDefault());
  element.addEventListener("keyup", (event) => { if (event.key === " ") event.preventDefault(); });
}

function nextField(element) {
  const all = [...document.querySelectorAll(".canvas [contenteditable]:not([contenteditable=false])")];
  (all[all.indexOf(element) + 1] ?? document.querySelector(".canvas :is(.first-choices, .gap-large) button"))?.focus();
}

function read(block, path) {
  const [name, id, inner] = path.split(".");
  return (id ? block[name]?.find((item) => item.id === id)?.[inner] : block[name]) ?? "";
}

export function hasHeadings(type, path) { return (type === "text" && path === "html") || path === "transcript"; }

/** `items.<id>.title` of an accordion is called by the words `field_accordion_items_title`, or `field_title`. */
export function labelOf(type, path) { return words("field", type, path); }

function placeholderOf(type, path) { return words("hint", type, path); }

function words(kind, type, path) {
  const name = path.split(".").filter((_part, index) => index !== 1).join("_");
  const last = name.split("_").slice(path.includes(".") ? 1 : 0).join("_");
  return sayIfKnown(`${kind}_${type}_${name}`, sayIfKnown(`${kind}_${name}`, sayIfKnown(`${kind}_${last}`, "")));
}

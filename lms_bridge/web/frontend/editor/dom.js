/** Elements, focus and the live region. */

/** An element: `h("button", { class: "x", onclick: f, "aria-label": "…" }, "text", child)`. False and null are left out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in { value: 1, checked: 1, disabled: 1 }) element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** HTML from the server (content.render, escaped there) as an element. */
export function fromHtml(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

/** Tells a screen reader what happened. */
export function announce(text) {
  const region = document.getElementById("editor-live");
  region.textContent = "";
  requestAnimationFrame(() => { region.textContent = text; });
}

/** Puts the cursor at the end of a field, or on a control. */
export function focusOn(element) {
  if (!element) return;
  element.focus({ preventScroll: true });
  element.scrollIntoView({ block: "nearest", behavior: "auto" });
  if (!element.isContentEditable) return;
  const range = document.createRange();
  range.selectNodeContents(element);
  range.collapse(false);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}

/** Whether typing goes into a text now, so that keys belong to it. */
export function isTyping(element = document.activeElement) {
  return Boolean(element && (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName)
    && !/^(checkbox|radio|button|range)$/.test(element.type)));
}

/** A short random id with a letter first, as content wants them. */
export function newId(prefix, length = 8) {
  const random = crypto.getRandomValues(new Uint8Array(length));
  return prefix + Array.from(random, (byte) => "abcdefghijklmnopqrstuvwxyz0123456789"[byte % 36]).join("");
}

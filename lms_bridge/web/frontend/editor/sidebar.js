/** The panel at the right: settings, checks, what was deleted. Beside the page where there is room, over it where not. */
import { getJson } from "./api.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { say } from "./words.js";

export class Sidebar {
  constructor(desk) {
    this.desk = desk;
    this.element = document.getElementById("editor-sidebar");
    this.buttons = [...document.querySelectorAll("[data-panel]")];
    this.narrow = matchMedia("(max-width: 74.99rem)");
    for (const button of this.buttons) {
      button.addEventListener("click", () => { if (button.getAttribute("aria-expanded") === "true") this.close(); else this.open(button.dataset.panel); });
    }
    this.element.querySelector("[data-close]").addEventListener("click", () => this.close());
    addEventListener("keydown", (event) => { if (event.key === "Escape" && this.element.contains(document.activeElement)) this.close(); });
  }

  open(name, field = "") {
    this.opener = document.activeElement;
    for (const part of this.element.querySelectorAll("[data-part]")) part.hidden = part.dataset.part !== name;
    for (const button of this.buttons) button.setAttribute("aria-expanded", String(button.dataset.panel === name));
    this.element.hidden = false;
    document.body.classList.toggle("has-sidebar", true);
    if (name === "deleted") this.showDeleted();
    const part = this.element.querySelector(`[data-part="${name}"]`);
    const place = field && part.querySelector(`[data-key="${CSS.escape(field)}"]`);
    (place || part.querySelector("h2")).focus();
  }

  close() {
    const shown = this.buttons.find((button) => button.getAttribute("aria-expanded") === "true");
    this.element.hidden = true;
    document.body.classList.remove("has-sidebar");
    for (const button of this.buttons) button.setAttribute("aria-expanded", "false");
    shown?.focus();
  }

  /** Where the panel lies over the page, it goes out of the way. */
  makeRoom() { if (this.narrow.matches) this.close(); }

  async showDeleted() {
    const list = document.getElementById("editor-deleted");
    const gone = await getJson(this.desk.start.urls.deleted).catch(() => []);
    list.replaceChildren(...gone.map(({ change, at, by, value }) => h("li", { class: "deleted-entry" },
      h("strong", {}, value.type ? say(`block_${value.type}`) : say("page")), h("span", { class: "deleted-words" }, wordsOf(value)),
      h("span", { class: "deleted-by" }, [by, new Date(at).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" })].filter(Boolean).join(", ")),
      h("button", { type: "button", class: "ds-button", "data-size": "sm", "data-variant": "secondary", onclick: async () => { await this.desk.undo.undo(change); this.showDeleted(); } }, icon("undo"), say("take_back")))));
    if (!gone.length) list.replaceChildren(h("li", { class: "ds-paragraph" }, say("nothing_deleted")));
  }
}

/** The first words of what was deleted. */
function wordsOf(value) {
  const html = value.html ?? value.prompt ?? value.title ?? value.caption ?? "";
  const text = new DOMParser().parseFromString(html.replaceAll("<", " <"), "text/html").body.textContent.trim().replace(/\s+/g, " ");
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

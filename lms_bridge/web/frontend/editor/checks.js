/** What is missing before publishing, counted all the time, each with a way to the spot. */
import { getJson } from "./api.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { say } from "./words.js";

const PAUSE = 800;

export class Checks {
  constructor(desk, element, counter) {
    this.desk = desk;
    this.element = element;
    this.counter = counter;
    desk.saving.addEventListener("state", ({ detail }) => { if (detail === "saved") this.soon(); });
    for (const event of ["order", "block", "settings", "asset"]) desk.draft.addEventListener(event, () => this.soon());
    this.look();
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), PAUSE);
  }

  async look() {
    const found = await getJson(this.desk.start.urls.findings).catch(() => null);
    if (found) this.show(found);
  }

  show({ publishable, findings }) {
    const errors = findings.filter(({ severity }) => severity === "error");
    const advice = findings.filter(({ severity }) => severity !== "error");
    this.counter.textContent = findings.length ? String(errors.length || advice.length) : "";
    this.counter.hidden = !findings.length;
    this.counter.dataset.color = errors.length ? "danger" : "warning";
    const said = JSON.stringify(findings);
    if (said === this.said) return;
    this.said = said;
    const focused = this.element.contains(document.activeElement) ? document.activeElement.dataset.place : null;
    this.element.replaceChildren(
      h("p", { class: "check-summary", role: "status" }, publishable ? icon("check") : null, say(errors.length ? "checks_errors" : advice.length ? "checks_advice" : "checks_none", { count: errors.length })),
      ...this.list("must", errors), ...this.list("should", advice));
    if (focused) this.element.querySelector(`[data-place="${CSS.escape(focused)}"]`)?.focus();
  }

  list(kind, findings) {
    if (!findings.length) return [];
    return [h("h3", { class: "check-heading" }, say(`checks_${kind}`)),
      h("ul", { class: `check-list check-${kind}` }, findings.map((finding) => h("li", {},
        h("button", { type: "button", class: "check-link", "data-place": `${finding.code}.${finding.block_id}.${finding.field}`, onclick: () => this.goTo(finding) },
          h("span", { class: "check-where" }, this.where(finding)), h("span", {}, finding.text)))))];
  }

  where({ page_id: pageId, block_id: blockId }) {
    const page = this.desk.draft.page(pageId || "-");
    if (!page) return say("settings");
    const block = this.desk.draft.blocks[blockId]?.block;
    return [page.title || say("untitled_page"), block && say(`block_${block.type}`)].filter(Boolean).join(" · ");
  }

  goTo({ page_id: page, block_id: block, field }) {
    this.desk.panels.makeRoom();
    if (block) this.desk.canvas.goTo(block, field);
    else if (page) this.desk.canvas.goToPage(page, field);
    else this.desk.panels.open("settings", field);
  }
}

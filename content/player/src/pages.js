// One section at a time: table of contents, previous and next, keyboard, focus.

import { say } from "./texts.js";

const START = "start-page";

export class Pages {
  constructor() {
    this.sections = [...document.querySelectorAll("section[data-page]")];
    this.names = this.sections.filter((it) => it.classList.contains("page-content")).map((it) => it.id);
    this.menu = document.querySelector(".menu");
    this.contents = document.querySelector(".contents");
    this.onshow = () => {};
    document.querySelector("[data-step=begin]").disabled = true; // until it is known where the learner was
    this.#turn(START);
    this.#listen();
  }

  /** After the LMS has answered: `location` is where the learner was, or "". */
  ready(location) {
    const known = this.sections.some((it) => it.id === location && location !== START);
    const begin = document.querySelector("[data-step=begin]");
    this.resumeAt = known ? location : "";
    if (known) begin.firstChild.textContent = say("resume");
    begin.disabled = false;
    document.documentElement.classList.add("ready");
  }

  /** Which section an element stands in. */
  of = (element) => element.closest("section[data-page]").id;

  show(name, element) {
    this.#turn(name);
    const target = element ?? document.getElementById(`${name}-title`);
    target.focus({ preventScroll: true });
    if (element) element.scrollIntoView({ block: "center" });
    else window.scrollTo(0, 0);
    this.onshow(name);
  }

  mark(seen, fraction) {
    for (const link of this.contents.querySelectorAll("a")) {
      const name = link.hash.slice(1);
      const done = seen.has(name);
      if (done && !link.classList.contains("seen")) {
        const word = document.createElement("span");
        word.className = "unseen";
        word.textContent = ` (${say("seen")})`;
        link.append(word);
      }
      link.classList.toggle("seen", done);
    }
    const percent = Math.round(fraction * 100);
    document.querySelector("progress").value = percent;
    document.querySelector("[data-percent]").textContent = `${percent} %`;
  }

  #turn(name) {
    this.current = name;
    const at = this.sections.findIndex((it) => it.id === name);
    this.sections.forEach((it, index) => it.classList.toggle("current", index === at));
    document.body.dataset.at = name;
    for (const link of this.contents.querySelectorAll("a")) {
      if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    this.#step("previous", this.sections[at - 1]);
    this.#step("next", this.sections[at + 1]);
    this.#close();
  }

  #step(kind, section) {
    const button = document.querySelector(`[data-step=${kind}]`);
    button.hidden = !section;
    button.dataset.to = section?.id ?? "";
    const title = section?.querySelector("h2").textContent ?? "";
    button.querySelector("span").textContent = section?.id === START ? say("previous") : `${say(kind)}: ${title}`;
  }

  #listen() {
    document.body.addEventListener("click", (event) => {
      const link = event.target.closest('a[href^="#"]');
      const button = event.target.closest("[data-step]");
      if (button) {
        this.show(button.dataset.step === "begin" ? this.resumeAt || this.sections[1].id : button.dataset.to);
      } else if (link && !link.classList.contains("skip")) {
        event.preventDefault();
        const target = document.getElementById(link.hash.slice(1));
        if (target) this.#follow(target);
      }
    });
    this.menu.addEventListener("click", () => this.#toggle(this.menu.ariaExpanded !== "true"));
    this.contents.addEventListener("keydown", (event) => event.key === "Escape" && this.#leave());
    this.menu.addEventListener("keydown", (event) => event.key === "Escape" && this.#leave());
  }

  /** A link to a section, or to a block in one. */
  #follow(target) {
    if (target.matches("section")) return this.show(target.id);
    target.tabIndex = -1;
    return this.show(this.of(target), target);
  }

  #toggle(open) {
    this.menu.ariaExpanded = String(open);
    document.body.classList.toggle("contents-open", open);
    if (open) this.contents.querySelector("[aria-current]").focus();
  }

  #close() {
    this.menu.ariaExpanded = "false";
    document.body.classList.remove("contents-open");
  }

  #leave() {
    this.#close();
    this.menu.focus();
  }
}

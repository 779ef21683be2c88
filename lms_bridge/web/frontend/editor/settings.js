/** What the module is: title, summary, language, time, goals, test, competences, rights. */
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { fieldOf, split } from "./forms.js";
import { licenceChoice } from "./rights.js";
import { say } from "./words.js";


export class Settings {
  constructor(desk, element) {
    this.desk = desk;
    this.element = element;
    desk.draft.addEventListener("settings", () => { if (!element.contains(document.activeElement)) this.show(); });
    this.show();
  }

  get module() { return this.desk.draft.module; }

  write(fields) { this.desk.saving.set("@module", fields); }

  show() {
    const { module } = this;
    this.element.replaceChildren(
      this.line("title", say("title"), ""),
      fieldOf(h("textarea", { class: "ds-input", id: "s-summary", rows: "3", value: module.summary, "data-key": "summary", oninput: (event) => this.write({ summary: event.target.value }) }), say("summary"), say("summary_help")),
      fieldOf(h("select", { class: "ds-input", id: "s-language", "data-key": "language", onchange: (event) => this.write({ language: event.target.value }) },
        this.languages().map(([code, name]) => h("option", { value: code, lang: code, selected: code === module.language }, name))), say("module_language"), say("module_language_help")),
      this.number("duration_minutes", say("duration"), say("duration_help"), 10000),
      this.goals(),
      this.number("pass_mark", say("pass_mark"), say("pass_mark_help"), 100),
      this.competences(),
      this.rights());
  }

  languages() {
    const { languages } = this.desk.start;
    const { language } = this.module;
    return languages.some(([code]) => code === language) ? languages : [...languages, [language, language]];
  }

  line(name, label, help) {
    return fieldOf(h("input", { class: "ds-input", id: `s-${name}`, value: this.module[name], "data-key": name, oninput: (event) => this.write({ [name]: event.target.value }) }), label, help);
  }

  number(name, label, help, most) {
    const input = h("input", { class: "ds-input is-short", id: `s-${name}`, type: "number", min: "1", max: String(most), inputmode: "numeric", value: this.module[name] ?? "", "data-key": name });
    input.addEventListener("input", () => {
      input.toggleAttribute("aria-invalid", !input.validity.valid);
      if (input.validity.valid) this.write({ [name]: input.value ? Number(input.value) : null });
    });
    return fieldOf(input, label, help);
  }

  goals() {
    const goals = this.module.goals.length ? this.module.goals : [""];
    const write = () => this.write({ goals: [...list.querySelectorAll("input")].map(({ value }) => value).filter((goal) => goal.trim()) });
    const row = (goal, index) => {
      const input = h("input", { class: "ds-input", value: goal, "aria-label": say("goal_number", { number: index + 1 }), "data-key": "goals", placeholder: say("goal_hint"), oninput: write });
      return h("li", { class: "row" }, input, h("button", { type: "button", class: "tool", "aria-label": say("delete_goal", { number: index + 1 }), onclick: (event) => { event.target.closest("li").remove(); write(); list.querySelector("input")?.focus(); } }, icon("delete")));
    };
    const list = h("ul", { class: "rows" }, goals.map(row));
    return h("fieldset", { class: "ds-fieldset" }, h("legend", { class: "ds-label" }, say("goals")),
      h("p", { class: "ds-paragraph field-help", "data-size": "sm" }, say("goals_help")), list,
      adder(say("add_goal"), () => { list.append(row("", list.children.length)); list.lastElementChild.querySelector("input").focus(); }));
  }

  competences() {
    const list = h("ul", { class: "rows" });
    const write = () => this.write({ competences: [...list.children].map((row) => row.read()).filter((one) => one.title.trim()) });
    const known = this.desk.start.competences;
    const row = (competence, index) => {
      const title = h("input", { class: "ds-input", value: competence.title, list: "s-known", "aria-label": say("competence_title", { number: index + 1 }), "data-key": "competences", oninput: write });
      const months = h("input", { class: "ds-input is-short", type: "number", min: "1", max: "1200", id: `s-months-${index}-${Math.random().toString(36).slice(2, 6)}`, value: competence.validity_months ?? "", oninput: write });
      const item = h("li", { class: "row row-competence" }, title,
        h("div", { class: "ds-field" }, h("label", { class: "ds-label", for: months.id, "data-weight": "regular" }, say("validity")), months),
        h("button", { type: "button", class: "tool", "aria-label": say("delete_competence", { number: index + 1 }), onclick: () => { item.remove(); write(); } }, icon("delete")));
      item.read = () => {
        const chosen = known.find((one) => one.title === title.value.trim());
        const uri = chosen?.uri ?? (competence.title === title.value && competence.uri ? competence.uri : freeUri(title.value));
        return { uri, title: title.value.trim(), level: competence.level ?? null, validity_months: months.value && months.validity.valid ? Number(months.value) : null };
      };
      return item;
    };
    list.append(...this.module.competences.map(row));
    return h("fieldset", { class: "ds-fieldset" }, h("legend", { class: "ds-label" }, say("competences")),
      h("p", { class: "ds-paragraph field-help", "data-size": "sm" }, say("competences_help")),
      h("datalist", { id: "s-known" }, known.map(({ title }) => h("option", { value: title }))), list,
      adder(say("add_competence"), () => { list.append(row({ title: "" }, list.children.length)); list.lastElementChild.querySelector("input").focus(); }));
  }

  rights() {
    const { rights } = this.module;
    const write = (change) => this.write({ rights: { ...this.module.rights, ...change } });
    const [licence, agreement] = licenceChoice("s-licence", rights, [], write);
    return h("fieldset", { class: "ds-fieldset" }, h("legend", { class: "ds-label" }, say("module_rights")),
      fieldOf(licence, say("licence"), say("module_licence_help")), agreement,
      fieldOf(h("input", { class: "ds-input", id: "s-holder", value: rights.holder, oninput: (event) => write({ holder: event.target.value }) }), say("rights_holder"), ""),
      fieldOf(h("input", { class: "ds-input", id: "s-creators", value: rights.creators.join(", "), oninput: (event) => write({ creators: split(event.target.value) }) }), say("rights_creators"), say("rights_creators_help")));
  }
}

function adder(label, onclick) {
  return h("button", { type: "button", class: "ds-button", "data-variant": "tertiary", "data-size": "sm", onclick }, icon("add"), label);
}

/** An address for a competence that is not in a catalogue: the same words give the same one. */
function freeUri(title) {
  return `urn:lms-bridge:competence:${encodeURIComponent(title.trim().toLowerCase().replace(/\s+/g, "-"))}`;
}

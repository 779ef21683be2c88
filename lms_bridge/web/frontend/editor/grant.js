/** What the owner has agreed to, where a licence is by agreement: for whom, until when, and what they may do. */
import { h, newId } from "./dom.js";
import { fieldOf, split } from "./forms.js";
import { licenceName } from "./licences.js";
import { say } from "./words.js";

const NOTHING = {
  members: [], valid_from: "", valid_to: "", max_learners: null, purposes: [], commercial: false, may_adapt: false, may_translate: false,
  may_redistribute: false, derivative_licence: "", after_expiry: "stop_launches", reference: "", clause: "",
};
const ALLOWED = ["may_adapt", "may_translate", "may_redistribute", "commercial"];
const LICENCES_AFTER = ["CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC0-1.0"];

/**
 * The fields of an agreement; `members` are who it is for at first. `onchange(grant)` is called with each change.
 * What is asked most stands open, the rest behind “More of the agreement”.
 */
export function grantForm(given, members, onchange) {
  const grant = { ...NOTHING, members, ...given };
  const set = (change) => onchange(Object.assign(grant, change));
  const field = (name, input, help = "") => {
    input.id = newId(`grant-${name}-`);
    input.dataset.key = `rights.grant.${name}`;
    return fieldOf(input, say(`grant_${name}`), help);
  };
  const text = (name, help) => field(name, h("input", { class: "ds-input", value: grant[name], oninput: ({ target }) => set({ [name]: target.value }) }), help);
  const list = (name, help) => field(name, h("input", { class: "ds-input", value: grant[name].join(", "), oninput: ({ target }) => set({ [name]: split(target.value) }) }), help);
  const day = (name) => field(name, h("input", { class: "ds-input", type: "date", value: grant[name], oninput: ({ target }) => set({ [name]: target.value }) }));
  const tick = (name) => field(name, h("input", { class: "ds-input", type: "checkbox", checked: grant[name], onchange: ({ target }) => set({ [name]: target.checked }) }));
  const choice = (name, options, help) => field(name, h("select", { class: "ds-input", onchange: ({ target }) => set({ [name]: target.value }) },
    options.map(([value, label]) => h("option", { value, selected: value === grant[name] }, label))), help);
  const learners = h("input", { class: "ds-input is-short", type: "number", min: "1", inputmode: "numeric", value: grant.max_learners ?? "" });
  learners.addEventListener("input", () => learners.validity.valid && set({ max_learners: learners.value ? Number(learners.value) : null }));

  return h("fieldset", { class: "ds-fieldset grant" }, h("legend", { class: "ds-label" }, say("grant")),
    list("members", say("grant_members_help")),
    h("div", { class: "grant-period" }, day("valid_from"), day("valid_to")),
    h("fieldset", { class: "ds-fieldset grant-allows" }, h("legend", { class: "ds-label", "data-weight": "regular" }, say("grant_allows")), ALLOWED.map(tick)),
    h("details", { class: "rights-more" }, h("summary", { "data-key": "rights.grant" }, say("grant_more")),
      h("div", { class: "rights-form" },
        text("reference", say("grant_reference_help")), text("clause"), field("max_learners", learners), list("purposes", say("grant_purposes_help")),
        choice("derivative_licence", [["", say("grant_same_terms")], ...LICENCES_AFTER.map((id) => [id, licenceName(id)])]),
        choice("after_expiry", [["stop_launches", say("grant_stop_launches")], ["keep", say("grant_keep")]]))));
}

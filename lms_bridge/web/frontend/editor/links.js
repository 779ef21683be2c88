/** Asks where a link leads: to the web, to a mail address, or to a page of the module. */
import { ask } from "./dialogs.js";
import { h } from "./dom.js";
import { say } from "./words.js";

export async function askForLink(editor, draft) {
  const there = editor.getAttributes("link").href ?? "";
  const address = h("input", { class: "ds-input", id: "link-address", type: "text", inputmode: "url", value: there.startsWith("#") ? "" : there, placeholder: "https://" });
  const page = h("select", { class: "ds-input", id: "link-page" },
    h("option", { value: "" }, say("link_no_page")),
    draft.pages.map(({ id, title }) => h("option", { value: `#${id}`, selected: there === `#${id}` }, title || say("untitled_page"))));
  const choice = await ask({
    title: say("link"),
    body: [
      h("div", { class: "ds-field" }, h("label", { class: "ds-label", for: "link-address" }, say("link_address")), address),
      h("div", { class: "ds-field" }, h("label", { class: "ds-label", for: "link-page" }, say("link_page")), page),
    ],
    buttons: [["save", say("link_save")], ...(there ? [["remove", say("link_remove")]] : []), ["", say("cancel")]],
  });
  const chain = editor.chain().focus().extendMarkRange("link");
  const href = page.value || withScheme(address.value.trim());
  if (choice === "remove" || (choice === "save" && !href)) chain.unsetLink().run();
  else if (choice === "save" && editor.state.selection.empty && !there) {
    chain.insertContent({ type: "text", text: page.value ? page.selectedOptions[0].text : address.value.trim(), marks: [{ type: "link", attrs: { href } }] }).run();
  } else if (choice === "save") chain.setLink({ href }).run();
  else editor.commands.focus();
}

function withScheme(address) {
  if (!address || /^(https?:|mailto:|tel:|#)/i.test(address)) return address;
  if (/^[^\s/@]+@[^\s/@]+$/.test(address)) return `mailto:${address}`;
  return `https://${address}`;
}

/** Rich text in a block: TipTap with exactly the tags that content keeps, and the tools for it. */
import { Editor } from "@tiptap/core";
import StarterKit from "@tiptap/starter-kit";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { askForLink } from "./links.js";
import { fromElsewhere, hasPictures } from "./pasted.js";
import { say } from "./words.js";

const NOT_KEPT = ["blockquote", "code", "codeBlock", "horizontalRule", "strike", "underline"];

/** Makes `element` editable; `onchange(html)` at every change, `onfocus(editor)` when it is entered. */
export function richText(element, { html, label, headings, placeholder, onchange, onfocus, onpicture }) {
  element.replaceChildren();
  element.classList.add("is-rich");
  const editor = new Editor({
    element,
    injectCSS: false,
    content: html,
    extensions: [StarterKit.configure({
      ...Object.fromEntries(NOT_KEPT.map((name) => [name, false])),
      heading: headings ? { levels: [3, 4] } : false,
      trailingNode: false,
      link: { openOnClick: false, autolink: true, defaultProtocol: "https", HTMLAttributes: { target: null, rel: null, class: null } },
    })],
    editorProps: {
      transformPastedHTML: (pasted) => fromElsewhere(pasted, { headings }),
      handlePaste: (_view, event) => { if (hasPictures(event.clipboardData)) onpicture(); },
      attributes: { role: "textbox", "aria-multiline": "true", "aria-label": label, "data-placeholder": placeholder },
      handleKeyDown: (_view, event) => isToolKey(event) && goToTools(element),
    },
    onUpdate: () => { showEmptiness(); onchange(editor.isEmpty ? "" : editor.getHTML()); },
    onFocus: () => onfocus(editor),
  });
  function clamp(position) { return Math.min(position, editor.state.doc.content.size - 1); }
  function showEmptiness() { element.classList.toggle("is-empty", editor.isEmpty); }
  showEmptiness();
  return {
    get element() { return editor.view.dom; },
    set(value) {
      if (value === (editor.isEmpty ? "" : editor.getHTML())) return;
      const { from, to } = editor.state.selection;
      const wasHere = editor.isFocused;
      editor.commands.setContent(value, { emitUpdate: false });
      if (wasHere) editor.commands.setTextSelection({ from: clamp(from), to: clamp(to) });
      showEmptiness();
    },
    destroy() { editor.destroy(); },
  };
}

/** Alt+F10, as in other editors, goes from the text to its tools. */
function isToolKey(event) { return event.altKey && event.key === "F10"; }

function goToTools(element) {
  element.closest("[data-frame]")?.querySelector(".text-tools button")?.focus();
  return true;
}

/** The tools for the text that is being written; a toolbar as ARIA has it: one tab stop, arrow keys inside. */
export function textTools(editor, draft) {
  const headings = editor.extensionManager.extensions.some((extension) => extension.name === "heading");
  const run = (work) => () => { work(editor.chain().focus()).run(); };
  const buttons = [
    headings && ["heading", "H", run((c) => c.toggleHeading({ level: 3 })), () => editor.isActive("heading", { level: 3 })],
    headings && ["subheading", "h", run((c) => c.toggleHeading({ level: 4 })), () => editor.isActive("heading", { level: 4 })],
    ["bold", icon("bold"), run((c) => c.toggleBold()), () => editor.isActive("bold")],
    ["italic", icon("italic"), run((c) => c.toggleItalic()), () => editor.isActive("italic")],
    ["bullets", icon("bullets"), run((c) => c.toggleBulletList()), () => editor.isActive("bulletList")],
    ["numbers", icon("numbers"), run((c) => c.toggleOrderedList()), () => editor.isActive("orderedList")],
    ["link", icon("link"), () => askForLink(editor, draft), () => editor.isActive("link")],
  ].filter(Boolean).map(([name, face, work, active], index) => {
    const label = say(name);
    const button = h("button", {
      type: "button", class: "tool", "aria-label": label, title: label, tabindex: index ? -1 : 0, onclick: work,
      onmousedown: (event) => event.preventDefault(), // the selection in the text stays
    }, typeof face === "string" ? h("span", { class: "tool-letters", "aria-hidden": "true" }, face) : face);
    return { button, active };
  });
  const bar = h("div", { class: "text-tools", role: "toolbar", "aria-label": say("text_tools") }, buttons.map(({ button }) => button));
  bar.addEventListener("keydown", (event) => walk(event, buttons.map(({ button }) => button), editor));
  const show = () => buttons.forEach(({ button, active }) => button.setAttribute("aria-pressed", String(active())));
  editor.on("transaction", show);
  show();
  return bar;
}

function walk(event, buttons, editor) {
  const at = buttons.indexOf(document.activeElement);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
  if (event.key === "Escape") editor.commands.focus();
  else if (to !== undefined) {
    const next = buttons[(to + buttons.length) % buttons.length];
    buttons.forEach((button) => { button.tabIndex = button === next ? 0 : -1; });
    next.focus();
  } else return;
  event.preventDefault();
}

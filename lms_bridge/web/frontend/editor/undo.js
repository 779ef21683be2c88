/** Taking back what was deleted, added or moved: a message with a button, Ctrl+Z outside a text, and the list of what is gone. */
import { h, isTyping } from "./dom.js";
import { say } from "./words.js";

const SHOWN_FOR = 12_000;

export class Undo {
  constructor(desk) {
    this.desk = desk;
    this.done = [];
    this.place = document.getElementById("editor-toasts");
    addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z" && !isTyping() && this.done.length) {
        event.preventDefault();
        this.last();
      }
    });
  }

  remember(label, change) { this.done.push({ label, change }); }

  /** Says what was done, with a button that takes it back; it stays while it is pointed at or focused. */
  offer(label, change) {
    this.remember(label, change);
    const button = h("button", { type: "button", class: "ds-button", "data-size": "sm", "data-variant": "secondary", onclick: () => { toast.remove(); this.undo(change); } }, say("undo"));
    const toast = this.toast(h("span", {}, label), button);
    return toast;
  }

  tell(text) { this.toast(h("span", {}, text)); }

  toast(...children) {
    const toast = h("div", { class: "toast", role: "status" }, children);
    this.place.replaceChildren(toast);
    const end = () => { if (!toast.matches(":hover, :focus-within")) toast.remove(); else setTimeout(end, 2000); };
    setTimeout(end, SHOWN_FOR);
    return toast;
  }

  last() { this.undo(this.done.at(-1).change); }

  async undo(change) {
    this.done = this.done.filter((one) => one.change !== change);
    const answer = await this.desk.saving.make({ change }, this.desk.start.urls.undo);
    if (!answer) return;
    this.place.replaceChildren();
    this.tell(say("undone"));
    const { draft, canvas } = this.desk;
    if (draft.pageOf(answer.target)) canvas.goTo(answer.target);
    else if (draft.page(answer.target)) canvas.goToPage(answer.target);
  }
}

/** Tells the service which texts are right as they are: when it has them, not before. */
import { postJson } from "../editor/api.js";

export class Settling {
  constructor(desk) {
    this.desk = desk;
    this.waiting = new Set();
    desk.saving.addEventListener("state", ({ detail }) => { if (detail === "saved") this.send(); });
  }

  whenSaved(key) { this.waiting.add(key); }

  note(key) {
    this.waiting.add(key);
    if (!this.desk.saving.waiting) this.send();
  }

  async send() {
    const keys = [...this.waiting];
    if (!keys.length) return;
    this.waiting.clear();
    try {
      for (const { key, state } of await postJson(this.desk.start.urls.settle, { keys })) this.desk.lines.get(key)?.mark(state);
    } catch (problem) {
      if (problem.status === undefined) throw problem;
      keys.forEach((key) => this.waiting.add(key)); // with the next text that is saved
      if (problem.message) this.desk.undo.tell(problem.message);
    }
  }
}

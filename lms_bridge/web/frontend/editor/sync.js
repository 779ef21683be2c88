/** Other people's changes, and who else is here. */
import { getJson, postJson } from "./api.js";
import { say } from "./words.js";

const OFTEN = 4_000;
const SELDOM = 20_000;
const SIGN_OF_LIFE = 20_000;

export class Sync {
  constructor(desk, people) {
    this.desk = desk;
    this.people = people;
    this.showPeople(desk.start.here);
    this.arrive();
    setInterval(() => this.arrive(), SIGN_OF_LIFE);
    this.again();
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.look(); });
    addEventListener("pagehide", () => this.arrive({ leaving: true }));
  }

  again() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), document.hidden ? SELDOM : OFTEN);
  }

  async look() {
    const query = new URLSearchParams({ since: this.desk.draft.revision, client: this.desk.saving.client });
    try {
      const answer = await getJson(`${this.desk.start.urls.changes}?${query}`);
      this.showPeople(answer.people);
      if (answer.pages) this.desk.draft.take(answer);
    } catch (problem) {
      if (problem.status === undefined) throw problem;
    }
    this.again();
  }

  arrive({ leaving = false } = {}) {
    if (document.hidden && !leaving) return;
    postJson(this.desk.start.urls.presence, { client: this.desk.saving.client, leaving }, { keepalive: true }).catch(() => {});
  }

  showPeople(names) {
    const others = names.map((name) => (name === this.desk.start.person ? say("also_you") : name));
    const text = others.length ? say("also_here", { names: others.join(", ") }) : "";
    if (this.people.textContent !== text) this.people.textContent = text;
  }
}

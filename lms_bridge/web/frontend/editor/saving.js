/** Sends edits one after another, keeps them in the browser until the server has them, and tells how it goes. */
import { postJson } from "./api.js";
import { newId } from "./dom.js";

const PAUSE = 700; // milliseconds after the last key
const LONGEST_WAIT = 15_000;
const GIVEN_UP = 60_000; // an editor not heard of for this long was closed by a crash
const SIGN_OF_LIFE = 15_000;

export class Saving extends EventTarget {
  /** `onconflict(entry, problem)` and `onrefused(entry, problem)` decide about what the server did not take;
   *  `onwaiting()` hears that what was asked for is not seen before the server answers again. */
  constructor(draft, urls, moduleId, { onconflict, onrefused, onwaiting }) {
    super();
    this.draft = draft;
    this.urls = urls;
    this.client = newId("c", 15);
    this.prefix = `lms-bridge-edits-${moduleId}-`;
    this.queue = [];
    this.sending = null;
    this.closed = false;
    this.refused = []; // what the server does not take as it is, until it is written in another way
    this.held = []; // what somebody else's change stands against, while the person decides
    this.state = "saved";
    this.failures = 0;
    this.onconflict = onconflict;
    this.onrefused = onrefused;
    this.onwaiting = onwaiting;
    draft.overlay = () => this.overlay();
    this.adopt();
    addEventListener("online", () => this.send());
    addEventListener("pagehide", () => this.leave());
    addEventListener("pageshow", () => { this.closed = false; this.keep(); });
    addEventListener("beforeunload", (event) => { if (this.waiting || this.refused.length) event.preventDefault(); });
    document.addEventListener("visibilitychange", () => { if (document.hidden) this.send(); });
    setInterval(() => this.keep(), SIGN_OF_LIFE);
  }

  get waiting() { return this.queue.length > 0 || this.sending !== null || this.held.length > 0; }

  /** What the server does not have, the oldest first. */
  get written() { return [...this.refused, ...(this.sending ? [this.sending] : []), ...this.queue]; }

  /** Fields that the server does not have yet, of a target. */
  pending(target) {
    return new Set(this.written.filter(({ edit }) => edit.op === "set" && edit.target === target)
      .flatMap(({ edit }) => Object.keys(edit.fields)));
  }

  /** What waits stands over what the server said. */
  overlay() {
    for (const { edit } of this.written) {
      if (edit.op === "set" && this.draft.thing(edit.target)) this.draft.write(edit.target, edit.fields);
    }
  }

  /** Writes fields; typing on goes into the same edit until it is sent. */
  set(target, fields, { now = false, base = this.draft.revision } = {}) {
    const was = Object.fromEntries(Object.keys(fields).map((path) => [path, structuredClone(this.draft.value(target, path))]));
    this.draft.write(target, fields);
    this.forgetRefused(target, Object.keys(fields));
    const last = this.queue.findLast(({ edit }) => concerns(edit, target));
    if (last?.edit.op === "set" && last.edit.target === target) {
      Object.assign(last.edit.fields, fields);
      last.was = { ...was, ...last.was };
    } else this.queue.push({ client: this.client, edit: { op: "set", target, fields: { ...fields }, base }, was });
    this.keep();
    this.show(this.failures ? "offline" : "saving");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), now ? 0 : PAUSE);
  }

  /** Makes an edit at once, after all that was written before; resolves to the server's answer, or null. */
  async make(edit, url = this.urls.edit) {
    return new Promise((resolve) => {
      const body = edit.op ? { base: this.draft.revision, ...edit } : edit;
      this.queue.push({ client: this.client, edit: body, url, resolve });
      this.keep();
      this.show(this.failures ? "offline" : "saving");
      if (this.failures) this.onwaiting();
      this.send();
    });
  }

  /** Resolves when everything that waits is at the server, or cannot get there now. */
  async flush() {
    this.send();
    while (this.sending || (this.waiting && !this.failures && !this.held.length)) {
      await new Promise((resolve) => { this.addEventListener("state", resolve, { once: true }); });
    }
  }

  async send() {
    clearTimeout(this.timer);
    if (this.sending) return;
    while (this.queue.length) {
      this.sending = this.queue.shift();
      const entry = this.sending;
      this.show("saving");
      try {
        const answer = await postJson(entry.url ?? this.urls.edit, this.body(entry), { keepalive: document.hidden });
        this.failures = 0;
        this.sending = null;
        this.keep();
        this.draft.take(answer);
        entry.resolve?.(answer);
      } catch (problem) {
        if (problem.status === undefined) throw problem;
        if (this.failed(entry, problem)) return;
      }
    }
    this.settled();
  }

  settled() {
    this.refused = this.refused.filter(({ edit }) => this.draft.has(edit.target));
    if (!this.waiting) this.show(this.refused.length ? "refused" : "saved");
  }

  /** What is written anew is tried anew. */
  forgetRefused(target, paths) {
    for (const { edit } of this.refused) if (edit.target === target) paths.forEach((path) => delete edit.fields[path]);
    this.refused = this.refused.filter(({ edit }) => Object.keys(edit.fields).length);
  }

  body({ edit, client }) {
    const about = { client, since: this.draft.revision };
    return edit.op ? { edit, ...about } : { ...edit, ...about };
  }

  /** Whether sending has to wait. */
  failed(entry, problem) {
    this.sending = null;
    if (problem.passing || problem.status === 401) {
      this.queue.unshift(entry);
      this.keep();
      this.failures += 1;
      this.show(problem.status === 401 ? "signed_out" : "offline");
      if (this.failures === 1 && this.queue.some(({ resolve }) => resolve)) this.onwaiting();
      const wait = Math.min(1000 * 2 ** (this.failures - 1), LONGEST_WAIT);
      this.timer = setTimeout(() => this.send(), wait);
      return true;
    }
    const mine = entry.edit.op === "set" ? this.takeBack(entry) : entry;
    if (problem.status !== 409 && mine.edit.op === "set") this.refused.push(structuredClone({ edit: mine.edit }));
    this.held.push(mine);
    this.keep();
    const settle = problem.status === 409 ? this.onconflict : this.onrefused;
    settle(mine, problem).finally(() => {
      this.held = this.held.filter((other) => other !== mine);
      this.keep();
      mine.resolve?.(null);
      this.settled();
    });
    return false;
  }

  /** An edit together with what was typed into the same part after it. */
  takeBack(entry) {
    const { target } = entry.edit;
    const later = this.queue.filter(({ edit }) => edit.op === "set" && edit.target === target);
    this.queue = this.queue.filter((other) => !later.includes(other));
    const fields = Object.assign({}, entry.edit.fields, ...later.map(({ edit }) => edit.fields));
    const was = Object.assign({}, ...later.map((other) => other.was), entry.was);
    return { ...entry, was, edit: { ...entry.edit, fields } };
  }

  show(state) {
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }

  // what is kept in the browser

  keep() {
    const waiting = [...this.held, ...(this.sending ? [this.sending] : []), ...this.queue]
      .map(({ client, edit, url, was }) => ({ client, edit, url, was }));
    try {
      if (waiting.length) {
        localStorage.setItem(this.prefix + this.client, JSON.stringify({ waiting, closed: this.closed, at: Date.now() }));
      } else localStorage.removeItem(this.prefix + this.client);
    } catch { /* the browser keeps nothing: what waits is kept by the open page only */ }
  }

  /** Takes over what an editor of this module, closed before the server answered, has left. */
  adopt() {
    const left = [];
    try {
      for (const key of Object.keys(localStorage).filter((name) => name.startsWith(this.prefix))) {
        const kept = JSON.parse(localStorage.getItem(key));
        if (!kept.closed && Date.now() - kept.at < GIVEN_UP) continue;
        localStorage.removeItem(key);
        left.push(...kept.waiting);
      }
    } catch { return; }
    if (!left.length) return;
    this.queue.push(...left);
    this.keep();
    setTimeout(() => this.send(), 0);
  }

  leave() {
    this.closed = true;
    this.keep();
    if (this.waiting) this.send();
  }
}

function concerns(edit, target) {
  const names = [edit.target, edit.parent, edit.value?.id].filter(Boolean);
  return names.some((name) => name === target || name.startsWith(`${target}.`));
}

// What the learner has done, as it is kept in the LMS, and what follows from it.

export class Learner {
  /** `mark`: the share of right answers that passes, 0..1, or null where completing is enough. */
  constructor(lms, pages, questions, mark) {
    this.lms = lms;
    this.pages = pages;
    this.mark = mark;
    this.test = questions.filter((question) => question.scored);
    const kept = lms.state ?? {};
    const answers = { ...kept.a, ...kept.p };
    const fitting = questions.filter((question) => question.fits(answers[question.id]));
    this.answers = Object.fromEntries(fitting.map(({ id }) => [id, answers[id]]));
    this.seen = new Set(kept.s);
    this.ticks = { ...kept.c };
    this.location = lms.location;
    this.reported = JSON.stringify(this.result());
    // A result that got lost on its way is told again.
    if (this.result().completed && !lms.status.completed) this.reported = "";
  }

  visit(name) {
    if (name !== "start-page") this.location = name;
    if (this.pages.includes(name)) this.seen.add(name);
    this.keep();
  }

  /** `response`: the chosen ids; null takes the answer back. */
  answer(question, { response, result, latency }) {
    if (response === null) delete this.answers[question.id];
    else {
      this.answers[question.id] = response;
      this.lms.answered({ ...question.about(), response, result, latency });
    }
    this.keep();
  }

  tick(block, items) {
    this.ticks[block] = items;
    this.keep();
  }

  clearTest() {
    for (const question of this.test) {
      delete this.answers[question.id];
      question.clear();
    }
    this.keep();
  }

  get unseen() {
    return this.pages.filter((name) => !this.seen.has(name));
  }

  get unanswered() {
    return this.test.filter((question) => !(question.id in this.answers));
  }

  get right() {
    return this.test.filter((question) => question.isRight(this.answers[question.id])).length;
  }

  /** Completed: all pages seen and the test taken. Passed: decided once the test is taken, if there is a mark. */
  result() {
    const taken = this.test.length > 0 && this.unanswered.length === 0;
    const share = taken ? this.right / this.test.length : null;
    return {
      completed: this.unseen.length === 0 && this.unanswered.length === 0,
      passed: taken && this.mark !== null ? share >= this.mark : null,
      score: taken ? { scaled: share, raw: this.right, max: this.test.length } : null,
    };
  }

  fraction() {
    const steps = this.pages.length + this.test.length;
    return steps ? 1 - (this.unseen.length + this.unanswered.length) / steps : 1;
  }

  /** Tells the LMS about a result that is new. */
  report() {
    const result = this.result();
    const written = JSON.stringify(result);
    this.lms.progress(this.fraction());
    if (written === this.reported) return;
    this.reported = written;
    if (result.completed || result.score) this.lms.finish(result);
  }

  /** Most important first: what does not fit into an LMS is dropped from the end. */
  keep() {
    const scored = new Set(this.test.map((question) => question.id));
    const answers = Object.entries(this.answers);
    this.lms.save(this.location, {
      a: Object.fromEntries(answers.filter(([id]) => scored.has(id))),
      s: [...this.seen],
      c: this.ticks,
      p: Object.fromEntries(answers.filter(([id]) => !scored.has(id))),
    });
  }
}

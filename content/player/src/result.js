// The result page: what is missing, how the test went, and the way on.

import { make, say } from "./texts.js";

const ROUND = 2 * Math.PI * 52;

export function showResult(learner, { retry, visit }) {
  const place = document.querySelector("[data-result]");
  const result = learner.result();
  const failed = result.passed === false;
  const done = result.completed || learner.lms.status.passed;
  place.className = failed ? "failed" : done ? "done" : "waiting";
  place.replaceChildren(...headline(learner, result), ...missing(learner, visit));
  if (result.score) {
    if (failed) {
      const again = make("button", { type: "button", class: "button", onclick: retry }, say("retry_test"));
      place.append(make("p", {}, say("result_again_hint")), again);
    }
    place.append(make("h3", {}, say("answers")), answers(learner, visit));
  }
}

function headline(learner, { completed, passed, score }) {
  if (!score && learner.lms.status.passed) passed = true; // on an earlier visit, whose answers are gone
  else if (!score && !completed) return [make("p", {}, say("result_wait"))];
  const title = passed ? "result_passed" : passed === false ? "result_failed" : "result_completed";
  const lines = [];
  if (passed !== null || completed) lines.push(make("p", { class: "verdict-title" }, say(title)));
  if (score) lines.push(make("p", {}, say("result_score", { right: score.raw, total: score.max })));
  if (learner.mark !== null && score) {
    lines.push(make("p", {}, say("result_needed", { percent: Math.round(learner.mark * 100) })));
  }
  if (passed || (completed && passed === null)) {
    lines.push(make("p", {}, say(learner.lms.connected ? "result_done" : "result_done_here")));
  }
  return [make("div", { class: "score" }, ring(score ? score.scaled : 1, !score), make("div", {}, ...lines))];
}

/** A ring that fills with the score; the words beside it say the same. */
function ring(share, tick) {
  const svg = (tag, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };
  const picture = svg("svg", { viewBox: "0 0 120 120", class: "ring", "aria-hidden": "true" });
  const length = `${share * ROUND} ${ROUND}`;
  picture.append(
    svg("circle", { cx: 60, cy: 60, r: 52, class: "ring-ground" }),
    svg("circle", { cx: 60, cy: 60, r: 52, class: "ring-share", "stroke-dasharray": length }),
  );
  if (tick) {
    picture.append(svg("path", { d: "m38 62 15 15 30-32", class: "ring-tick" }));
  } else {
    const label = svg("text", { x: 60, y: 70, class: "ring-label" });
    label.textContent = `${Math.round(share * 100)} %`;
    picture.append(label);
  }
  return picture;
}

const counted = (key, count) => say(`${key}_${count === 1 ? "one" : "many"}`, { count });

function missing(learner, visit) {
  const pages = learner.unseen;
  const questions = learner.unanswered;
  if (!pages.length && !questions.length) return [];
  const lines = [];
  if (pages.length) lines.push(make("li", {}, counted("result_unseen", pages.length)));
  if (questions.length) lines.push(make("li", {}, counted("result_unanswered", questions.length)));
  const first = () => {
    if (pages.length) return visit(pages[0]);
    const form = questions[0].form;
    return visit(form.closest("section").id, form.querySelector("input, [data-move]:not([aria-disabled])"));
  };
  const go = make("button", { type: "button", class: "button", onclick: first }, say("to_first_missing"));
  return [make("ul", { class: "missing" }, ...lines), go];
}

function answers(learner, visit) {
  const rows = learner.test.map((question) => {
    const right = question.isRight(learner.answers[question.id]);
    const prompt = question.about().prompt;
    const link = make("a", { href: `#${question.id}` }, prompt);
    const mark = make("span", { class: "answer-mark" }, say(right ? "right" : "wrong"));
    return make("li", { class: right ? "answer right" : "answer wrong" }, mark, link);
  });
  return make("ol", { class: "answers" }, ...rows);
}

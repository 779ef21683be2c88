// The learner's player. The page comes complete from content/render.py; this shows one section at a time, judges
// answers, remembers where the learner was, and tells the LMS through window.lms (scorm/runtime).

import { checklists } from "./checklists.js";
import { Learner } from "./learner.js";
import { Pages } from "./pages.js";
import { Question } from "./question.js";
import { showResult } from "./result.js";
import { say } from "./texts.js";

const body = document.body;

/** Stands in when the runtime did not load: the module can be read and taken, nothing is kept. */
const nowhere = {
  connected: false,
  mode: "normal",
  masteryScore: null,
  location: "",
  state: null,
  status: { completed: false, passed: null, score: null },
  save() {},
  progress() {},
  answered() {},
  finish() {},
};

async function connect() {
  const { module, revision, passMark } = body.dataset;
  const about = {
    activityId: `urn:uuid:${module}`,
    title: document.title,
    language: document.documentElement.lang,
    revision,
    masteryScore: passMark ? passMark / 100 : null,
  };
  return { masteryScore: about.masteryScore, lms: (await window.lms?.connect(about)) ?? nowhere };
}

function notice(text, kind = "") {
  const line = document.querySelector("[data-notice]");
  line.textContent = text;
  line.className = `notice ${kind}`;
  line.hidden = false;
}

function listen(lms) {
  if (lms.mode !== "normal") notice(say("review_mode"));
  else if (!lms.connected) notice(say("not_connected"));
  lms.onproblem = (code) => code !== "shortened" && notice(say("problem"), "problem");
}

async function start() {
  document.documentElement.classList.add("js");
  const pages = new Pages();
  const { lms, masteryScore } = await connect();
  listen(lms);
  const questions = [...document.querySelectorAll("[data-question]")].map((form) => new Question(form));
  const learner = new Learner(lms, pages.names, questions, lms.masteryScore ?? masteryScore);

  const refresh = () => {
    learner.report();
    pages.mark(learner.seen, learner.fraction());
    showResult(learner, {
      retry: () => {
        learner.clearTest();
        refresh();
        pages.show(pages.of(learner.test[0].form));
      },
      visit: (name, element) => pages.show(name, element),
    });
  };

  for (const question of questions) {
    question.restore(learner.answers[question.id]);
    question.onanswer = (answer) => {
      learner.answer(question, answer);
      refresh();
    };
  }
  checklists(learner);
  pages.onshow = (name) => {
    learner.visit(name);
    refresh();
  };
  refresh();
  pages.ready(lms.location);
}

start();

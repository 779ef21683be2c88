// The learner's player. The page comes complete from content/render.py; this shows one section at a time, judges
// answers, remembers where the learner was, and tells the LMS through window.lms (scorm/runtime).

import { checklists } from "./checklists.js";
import { turnTo } from "./earlier.js";
import { Learner } from "./learner.js";
import { Pages } from "./pages.js";
import { Question } from "./question.js";
import { showResult } from "./result.js";
import { readTexts, say } from "./texts.js";

/** Stands in where there is no runtime, as in a preview: the module can be read and taken, nothing is kept. */
const nowhere = {
  connected: false,
  mode: "browse",
  location: "",
  state: null,
  status: { completed: false, passed: null, score: null },
  save() {},
  progress() {},
  answered() {},
  finish() {},
};

const markOf = ({ passMark }) => (passMark ? passMark / 100 : null);

async function connect() {
  const { module, revision, earlier, ...data } = document.body.dataset;
  const about = {
    activityId: `urn:uuid:${module}`,
    title: document.title,
    language: document.documentElement.lang,
    revision,
    earlier: earlier?.split(" "),
    masteryScore: markOf(data),
  };
  return (await window.lms?.connect(about)) ?? { ...nowhere, revision, masteryScore: about.masteryScore };
}

function notice(text, kind = "") {
  const line = document.querySelector("[data-notice]");
  line.textContent = text;
  line.className = `notice ${kind}`;
  line.hidden = false;
}

function listen(lms) {
  if (lms.mode !== "normal") notice(say("review_mode"));
  else if (lms.updated) notice(say("updated"));
  else if (!lms.connected) notice(say("not_connected"));
  lms.onproblem = (code) => code !== "shortened" && notice(say("problem"), "problem");
}

/** The share that passes. An LMS knows the newest revision's only, and cmi5's refuses what does not follow it. */
async function settle(lms) {
  const { revision } = document.body.dataset;
  if (lms.revision === revision) return lms.masteryScore;
  if (await turnTo(lms.revision)) {
    return lms.standard === "cmi5" ? lms.masteryScore : markOf(document.body.dataset);
  }
  Object.assign(lms, { revision, updated: true });
  return lms.masteryScore;
}

async function start() {
  document.documentElement.classList.add("js");
  readTexts();
  let pages = new Pages();
  const lms = await connect();
  const newest = document.body;
  const mark = await settle(lms);
  if (document.body !== newest) pages = new Pages();
  listen(lms);
  const questions = [...document.querySelectorAll("[data-question]")].map((form) => new Question(form));
  const learner = new Learner(lms, pages.names, questions, mark);

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
  const asked = document.getElementById(location.hash.slice(1));
  if (asked?.matches("section[data-page]")) pages.show(asked.id);
  fetchPictures();
}

/** The pictures of the pages to come: who turns a page finds them there, and who prints has them on paper. */
function fetchPictures() {
  for (const picture of document.querySelectorAll("img[loading=lazy]")) picture.loading = "eager";
}

start();

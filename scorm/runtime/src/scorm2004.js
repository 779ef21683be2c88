// SCORM 2004 Run-Time Environment, 3rd and 4th edition.

import { offer } from "./connection.js";
import { isoDuration, plain } from "./format.js";
import { scorm } from "./scorm.js";

const COMPLETION = "cmi.completion_status";
const SUCCESS = "cmi.success_status";

const dialect = {
  api: "API_1484_11",
  prefix: "",
  limits: { location: 1000, suspendData: 64000 },
  duration: isoDuration,
  masteryMax: 1,
  elements: {
    status: COMPLETION,
    mode: "cmi.mode",
    credit: "cmi.credit",
    mastery: "cmi.scaled_passing_score",
    exit: "cmi.exit",
    time: "cmi.session_time",
    learnerId: "cmi.learner_id",
    learnerName: "cmi.learner_name",
    language: "cmi.learner_preference.language",
    location: "cmi.location",
    score: "cmi.score",
    scaled: "cmi.score.scaled",
    progress: "cmi.progress_measure",
  },
  read(lms) {
    const scaled = parseFloat(lms.get("cmi.score.scaled"));
    return {
      completed: lms.get(COMPLETION) === "completed",
      passed: { passed: true, failed: false }[lms.get(SUCCESS)] ?? null,
      score: Number.isFinite(scaled) ? scaled : null,
    };
  },
  begin: (lms) => lms.set(COMPLETION, "incomplete"),
  /** Both, always: an LMS derives neither from the other. */
  write(lms, { completed, passed }) {
    lms.set(COMPLETION, completed ? "completed" : "incomplete");
    lms.set(SUCCESS, passed ? "passed" : passed === false ? "failed" : "unknown");
  },
  /** RTE 4.2.9. */
  interaction({ id, type, prompt, correct, response, result, latency }) {
    const short = (one) => one.replace(/[^\w.-]/g, "_").slice(0, 250);
    const answer = type === "true-false" ? ([value]) => String(value) : (ids) => ids.map(short).join("[,]");
    return [
      ["id", id],
      ["type", type],
      ["timestamp", new Date().toISOString().slice(0, 22) + "Z"],
      ["correct_responses.0.pattern", answer(correct)],
      ["learner_response", answer(response)],
      ["result", result ? "correct" : "incorrect"],
      ["latency", isoDuration(latency ?? 0)],
      ["description", plain(prompt, 250)],
    ];
  },
};

offer("scorm2004", scorm(dialect));

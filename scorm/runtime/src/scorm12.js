// SCORM 1.2 Run-Time Environment: one status for both questions, completed and passed.

import { offer } from "./connection.js";
import { timespan } from "./format.js";
import { scorm } from "./scorm.js";

const STATUS = "cmi.core.lesson_status";

const dialect = {
  api: "API",
  prefix: "LMS",
  limits: { location: 255, suspendData: 4096 },
  duration: timespan,
  masteryMax: 100,
  elements: {
    status: STATUS,
    mode: "cmi.core.lesson_mode",
    credit: "cmi.core.credit",
    mastery: "cmi.student_data.mastery_score",
    exit: "cmi.core.exit",
    time: "cmi.core.session_time",
    learnerId: "cmi.core.student_id",
    learnerName: "cmi.core.student_name",
    language: "cmi.student_preference.language",
    location: "cmi.core.lesson_location",
    score: "cmi.core.score",
  },
  read(lms) {
    const status = lms.get(STATUS);
    const raw = parseFloat(lms.get("cmi.core.score.raw"));
    return {
      completed: status === "completed" || status === "passed",
      passed: { passed: true, failed: false }[status] ?? null,
      score: Number.isFinite(raw) ? raw / 100 : null,
    };
  },
  /** Moodle makes "completed" of "not attempted" when the session ends: say "incomplete" first. */
  begin: (lms) => lms.set(STATUS, "incomplete"),
  write(lms, { completed, passed }) {
    lms.set(STATUS, passed ? "passed" : passed === false ? "failed" : completed ? "completed" : "incomplete");
  },
  /** RTE 3.4.7: identifiers are word characters, a choice is one of a–z and 0–9. */
  interaction({ id, type, options = [], correct, response, result, latency }) {
    const letter = (i) => "abcdefghijklmnopqrstuvwxyz0123456789"[i] ?? "";
    const letters = (ids) => ids.map((one) => letter(options.findIndex((option) => option.id === one))).join(",");
    const answer = type === "true-false" ? ([value]) => (String(value) === "true" ? "t" : "f") : letters;
    return [
      ["id", id.replace(/\W/g, "_").slice(0, 255)],
      ["type", type],
      ["time", new Date().toTimeString().slice(0, 8)],
      ["correct_responses.0.pattern", answer(correct)],
      ["student_response", answer(response)],
      ["result", result ? "correct" : "wrong"],
      ["latency", timespan(latency ?? 0)],
    ];
  },
};

offer("scorm12", scorm(dialect));

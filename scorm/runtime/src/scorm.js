// The port to a SCORM LMS. What differs between 1.2 and 2004 is in the dialect: names, limits, words, formats.

import { waitFor } from "./find.js";
import { decimal, readableName } from "./format.js";
import { revisionOf } from "./memory.js";
import { pack, unpack } from "./suspend.js";

const refusal = (answer) => answer === false || answer === "false";

/** reach() for offer(): finds the LMS, begins the session and reads what the last one left. */
export function scorm(dialect) {
  return async (module, problem, well) => {
    const api = await waitFor(dialect.api, `${dialect.prefix}Initialize`);
    const lms = api && calls(api, dialect, problem);
    if (lms?.begin()) return port(lms, dialect, module, problem, well);
    if (lms) problem("ended", "the LMS does not begin a session");
    return null;
  };
}

/** The API with its names made plain. An LMS may answer null, "" or nothing, or throw: none of it stops content. */
function calls(api, { prefix, elements }, problem) {
  let threw = null;
  const call = (name, ...values) => {
    threw = null;
    try {
      return api[prefix + name](...values);
    } catch (error) {
      threw = error;
      return undefined;
    }
  };
  const lms = {
    get: (element) => String((element && call("GetValue", element)) ?? ""),
    set(element, value, optional = false) {
      const failed = refusal(call("SetValue", element, String(value))) || threw;
      if (failed && !optional) problem("refused", `${element}: ${threw ?? call("GetLastError")}`);
      return !failed;
    },
    begin() {
      const answer = call("Initialize", "");
      if (threw) return false;
      if (String(answer) === "true") return true;
      // Either the session is already open (a reloaded frame), or there is none: then reading fails as well.
      lms.get(elements.status);
      return ["0", "", "null", "undefined"].includes(String(call("GetLastError")));
    },
    commit() {
      const failed = refusal(call("Commit", "")) || threw;
      if (failed) problem("unreachable", `Commit: ${threw ?? call("GetLastError")}`);
      return !failed;
    },
    finish: () => call(prefix ? "Finish" : "Terminate", ""),
  };
  return lms;
}

function port(lms, dialect, module, problem, well) {
  const { elements, limits } = dialect;
  const started = performance.now();
  const memory = unpack(lms.get("cmi.suspend_data"));
  const mode = { browse: "browse", review: "review" }[lms.get(elements.mode)] ?? "normal";
  const credit = lms.get(elements.credit) !== "no-credit";
  const mastery = parseFloat(lms.get(elements.mastery));
  const status = known(dialect.read(lms), memory.status);
  const count = lms.get("cmi.interactions._count");
  let interactions = (count === "" ? memory.interactions : Number(count)) || 0;

  const records = mode === "normal";
  const fresh = !status.completed && status.passed === null;
  if (records) {
    if (credit && fresh) dialect.begin(lms);
    lms.set(elements.exit, "suspend"); // from the start, so that a closed tab resumes
  }
  const time = () => lms.set(elements.time, dialect.duration((performance.now() - started) / 1000), true);

  return {
    connected: true,
    learner: {
      id: lms.get(elements.learnerId),
      name: readableName(lms.get(elements.learnerName)),
      language: lms.get(elements.language),
    },
    mode,
    credit,
    masteryScore: Number.isFinite(mastery) ? mastery / dialect.masteryMax : null,
    location: memory.location ?? lms.get(elements.location),
    state: memory.state,
    status,
    ...revisionOf(module, memory, status),
    keep({ revision, location, state, status: reached, progress }) {
      const fits = location !== "" && location.length <= limits.location; // "" is refused by some
      if (fits) lms.set(elements.location, location);
      const kept = { revision, status: reached, interactions, ...(fits ? {} : { location }), state };
      const { text, dropped } = pack(kept, limits.suspendData);
      if (dropped.length) problem("shortened", dropped.join(" "));
      lms.set("cmi.suspend_data", text);
      if (elements.progress && progress !== null) lms.set(elements.progress, decimal(progress, 4), true);
    },
    answered(question) {
      const path = `cmi.interactions.${interactions}.`;
      const [[, id], ...rest] = dialect.interaction(question);
      // Optional in SCORM 1.2: an LMS without interactions is no problem.
      if (!lms.set(`${path}id`, id, true)) return;
      for (const [name, value] of rest) lms.set(path + name, value, true);
      interactions += 1;
    },
    finish(reached, { score }) {
      if (score && reached.score !== null) {
        // Always of 100: Moodle takes its grade from score.raw.
        lms.set(`${elements.score}.min`, 0, true);
        lms.set(`${elements.score}.max`, 100, true);
        lms.set(`${elements.score}.raw`, decimal(reached.score * 100, 2));
        if (elements.scaled) lms.set(elements.scaled, decimal(reached.score, 4));
      }
      dialect.write(lms, reached);
    },
    commit() {
      time();
      const done = lms.commit();
      if (done) well("unreachable");
      return done;
    },
    close() {
      if (records) {
        time();
        lms.set(elements.exit, "suspend");
        lms.commit();
      }
      lms.finish(); // whatever Commit answered
    },
  };
}

/** The LMS's word, and what we remember where it has none (Open edX answers "" for status and score). */
function known(told, remembered) {
  return {
    completed: told.completed || remembered.completed,
    passed: told.passed ?? remembered.passed,
    score: told.score ?? remembered.score,
  };
}

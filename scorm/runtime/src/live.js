// The module's end, where it is shown from the service within a package that stays up to date: the page around it, in
// the LMS, holds the connection (relay.js). What is said here goes there; what was kept comes from there.

import { channel, offer, reached } from "./connection.js";

const PATIENCE = 5000; // ms until a page around that does not answer is none of ours

offer("live", () => null); // opened by itself it is plain web
const byItself = window.lms.connect;
let connection;
window.lms.connect = (module) =>
  (connection ??= reach(module).then((kept) => (kept ? farEnd(kept) : byItself(module))));

const problems = channel();
const say = (lms, ...told) => window.parent.postMessage({ lms, told }, "*");

function reach(module) {
  if (window.parent === window) return Promise.resolve(null);
  return new Promise((resolve) => {
    const alone = setTimeout(() => resolve(null), PATIENCE);
    const heard = {
      here: () => clearTimeout(alone),
      connected: resolve,
      problem: problems.tell,
      solved: problems.well,
    };
    addEventListener("message", ({ source, data }) => {
      if (source === window.parent && Object.hasOwn(heard, data?.lms)) heard[data.lms](...data.told);
    });
    say("connect", module);
  });
}

/** A connection (README.md) whose every word is said on. */
function farEnd(kept) {
  const it = {
    ...kept,
    save(location, state) {
      it.location = String(location ?? "");
      it.state = state ?? null;
      say("save", it.revision, it.location, it.state);
    },
    progress: (fraction) => say("progress", fraction),
    answered: (question) => say("answered", question),
    finish(result) {
      it.status = reached(it.status, result);
      say("finish", result);
    },
    exit: () => say("exit"),
    get onproblem() {
      return problems.listener;
    },
    set onproblem(listener) {
      problems.listen(listener);
    },
    set onsolved(listener) {
      problems.solved = listener;
    },
  };
  return it;
}

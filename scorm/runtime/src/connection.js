// What every standard has in common: the connection that content holds, and when what is in it is sent.
//
// A port is the way to one LMS. It says what an earlier visit left (location, state, status), which revision goes on
// (revision, updated), for whom and how (learner, mode, credit, masteryScore), and takes: keep(memory),
// answered(question), finish(status, result), commit(), close(). The connection decides what may be sent, and when.

import { local } from "./local.js";

const DELAY = 1000; // ms between a change and its commit
const RETRY = 15000; // ms until a commit that failed is tried again

/** Sets window.lms. `reach(module, problem)` gives a port, or nothing where there is no LMS to speak to. */
export function offer(standard, reach) {
  let connection;
  const connect = async (module) => {
    const problems = channel();
    let port = null;
    try {
      port = await reach(module, problems.tell, problems.well);
    } catch (error) {
      problems.tell("unreachable", String(error));
    }
    return open(standard, port ?? local(module, problems.tell), module, problems);
  };
  window.lms = { standard, connect: (module) => (connection ??= connect(module)) };
}

/**
 * Problems on their way to the content, each told once until it is over; what came before it listens waits.
 *   refused: the LMS did not take a value        shortened: what was left out found no room in the LMS
 *   unreachable: not stored yet, tried again     ended: the LMS had closed this session before it began
 */
export function channel() {
  const told = new Map();
  const it = {
    listener: null,
    solved: null,
    tell(code, detail = "") {
      if (told.has(code)) return;
      told.set(code, detail);
      it.listener?.(code, detail);
    },
    well: (code) => told.delete(code) && it.solved?.(code),
    listen(listener) {
      it.listener = listener;
      if (listener) told.forEach((detail, code) => listener(code, detail));
    },
  };
  return it;
}

/** What stands after a new result. Who has passed stays passed, with the best score that passed. */
export function reached(before, { completed, passed, score }) {
  const scaled = score?.scaled ?? null;
  const worse = before.passed && (!passed || (scaled !== null && scaled < before.score));
  return {
    completed: before.completed || Boolean(completed),
    passed: worse ? true : (passed ?? before.passed),
    score: worse ? before.score : (scaled ?? before.score),
  };
}

function open(standard, port, module, problems) {
  const records = port.mode === "normal"; // browse and review store nothing
  let fraction = null;
  let changed = false;
  let ended = false;
  let timer = null;
  let delay = DELAY;

  const keep = () => {
    if (!changed) return;
    changed = false;
    port.keep({ revision: it.revision, location: it.location, state: it.state, status: it.status, progress: fraction });
  };
  const flush = () => {
    clearTimeout(timer);
    timer = null;
    if (!records || ended) return;
    const start = performance.now();
    keep();
    if (port.commit() === false) {
      changed = true;
      timer = setTimeout(flush, RETRY);
    }
    delay = Math.max(DELAY, 5 * (performance.now() - start)); // a slow LMS is asked less often
  };
  const later = () => {
    if (records && !ended) timer ??= setTimeout(flush, delay);
  };
  const soon = () => {
    changed = true;
    later();
  };

  const it = {
    standard,
    connected: port.connected,
    learner: port.learner,
    mode: port.mode,
    masteryScore: port.masteryScore ?? module.masteryScore ?? null,
    location: port.location,
    state: port.state,
    status: port.status,
    revision: port.revision,
    updated: port.updated,
    save(location, state) {
      it.location = String(location ?? "");
      it.state = state ?? null;
      soon();
    },
    progress(value) {
      fraction = Math.min(1, Math.max(0, Number(value) || 0));
      soon();
    },
    answered(question) {
      if (!records || ended || !port.credit) return;
      port.answered(question);
      soon();
    },
    finish(result) {
      if (ended) return;
      const before = it.status;
      it.status = reached(before, result);
      if (!records) return;
      if (port.credit) port.finish(it.status, result, before);
      changed = true;
      flush();
    },
    exit() {
      return end(true);
    },
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

  const end = (byLearner) => {
    if (ended) return undefined;
    clearTimeout(timer);
    if (records) keep();
    ended = true;
    return port.close(byLearner);
  };
  addEventListener("visibilitychange", () => document.visibilityState === "hidden" && flush());
  addEventListener("pagehide", () => end(false));
  // A page out of the back/forward cache has a closed connection: begin anew, from what was kept.
  addEventListener("pageshow", (event) => event.persisted && window.location.reload());
  later(); // what the port said at the start
  return it;
}

// The port to an LRS, for cmi5 and for xAPI without it: what happens becomes statements, what is kept a State document.

import { decimal, isoDuration, plain, uuid } from "./format.js";
import { restore, revisionOf } from "./memory.js";

const VERB = "http://adlnet.gov/expapi/verbs/";
const PROGRESS = "https://w3id.org/xapi/cmi5/result/extensions/progress";
const STATE = "lms-bridge"; // stateId: what the content keeps between visits

/**
 * `lrs` from store(); `launch`: { actor, activityId, learner, mode, masteryScore, context, strict, leave }.
 * With `strict` the order and number of statements is cmi5's; context(statement's result) makes their context.
 */
export async function statements(lrs, launch, module, problem) {
  const started = performance.now();
  const memory = restore(await lrs.read(STATE));
  const going = revisionOf(module, memory, memory.status);
  const about = going.revision ? { revision: String(going.revision) } : {};
  const said = { completed: launch.strict && memory.status.completed, passed: launch.strict && memory.status.passed };
  const objectOf = (id, definition) => ({ objectType: "Activity", id, definition });
  const inLanguage = (text) => (text ? { [module.language || "und"]: text } : undefined);
  const theModule = objectOf(launch.activityId, {
    type: "http://adlnet.gov/expapi/activities/module",
    name: inLanguage(module.title),
  });
  const duration = () => isoDuration((performance.now() - started) / 1000);

  const statement = (verb, result, object = theModule, context = launch.context(verb, result)) => ({
    id: uuid(),
    actor: launch.actor,
    verb: { id: VERB + verb, display: { en: verb } },
    object,
    result,
    context: { ...context, ...about },
    timestamp: new Date().toISOString(),
  });

  let failed = null; // cmi5 9.3: one of passed and failed a session, so "failed" waits for the session's end
  let progress = null;
  let writing = Promise.resolve();
  let newest = null;
  let written = null; // the newest content that is known to have arrived
  let attempts = 0;
  const writeState = (last = false) => {
    if (written === newest) return;
    const content = newest;
    const attempt = ++attempts;
    return lrs.write(STATE, content, last).then((stored) => {
      if (stored) written = content;
      else if (attempt === attempts) {
        problem("unreachable", "state");
        setTimeout(commit, 15000);
      }
    });
  };
  const commit = () => {
    writing = writing.then(() => writeState());
  };

  lrs.send(statement("initialized"));

  return {
    connected: true,
    learner: launch.learner,
    mode: launch.mode,
    credit: true,
    masteryScore: launch.masteryScore,
    location: memory.location ?? "",
    state: memory.state,
    status: memory.status,
    ...going,
    keep(now) {
      progress = now.progress;
      newest = now;
    },
    answered(question) {
      const { result, latency } = question;
      const response = interactionAnswer(question, question.response);
      const about = objectOf(`${module.activityId}#${question.id}`, interaction(question, inLanguage));
      const told = { response, success: result, duration: isoDuration(latency ?? 0) };
      lrs.send(statement("answered", told, about, within(module.activityId, launch.context("answered", told))));
    },
    finish(reached, { completed, passed, score }) {
      if (completed && !said.completed) {
        said.completed = true;
        lrs.send(statement("completed", { completion: true, duration: duration() }));
      }
      if (passed === null || passed === undefined || said.passed) return;
      const result = { success: passed, score: scoreOf(score), duration: duration() };
      if (passed) {
        said.passed = true;
        failed = null;
        lrs.send(statement("passed", result));
      } else if (launch.strict) failed = statement("failed", result);
      else if (!reached.passed) lrs.send(statement("failed", result));
    },
    commit,
    async close(byLearner) {
      const kept = writeState(true);
      const extensions =
        progress === null || said.completed ? undefined : { [PROGRESS]: Math.round(progress * 100) };
      const terminated = statement("terminated", { duration: duration(), extensions });
      await Promise.all([kept, lrs.close(failed ? [failed, terminated] : [terminated], !byLearner)]);
      if (byLearner) launch.leave?.();
    },
  };
}

/** xAPI Data 2.4.5.1; cmi5 9.5.1 wants whole points. */
function scoreOf(score) {
  if (!score) return undefined;
  const points = Number.isInteger(score.raw) && score.max > 0 ? { raw: score.raw, min: 0, max: score.max } : {};
  return { scaled: Number(decimal(score.scaled, 4)), ...points };
}

/** xAPI Data 2.4.6.2: the parent, so that whoever asks for the module finds the answers to its questions. */
function within(parent, context) {
  const activities = context.contextActivities;
  const parents = [].concat(activities?.parent ?? [], { objectType: "Activity", id: parent });
  return { ...context, contextActivities: { ...activities, parent: parents } };
}

const interactionAnswer = ({ type }, ids) => (type === "true-false" ? String(ids[0]) : ids.join("[,]"));

/** xAPI Data 2.4.4.1, interaction activities. */
function interaction(question, inLanguage) {
  const { type, prompt, options = [], correct } = question;
  return {
    type: "http://adlnet.gov/expapi/activities/cmi.interaction",
    description: inLanguage(plain(prompt, 1000)),
    interactionType: type,
    correctResponsesPattern: [interactionAnswer(question, correct)],
    choices:
      type === "choice" || type === "sequencing"
        ? options.map(({ id, text }) => ({ id, description: inLanguage(plain(text, 1000)) }))
        : undefined,
  };
}

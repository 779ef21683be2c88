// cmi5: an assignable unit. Section numbers are those of the cmi5 specification, 1st edition ("Quartz").

import { offer } from "./connection.js";
import { store } from "./lrs.js";
import { statements } from "./statements.js";

const CONTEXT = "https://w3id.org/xapi/cmi5/context/";
const DEFINED = new Set(["initialized", "completed", "passed", "failed", "terminated"]);

async function reach(module, problem, well) {
  const given = new URLSearchParams(window.location.search);
  const [endpoint, tokens, actorText, registration, activityId] = [
    "endpoint", "fetch", "actor", "registration", "activityId",
  ].map((name) => given.get(name)); // 8.1
  if (!endpoint || !tokens || !actorText) return null;
  const actor = JSON.parse(actorText);
  const token = await tokenFrom(tokens);
  if (!token) {
    problem("ended", "the launch address was used before");
    return null;
  }
  const about = { activityId, agent: actor, registration };
  const lrs = store({ endpoint, authorization: `Basic ${token}`, about, problem, well });
  const [data, preferences] = await Promise.all([
    lrs.read("LMS.LaunchData"), // 10.0
    lrs.profile("cmi5LearnerPreferences").catch(() => null), // 11.0
  ]);
  const language = preferences?.languagePreference?.split(",")[0].trim() ?? "";
  const launch = {
    actor,
    activityId,
    learner: { id: actor.account?.name ?? "", name: actor.name ?? "", language },
    mode: { Browse: "browse", Review: "review" }[data?.launchMode] ?? "normal",
    masteryScore: data?.masteryScore ?? null,
    strict: true,
    context: (verb, result) => contextOf(data, registration, module, verb, result),
    leave: () => data?.returnURL && window.location.assign(data.returnURL), // 10.2.6
  };
  return statements(lrs, launch, module, problem);
}

/** 8.2: asked once, by POST; a second asking is answered with an error. */
async function tokenFrom(url) {
  const answer = await fetch(url, { method: "POST" });
  return (await answer.json())["auth-token"];
}

/** 9.6, 10.2.1: the LMS's template, and on cmi5's own statements its categories. */
function contextOf(data, registration, module, verb, result) {
  const template = data?.contextTemplate ?? {};
  const context = { ...template, registration, language: module.language };
  if (!DEFINED.has(verb)) return context;
  const judged = result?.success !== undefined || result?.completion !== undefined;
  const category = [
    ...(template.contextActivities?.category ?? []),
    ...(judged ? ["cmi5", "moveon"] : ["cmi5"]).map((id) => ({
      objectType: "Activity",
      id: `${CONTEXT}categories/${id}`,
    })),
  ];
  context.contextActivities = { ...template.contextActivities, category };
  if (result?.success !== undefined && data?.masteryScore != null) {
    context.extensions = { ...template.extensions, [`${CONTEXT}extensions/masteryscore`]: data.masteryScore };
  }
  return context;
}

offer("cmi5", reach);

// xAPI by the launch that SCORM Cloud and Moodle's xAPI activity use: everything is in the address.

import { offer } from "./connection.js";
import { store } from "./lrs.js";
import { statements } from "./statements.js";

async function reach(module, problem, well) {
  const given = new URLSearchParams(window.location.search);
  const endpoint = given.get("endpoint");
  const actor = agent(given.get("actor"));
  if (!endpoint || !actor) return null;
  const activityId = given.get("activity_id") || module.activityId;
  const registration = given.get("registration") || undefined;
  const about = { activityId, agent: actor, registration };
  const lrs = store({ endpoint, authorization: given.get("auth") ?? "", about, problem, well });
  const grouping = given.get("grouping");
  const context = {
    registration,
    language: module.language,
    platform: given.get("activity_platform") || undefined,
    contextActivities: grouping ? { grouping: [{ objectType: "Activity", id: grouping }] } : undefined,
  };
  const learner = { id: identity(actor), name: actor.name ?? "", language: "" };
  const launch = { actor, activityId, learner, mode: "normal", masteryScore: null, context: () => context };
  return statements(lrs, launch, module, problem);
}

/** The actor as an Agent; older launches give lists: {"name": ["Emma"], "account": [{"accountName": …}]}. */
function agent(text) {
  try {
    const given = Object.entries(JSON.parse(text)).map(([key, value]) => [key, [].concat(value)[0]]);
    const { account, ...actor } = Object.fromEntries(given);
    if (!account) return { ...actor, objectType: "Agent" };
    const { homePage = account.accountServiceHomePage, name = account.accountName } = account;
    return { ...actor, objectType: "Agent", account: { homePage, name } };
  } catch {
    return null;
  }
}

const identity = (actor) => actor.account?.name ?? actor.mbox ?? actor.mbox_sha1sum ?? actor.openid ?? "";

offer("xapi", reach);

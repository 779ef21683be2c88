/** Two people wrote in the same place: both texts are shown, and the person decides. Nothing is thrown away unasked. */
import { getJson } from "./api.js";
import { ask } from "./dialogs.js";
import { h } from "./dom.js";
import { labelOf } from "./fields.js";
import { say } from "./words.js";

/** What to do about an edit that the server did not take because of somebody else. */
export async function settle(desk, entry, problem) {
  const { edit } = entry;
  const { reason, by, change } = problem.body;
  const who = by || say("somebody");
  await refresh(desk, problem.body.target);
  if (reason === "deleted") await deleted(desk, entry, who, change);
  else if (edit.op === "set") await changed(desk, entry, who);
  else if (edit.op === "delete") await changedWhileDeleting(desk, edit, who);
  else desk.undo.tell(say("undo_too_late", { name: who }));
}

/** The state as the others have left it. */
async function refresh(desk, target) {
  const query = new URLSearchParams({ since: Math.max(0, desk.draft.revision - 1), client: desk.saving.client, block: target });
  desk.draft.take(await getJson(`${desk.start.urls.changes}?${query}`).catch(() => ({ revision: 0 })));
}

async function changed(desk, { edit: { target, fields }, was = {} }, who) {
  const thing = desk.draft.thing(target);
  const clashing = Object.keys(fields).filter((path) => {
    const theirs = desk.draft.value(target, path);
    return !same(theirs, fields[path]) && !(path in was && same(theirs, was[path]));
  });
  if (!clashing.length) return write(desk, target, fields);
  const rows = clashing.map((path) => comparison(labelOf(thing.type ?? "", path), fields[path], desk.draft.value(target, path), who));
  const mergeable = clashing.every((path) => typeof fields[path] === "string");
  const choice = await ask({
    title: say("conflict_title", { name: who }), size: "is-wide",
    body: [h("p", { class: "ds-paragraph" }, say("conflict_help")), rows],
    buttons: [...(mergeable ? [["both", say("keep_both")]] : []), ["mine", say("keep_mine")], ["theirs", say("keep_theirs", { name: who })]],
  });
  const rest = Object.fromEntries(Object.entries(fields).filter(([path]) => !clashing.includes(path)));
  const kept = { ...rest };
  for (const path of clashing) {
    const theirs = desk.draft.value(target, path);
    if (choice === "mine") kept[path] = fields[path];
    else if (choice !== "theirs" && typeof theirs === "string") kept[path] = both(theirs, fields[path]); // also when the dialog was only closed
    else if (choice !== "theirs") kept[path] = fields[path];
  }
  if (Object.keys(kept).length) write(desk, target, kept);
  show(desk, target);
}

async function changedWhileDeleting(desk, edit, who) {
  const choice = await ask({
    title: say("conflict_title", { name: who }),
    body: h("p", { class: "ds-paragraph" }, say("conflict_deleting")),
    buttons: [["keep", say("keep_it")], ["delete", say("delete_anyway"), "danger"]],
  });
  if (choice !== "delete") return show(desk, edit.target);
  const answer = await desk.saving.make({ op: "delete", target: edit.target });
  if (answer?.change) desk.undo.offer(say("deleted"), answer.change);
}

async function deleted(desk, { edit }, who, change) {
  const texts = edit.op === "set" ? Object.entries(edit.fields).filter(([, value]) => typeof value === "string") : [];
  if (edit.op !== "set" && edit.op !== "insert") return desk.undo.tell(say("gone", { name: who }));
  const choice = await ask({
    title: say("deleted_title", { name: who }), size: "is-wide",
    body: [h("p", { class: "ds-paragraph" }, say("deleted_help")), texts.map(([, value]) => h("blockquote", { class: "version" }, textOf(value)))],
    buttons: [["back", say("take_back")], ["", say("let_go")]],
  });
  if (choice !== "back" || !change) return;
  const answer = await desk.saving.make({ change }, desk.start.urls.undo);
  if (!answer) return;
  if (edit.op === "set") write(desk, edit.target, edit.fields);
  else await desk.saving.make(edit);
  show(desk, edit.target);
}

/** Writes what was decided, also where it stands on the page: nobody typed it there. */
function write(desk, target, fields) {
  desk.saving.set(target, fields, { now: true });
  desk.canvas.frames.get(target)?.showWritten(Object.keys(fields));
}

function comparison(label, mine, theirs, who) {
  const column = (title, value) => h("div", { class: "version" }, h("h4", {}, title), h("div", { class: "version-text" }, textOf(value)));
  return h("section", { class: "versions" }, h("h3", { class: "ds-label" }, label), column(say("yours"), mine), column(say("theirs", { name: who }), theirs));
}

/** A value as words to be compared; paragraphs stay apart. */
function textOf(value) {
  if (typeof value !== "string") return typeof value === "boolean" ? say(value ? "yes" : "no") : JSON.stringify(value);
  const parsed = new DOMParser().parseFromString(value.replace(/<\/(p|li|h3|h4)>/g, "$&\n"), "text/html");
  return parsed.body.textContent.trim() || say("empty");
}

function both(theirs, mine) {
  if (!theirs) return mine;
  if (!mine || theirs === mine) return theirs;
  return /^</.test(theirs) || /^</.test(mine) ? theirs + mine : `${theirs} / ${mine}`;
}

function show(desk, target) {
  if (desk.draft.pageOf(target)) desk.canvas.goTo(target);
}

function same(a, b) { return JSON.stringify(a) === JSON.stringify(b); }

/** The original and its translation side by side: each text is a field, saved like what is written in the editor. */
import "../editor/editor.css";
import "./translating.css";
import { settle as settleConflict } from "../editor/conflicts.js";
import { Draft } from "../editor/draft.js";
import { Saving } from "../editor/saving.js";
import { showState } from "../editor/status.js";
import { Sync } from "../editor/sync.js";
import { Undo } from "../editor/undo.js";
import { say, useWords } from "../editor/words.js";
import { Line } from "./line.js";
import { Progress } from "./progress.js";
import { Settling } from "./settling.js";

const start = JSON.parse(document.getElementById("translating-start").textContent);
const byId = (id) => document.getElementById(id);
useWords(start.words);

const desk = { start, draft: new Draft(start.draft), lines: new Map() };
desk.saving = new Saving(desk.draft, start.urls, start.id, {
  onconflict: (entry, problem) => settleConflict(desk, entry, problem),
  onrefused: async (_entry, problem) => { desk.undo.tell(problem.message || say("refused")); },
  onwaiting: () => desk.undo.tell(say("state_waiting")),
});
desk.undo = new Undo(desk);
desk.linesOf = (target) => [...desk.lines.values()].filter((line) => line.target === target);
// What the editor's way of settling a conflict needs of a page.
desk.canvas = {
  frames: { get: (target) => ({ showWritten: () => desk.linesOf(target).forEach((line) => line.show()) }) },
  goTo: (target) => desk.linesOf(target)[0]?.focus(),
  goToPage: (page) => desk.linesOf(page)[0]?.focus(),
};
desk.settling = new Settling(desk);
for (const told of start.lines) {
  const element = document.querySelector(`[data-line="${CSS.escape(told.key)}"]`);
  desk.lines.set(told.key, new Line(desk, element, told));
}
desk.progress = new Progress(desk);
desk.sync = new Sync(desk, byId("editor-people"));
desk.saving.addEventListener("state", ({ detail }) => showState(desk, byId("editor-state"), detail));
desk.lines.forEach((line) => line.takeTyped());

const refresh = (target) => desk.linesOf(target).forEach((line) => line.refresh());
desk.draft.addEventListener("block", ({ detail }) => refresh(detail.id));
desk.draft.addEventListener("order", () => desk.draft.pages.forEach((page) => refresh(page.id)));
desk.draft.addEventListener("settings", () => { refresh("@module"); byId("module-title").textContent = desk.draft.module.title; });

// Going on takes along what was just typed.
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[href]:not([target])");
  if (!link || !desk.saving.waiting || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  await desk.saving.flush();
  if (desk.saving.failures) desk.undo.tell(say(`state_${desk.saving.state}_long`));
  else location.assign(link.href);
});
document.addEventListener("submit", async (event) => {
  if (!desk.saving.waiting) return;
  event.preventDefault();
  await desk.saving.flush();
  if (desk.saving.failures) desk.undo.tell(say(`state_${desk.saving.state}_long`));
  else event.target.submit();
});

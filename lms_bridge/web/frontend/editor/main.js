/** The editor: brings its parts together. */
import "./editor.css";
import { Canvas } from "./canvas.js";
import { Checks } from "./checks.js";
import { settle } from "./conflicts.js";
import { announce, newId } from "./dom.js";
import { Draft } from "./draft.js";
import { plainText } from "./fields.js";
import { Pages } from "./pages.js";
import { Saving } from "./saving.js";
import { Settings } from "./settings.js";
import { Sidebar } from "./sidebar.js";
import { showState } from "./status.js";
import { Sync } from "./sync.js";
import { Undo } from "./undo.js";
import { say, useWords } from "./words.js";

const start = JSON.parse(document.getElementById("editor-start").textContent);
const byId = (id) => document.getElementById(id);
useWords(start.words);

const desk = { start, draft: new Draft(start.draft) };
desk.saving = new Saving(desk.draft, start.urls, start.id, {
  onconflict: (entry, problem) => settle(desk, entry, problem),
  onrefused: async (_entry, problem) => { desk.undo.tell(problem.message || say("refused")); },
  onwaiting: () => desk.undo.tell(say("state_waiting")),
});
desk.undo = new Undo(desk);

const pageList = document.querySelector("[data-pages]");
const narrow = matchMedia("(max-width: 56rem)");
pageList.open = !narrow.matches;
narrow.addEventListener("change", () => { pageList.open = !narrow.matches; });

desk.open = (page) => {
  desk.draft.show(page);
  if (narrow.matches) pageList.open = false;
};

/** The same once more, right after the original. */
desk.duplicate = async (id) => {
  const copy = { ...structuredClone(desk.draft.blocks[id].block), id: newId("b") };
  const answer = await desk.saving.make({ op: "insert", parent: desk.draft.pageOf(id).id, after: id, value: copy });
  if (!answer) return;
  desk.undo.remember(say("added_block"), answer.change);
  desk.canvas.frames.get(copy.id)?.focus();
  announce(say("copied_block"));
};

/** Away with a block, and a way to get it back. */
desk.remove = async (id, name) => {
  const page = desk.draft.pageOf(id);
  const at = page.blocks.indexOf(id);
  const answer = await desk.saving.make({ op: "delete", target: id });
  if (!answer?.change) return;
  desk.undo.offer(say("block_deleted", { name }), answer.change);
  const { blocks } = desk.draft.page(page.id);
  const next = blocks[Math.min(at, blocks.length - 1)];
  if (next) desk.canvas.frames.get(next)?.element.querySelector(".tool-delete").focus();
  else desk.canvas.goToPage(page.id);
};

desk.canvas = new Canvas(desk, byId("editor-canvas"));
desk.pages = new Pages(desk, byId("editor-pages"));
desk.panels = new Sidebar(desk);
desk.settings = new Settings(desk, byId("editor-settings"));
desk.checks = new Checks(desk, byId("editor-checks"), byId("editor-check-count"));
desk.sync = new Sync(desk, byId("editor-people"));
desk.saving.addEventListener("state", ({ detail }) => showState(desk, byId("editor-state"), detail));

const title = plainText(byId("editor-title"), {
  text: desk.draft.module.title, label: say("title"), placeholder: say("title_hint"),
  onchange: (words) => { desk.saving.set("@module", { title: words }); desk.settings.show(); },
});
desk.draft.addEventListener("settings", () => {
  if (!desk.saving.pending("@module").has("title")) title.set(desk.draft.module.title);
});

// A file let go beside its place would take the browser away from the page.
for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => {
  const fits = event.target.closest?.(".upload");
  if (fits || !event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  if (kind === "drop") desk.undo.tell(say("pasted_picture"));
});

// Going on to the preview or to publishing takes along what was just typed.
document.querySelector(".editor-head").addEventListener("click", async (event) => {
  const link = event.target.closest("a");
  if (!link || !desk.saving.waiting || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  await desk.saving.flush();
  if (desk.saving.failures) desk.undo.tell(say(`state_${desk.saving.state}_long`)); // there is no page to go to now
  else location.assign(link.href);
});

// Who comes back from the preview, or loads the page anew, goes on where they were.
const here = `lms-bridge-page-${start.id}`;
const place = location.hash.slice(1);
desk.draft.show(sessionStorage.getItem(here));
const preview = document.querySelector(".editor-head [data-preview]");
const remember = () => {
  sessionStorage.setItem(here, desk.draft.shown);
  if (preview) preview.search = new URLSearchParams({ page: desk.draft.shown });
};
for (const event of ["show", "order"]) desk.draft.addEventListener(event, remember);
remember();
if (desk.draft.blocks[place]) desk.canvas.goTo(place);
else if (desk.draft.page(place)) desk.canvas.goToPage(place);
else if (place === "settings") desk.panels.open("settings");

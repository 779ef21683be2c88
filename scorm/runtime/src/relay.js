// The page in the LMS of a package that stays up to date. The module is shown in a frame, from the service, and speaks
// with the LMS through this page's connection (live.js). It is not told who takes it.

const PATIENCE = 20000; // ms until the learner is told that nothing comes

const main = document.querySelector("main");
const { address } = main.dataset;
const { origin } = new URL(address);
const frame = document.createElement("iframe");
Object.assign(frame, { title: document.title, allow: "autoplay; fullscreen", src: address });

const missing = document.querySelector("[role=alert]");
const late = setTimeout(() => (missing.hidden = false), PATIENCE);
const tell = (lms, ...told) => frame.contentWindow.postMessage({ lms, told }, origin);
let connecting;

async function connect(module) {
  clearTimeout(late);
  missing.hidden = true;
  tell("here");
  const it = await (connecting ??= window.lms.connect(module));
  it.onproblem = (code, detail) => tell("problem", code, detail);
  it.onsolved = (code) => tell("solved", code);
  const { standard, connected, mode, masteryScore, location, state, status, revision, updated } = it;
  const learner = { id: "", name: "", language: it.learner.language };
  const kept = { connected, learner, mode, masteryScore, location, state, status, revision, updated };
  tell("connected", { standard, ...kept });
}

const heard = {
  save: (it, revision, location, state) => Object.assign(it, { revision }).save(location, state),
  progress: (it, fraction) => it.progress(fraction),
  answered: (it, question) => it.answered(question),
  finish: (it, result) => it.finish(result),
  exit: (it) => it.exit(),
};

addEventListener("message", async ({ source, origin: from, data }) => {
  if (source !== frame.contentWindow || from !== origin) return;
  if (data?.lms === "connect") connect(...data.told);
  else if (connecting && Object.hasOwn(heard, data?.lms)) heard[data.lms](await connecting, ...data.told);
});
main.append(frame);

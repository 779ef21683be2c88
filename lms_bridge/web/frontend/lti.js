/** What pages inside an LMS do by script: each names its one task in data-lti. */
import { labelTables } from "./tables.js";

const PATIENCE = 3000;
const page = document.querySelector("[data-lti]");
const tasks = { put, get, submit, close };
if (page) tasks[page.dataset.lti]?.(page.dataset);
labelTables();

/** Lays the browser's secret into the LMS's platform storage, then goes on to the LMS's login. */
async function put({ key, value, next }) {
  try {
    await ask("lti.put_data", { key, value });
    window.location.replace(next);
  } catch {
    document.querySelector("[data-fallback]").hidden = false;
  }
}

/** Fetches it from there, and brings the launch with it. */
async function get({ key }) {
  const form = document.querySelector("form");
  try {
    form.elements.binding.value = (await ask("lti.get_data", { key })).value ?? "";
    form.submit();
  } catch {
    document.querySelector("[data-fallback]").hidden = false;
  }
}

function submit() {
  document.querySelector("form").submit();
}

/** Tells the LMS that the registration is over (Dynamic Registration 1.0, section 3.8.2). */
function close() {
  const done = () => (window.opener ?? window.parent).postMessage({ subject: "org.imsglobal.lti.close" }, "*");
  document.querySelector("[data-close]").addEventListener("click", done);
  done();
}

/** One question to the frame that keeps the storage, and its answer (Platform Storage 0.1). */
function ask(subject, data) {
  const { target, origin } = page.dataset;
  const host = window.opener ?? window.parent;
  const frame = target === "_parent" ? host : (host.frames[target] ?? host);
  const id = crypto.getRandomValues(new Uint32Array(4)).join("-");
  return new Promise((resolve, reject) => {
    const patience = setTimeout(reject, PATIENCE);
    window.addEventListener("message", ({ data: answer, origin: sender }) => {
      if (sender !== origin || answer?.message_id !== id || answer?.subject !== `${subject}.response`) return;
      clearTimeout(patience);
      if (answer.error) reject(answer.error);
      else resolve(answer);
    });
    frame.postMessage({ subject, message_id: id, ...data }, origin);
  });
}

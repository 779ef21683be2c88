// The pages of an earlier revision, which a package carries for those who are in the middle of them.

import { make, readTexts } from "./texts.js";

/** Puts that revision's pages in the place of the newest ones; false where the package lacks them after all. */
export async function turnTo(revision) {
  const html = await read(`revision-${revision}.js`);
  if (!html) return false;
  const page = new DOMParser().parseFromString(html, "text/html");
  document.documentElement.lang = page.documentElement.lang;
  document.title = page.title;
  document.body = page.body;
  readTexts();
  return true;
}

/** A script that sets window.revision: beside a page that was opened as a file nothing else can be read. */
function read(src) {
  return new Promise((resolve) => {
    const script = make("script", { src });
    script.onload = () => resolve(window.revision);
    script.onerror = () => resolve("");
    document.head.append(script);
  });
}

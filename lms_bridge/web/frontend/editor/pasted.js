/** What is pasted from Word, Google Docs or a web page, as the tags that content keeps: what was a heading, a list or
 *  bold there is so here. What cannot come along is left out. */

const HEADINGS = "h1, h2, h3, h4, h5, h6, p.MsoTitle";
const SIGN = "[data-style*='mso-list:Ignore' i], [data-style*='mso-list: Ignore' i]";

/** HTML from the clipboard, for a text that takes `headings` or not. */
export function fromElsewhere(html, { headings }) {
  if (html.includes("data-pm-slice")) return html; // copied in the editor itself
  const { body } = new DOMParser().parseFromString(inert(html), "text/html");
  rows(body);
  lists(body);
  emphasis(body);
  if (headings) levels(body);
  else for (const heading of body.querySelectorAll(HEADINGS)) heading.replaceWith(wrapped("p", wrapped("strong", ...heading.childNodes)));
  for (const one of body.querySelectorAll("p, li, h3, h4")) if (!one.textContent.trim()) one.remove();
  return body.innerHTML;
}

/** Whether the clipboard has pictures, which are blocks of their own here. Word adds a picture of the text itself. */
export function hasPictures(clipboard) {
  const html = clipboard.getData("text/html");
  return html ? /<img\s/i.test(html) : [...clipboard.files].some(({ type }) => type.startsWith("image/"));
}

/** Styles are read but never applied: the page's policy does not allow them, and content keeps none. */
function inert(html) {
  return html.replace(/<style[\s\S]*?<\/style>/gi, "").replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(/\sstyle\s*=/gi, " data-style="));
}

const styleOf = (element, name) => new RegExp(`(?:^|;)\\s*${name}\\s*:\\s*([^;]+)`, "i").exec(element.dataset.style ?? "")?.[1].trim() ?? "";

/** Tables are not kept: a row becomes a line; a table of one column was only there for looks. */
function rows(body) {
  for (const table of [...body.querySelectorAll("table")].reverse()) {
    table.replaceWith(...[...table.rows].flatMap(({ cells }) => {
      if (cells.length === 1) return [...cells[0].childNodes];
      const line = document.createElement("p");
      line.textContent = [...cells].map(({ textContent }) => textContent.trim().replace(/\s+/g, " ")).filter(Boolean).join(" – ");
      return [line];
    }));
  }
}

/** Word writes its lists as paragraphs with a sign in front. */
function lists(body) {
  let open = []; // from the outermost list to the one that is being filled
  for (const line of body.querySelectorAll("p[data-style*='mso-list' i]")) {
    const sign = line.querySelector(SIGN);
    if (!sign) continue;
    const level = Number(/level(\d)/.exec(line.dataset.style)?.[1] ?? 1);
    const kind = /^\s*\(?\w{1,4}[.)]/.test(sign.textContent) ? "ol" : "ul";
    if (line.previousElementSibling !== open[0]?.list) open = [];
    open = open.filter((one) => one.level < level || (one.level === level && one.list.localName === kind));
    if (open.at(-1)?.level !== level) {
      const list = document.createElement(kind);
      if (open.length) open.at(-1).list.lastElementChild.append(list);
      else line.before(list);
      open.push({ list, level });
    }
    sign.remove();
    open.at(-1).list.append(wrapped("li", line));
  }
}

/** Google Docs says by styles what is bold, and wraps everything in a <b> that is not. */
function emphasis(body) {
  for (const element of [...body.querySelectorAll("b, strong, i, em, span")].reverse()) {
    const weight = styleOf(element, "font-weight");
    const slope = styleOf(element, "font-style");
    const isBold = weight ? weight === "bold" || weight >= 600 : element.matches("b, strong");
    const isItalic = slope ? slope === "italic" : element.matches("i, em");
    const inHeading = element.closest(HEADINGS);
    let inside = [...element.childNodes];
    if (isItalic) inside = [wrapped("em", ...inside)];
    if (isBold && !inHeading) inside = [wrapped("strong", ...inside)];
    element.replaceWith(...inside);
  }
}

/** The highest level that was used becomes a heading, and all below it a small one: above them stands the page's title. */
function levels(body) {
  const all = [...body.querySelectorAll(HEADINGS)];
  const level = (heading) => Number(heading.localName[1] ?? 0);
  const highest = Math.min(...all.map(level));
  for (const heading of all) rename(heading, level(heading) === highest ? "h3" : "h4");
}

function rename(element, name) {
  const renamed = wrapped(name, ...element.childNodes);
  element.replaceWith(renamed);
  return renamed;
}

function wrapped(name, ...nodes) {
  const element = document.createElement(name);
  element.append(...nodes);
  return element;
}

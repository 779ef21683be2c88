// The player's words, from the page; the catalogues are content/player/texts.

let words;

/** Takes the words that the page has now. */
export function readTexts() {
  words = JSON.parse(document.getElementById("player-texts").textContent);
}

/** The text of a key, its {gaps} filled. */
export const say = (key, gaps = {}) => words[key].replace(/\{(\w+)\}/g, (_, name) => gaps[name]);

/** Read aloud by a screen reader, without moving the focus. */
export function announce(text) {
  const region = document.querySelector("[data-live]");
  region.textContent = "";
  setTimeout(() => (region.textContent = text), 50); // a change is what is read
}

/** An element: tag, attributes, children. Text is text, never markup. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") element.addEventListener("click", value);
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

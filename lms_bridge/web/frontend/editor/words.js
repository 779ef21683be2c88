/** The interface's words, from the server in the person's language. */
let words = {};

export function useWords(all) { words = all; }

/** A text by key, with %(name)s filled from `values`. */
export function say(key, values = {}) {
  if (!(key in words)) throw new Error(`no words for ${key}`);
  return words[key].replace(/%\((\w+)\)s/g, (_whole, name) => values[name] ?? "");
}

/** Only the words that there are: for names of fields that a new block type may bring. */
export function sayIfKnown(key, otherwise) { return key in words ? say(key) : otherwise; }

/** The draft as this editor knows it: what the server said last, and what was typed since. */

export class Draft extends EventTarget {
  constructor(parts) {
    super();
    this.revision = 0;
    this.pages = [];
    this.blocks = {};
    this.assets = {};
    this.module = {};
    this.shown = "";
    this.overlay = () => {};
    this.take(parts);
    this.shown = this.pages[0]?.id ?? "";
  }

  /** Takes in an answer of the server; an older one than the last is nothing new. Tells whoever listens. */
  take(parts) {
    if (parts.revision < this.revision) return;
    this.revision = parts.revision;
    if (!parts.pages) return;
    const before = JSON.stringify(this.pages);
    const at = this.pages.findIndex((page) => page.id === this.shown);
    this.pages = parts.pages;
    Object.assign(this.assets, parts.assets);
    const changed = Object.keys(parts.blocks);
    Object.assign(this.blocks, parts.blocks);
    if (parts.module) this.module = parts.module;
    this.overlay();
    if (!this.page()) this.shown = this.pages[Math.min(Math.max(at, 0), this.pages.length - 1)]?.id ?? ""; // its neighbour
    if (JSON.stringify(this.pages) !== before) this.tell("order");
    const others = new Set(parts.others ?? changed);
    for (const id of changed) this.tell("block", { id, own: !others.has(id) });
    for (const id of Object.keys(parts.assets)) this.tell("asset", id);
    if (parts.module) this.tell("settings");
  }

  tell(name, detail) { this.dispatchEvent(new CustomEvent(name, { detail })); }

  page(id = this.shown) { return this.pages.find((page) => page.id === id); }

  pageOf(blockId) { return this.pages.find((page) => page.blocks.includes(blockId)); }

  show(pageId) {
    if (!this.page(pageId)) return;
    this.shown = pageId;
    this.tell("show");
  }

  /** The value of a field of a block, page, asset or "@module"; undefined when it is gone. */
  value(target, path) { return valueOf(this.thing(target), path); }

  /** Writes a field here, before the server has it. */
  write(target, fields) {
    for (const [path, value] of Object.entries(fields)) writeTo(this.thing(target), path, value);
  }

  /** Whether it is there still: what is deleted is kept, too, in `blocks`. */
  has(target) {
    return target === "@module" || target in this.assets || this.pages.some((page) => page.id === target || page.blocks.includes(target));
  }

  thing(target) {
    if (target === "@module") return this.module;
    return this.blocks[target]?.block ?? this.assets[target] ?? this.page(target);
  }
}

/** `options.<id>.text` of a block, or a plain field. */
export function valueOf(thing, path) {
  const [name, id, inner] = path.split(".");
  if (!id) return thing?.[name];
  return thing?.[name]?.find?.((item) => item.id === id)?.[inner];
}

function writeTo(thing, path, value) {
  const [name, id, inner] = path.split(".");
  if (!thing) return;
  if (!id) thing[name] = value;
  else {
    const item = thing[name]?.find((one) => one.id === id);
    if (item) item[inner] = value;
  }
}

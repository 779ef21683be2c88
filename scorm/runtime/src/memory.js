// What is kept between visits: { revision, location, state, status, … }.

/** A memory as it was kept, or an empty one where nothing of ours was. */
export function restore(kept) {
  const found = kept !== null && typeof kept === "object" ? kept : {};
  const status = { completed: false, passed: null, score: null, ...found.status };
  return { state: null, ...found, status };
}

/**
 * The revision of the module that a visit shows. An attempt that is not over goes on in the one it began with, where
 * the package still has it (`module.earlier`). `updated`: it was begun on one that the package no longer has.
 */
export function revisionOf(module, memory, { completed, passed }) {
  const begun = memory.revision ?? module.revision;
  const over = completed || passed !== null;
  if (over || begun === module.revision) return { revision: module.revision, updated: false };
  const there = Boolean(module.earlier?.includes(begun));
  return { revision: there ? begun : module.revision, updated: !there };
}

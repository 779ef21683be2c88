// What is kept between visits: { location, state, status, … }.

/** A memory as it was kept, or an empty one where nothing of ours was. */
export function restore(kept) {
  const found = kept !== null && typeof kept === "object" ? kept : {};
  const status = { completed: false, passed: null, score: null, ...found.status };
  return { state: null, ...found, status };
}

// Where the LMS put its API: in a parent of this window, or in its opener or a parent of that.

const HOPS = 500;

/** The first window's `name` that has `method`: up the parents, then up from each opener. */
export function find(name, method, start = window) {
  const seen = new Set();
  const ways = [start];
  while (ways.length) {
    for (let here = ways.shift(); here && !seen.has(here) && seen.size < HOPS; here = read(here, "parent")) {
      seen.add(here);
      const api = read(here, name);
      if (read(api, method)) return api;
      ways.push(read(here, "opener"));
    }
  }
  return null;
}

/** The same, for an LMS that lays out its API after the content has begun to load. */
export async function waitFor(name, method) {
  for (let tries = 0; ; tries++) {
    const api = find(name, method);
    const alone = window.parent === window && !window.opener;
    if (api || alone || tries === 20) return api;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A window of another origin throws when it is read; its parent may still be ours. */
function read(object, property) {
  try {
    return object?.[property];
  } catch {
    return undefined;
  }
}

// The way to a Learning Record Store: statements that arrive once, and a document for what is kept.

// Asking again changes nothing: malformed, against the LMS's rules (403: cmi5), too large, or (409) the LRS has
// another statement of that id.
const hopeless = (status) => [400, 403, 409, 413].includes(status);
const LATER = [1, 2, 5, 10, 30, 60]; // seconds between tries; the last is repeated
const PATIENCE = 20000; // ms that an answer may take
const KEEPALIVE = 60000; // bytes that a browser still sends for a page that is gone (64 KiB less headers)

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function giveUpAfter(ms) {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), ms);
  return controller;
}

/** `about` is what every document belongs to: { activityId, agent, registration }. */
export function store({ endpoint, authorization, about, problem, well }) {
  const queue = [];
  let sending = false;
  let tries = 0;
  let onItsWay = null;

  async function request(resource, { parameters = {}, keepalive = true, ...options } = {}) {
    const url = new URL(resource, endpoint.replace(/\/*$/, "/"));
    for (const [name, value] of Object.entries(parameters)) {
      if (value) url.searchParams.set(name, typeof value === "string" ? value : JSON.stringify(value));
    }
    const headers = { Authorization: authorization, "X-Experience-API-Version": "1.0.3" };
    if (options.body) headers["Content-Type"] = "application/json";
    const send = (keepalive) =>
      fetch(url, { signal: AbortSignal.timeout(PATIENCE), ...options, headers, keepalive, cache: "no-store" });
    // A browser refuses keepalive when too much is already on its way.
    const outlives = keepalive && (options.body?.length ?? 0) < KEEPALIVE;
    return outlives ? send(true).catch(() => send(false)) : send(false);
  }

  /** What the LRS answers to a document's GET: the parsed JSON, or null where it has none. */
  async function document(resource, parameters, tries = 3) {
    const answer = await request(resource, { parameters }).catch((error) => ({ status: error }));
    if (answer.status === 404 || answer.status === 204) return null;
    if (!answer.ok && tries > 1 && !(answer.status < 500)) {
      await pause(1000);
      return document(resource, parameters, tries - 1);
    }
    if (!answer.ok) throw new Error(`${resource}: ${answer.status}`);
    return answer.json().catch(() => null);
  }

  const post = (batch) => request("statements", { method: "POST", body: JSON.stringify(batch) });
  const attempt = (batch) => post(batch).then((answer) => answer.status, () => 0);

  /** Sends what waits, in order. A statement keeps its id, so one that arrives twice is stored once. */
  async function pump() {
    if (sending || !queue.length) return;
    sending = true;
    const batch = queue.slice();
    let status = await attempt(batch);
    if (status === 200 || status === 204) queue.splice(0, batch.length);
    else if (hopeless(status)) status = await oneByOne(batch);
    sending = false;
    if (status !== 200 && status !== 204) return again(status);
    tries = 0;
    well("unreachable");
    return pump();
  }

  /** One bad statement fails its whole batch: it is left out and told, so that it does not hold up the others. */
  async function oneByOne(batch) {
    for (const statement of batch) {
      const status = await attempt([statement]);
      if (status !== 200 && status !== 204 && !hopeless(status)) return status;
      if (hopeless(status) && status !== 409) problem("refused", `${statement.verb.display.en}: ${status}`);
      queue.shift();
    }
    return 200;
  }

  function again(status) {
    problem(status === 401 ? "refused" : "unreachable", `statements: ${status}`);
    setTimeout(pump, LATER[Math.min(tries++, LATER.length - 1)] * 1000);
  }

  /** Everything that is not known to have arrived, in one request that outlives the page. */
  const hurry = () => queue.length && attempt(queue);

  addEventListener("online", () => pump());

  return {
    send(statement) {
      queue.push(statement);
      pump();
    },
    /** The last statements. Where the page is going, it is the last chance: see hurry. */
    async close(statements, pageIsGoing) {
      queue.push(...statements);
      if (pageIsGoing) return hurry();
      addEventListener("pagehide", hurry);
      pump();
      for (let left = PATIENCE; queue.length && left > 0; left -= 50) await pause(50);
    },
    read: (stateId) => document("activities/state", { ...about, stateId }),
    profile: (profileId) => document("agents/profile", { agent: about.agent, profileId }),
    /**
     * An older content still on its way is called back, or it could arrive later and stand. What outlives the page
     * cannot be called back, so only the last is sent that way.
     */
    write(stateId, content, last) {
      onItsWay?.abort();
      const { signal } = (onItsWay = giveUpAfter(PATIENCE));
      return request("activities/state", {
        method: "PUT",
        parameters: { ...about, stateId },
        body: JSON.stringify(content),
        keepalive: last || globalThis.document.visibilityState === "hidden",
        signal,
      }).then((answer) => answer.ok, () => false);
    },
  };
}

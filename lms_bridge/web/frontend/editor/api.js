/** The service's answers: JSON, or a Problem (RFC 9457) that says what to do. */

export class Problem extends Error {
  /** `status` 0: no answer at all. */
  constructor(status, body = {}) {
    super(body.detail ?? "");
    this.status = status;
    this.body = body;
  }

  /** Worth trying again by itself: no answer, too many requests, or the service is in trouble. */
  get passing() { return this.status === 0 || this.status === 429 || this.status >= 500; }
}

export async function getJson(url) { return answer(url, { headers: { Accept: "application/json" } }); }

export async function postJson(url, body, more = {}) {
  const headers = { Accept: "application/json", "Content-Type": "application/json" };
  return answer(url, { method: "POST", headers, body: JSON.stringify(body), ...more });
}

async function answer(url, request) {
  let response;
  try {
    response = await fetch(url, request);
  } catch {
    throw new Problem(0);
  }
  if (response.status === 204) return null;
  const body = await response.json().catch(() => null);
  if (!response.ok) throw new Problem(response.status, body ?? {});
  if (body === null) throw new Problem(0); // a page where JSON was due: a proxy's, or a sign-in
  return body;
}

/** Sends a file; `onprogress` gets 0..1. An upload has no other way to tell how far it is than XMLHttpRequest. */
export function sendFile(url, file, onprogress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.responseType = "json";
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (event) => { if (event.lengthComputable) onprogress(event.loaded / event.total); };
    request.onload = () => {
      if (request.status < 400 && request.response) resolve(request.response);
      else reject(new Problem(request.status, request.response ?? {}));
    };
    request.onerror = () => reject(new Problem(0));
    signal?.addEventListener("abort", () => { request.abort(); reject(new Problem(-1)); });
    request.send(file);
  });
}

import { clock } from "./clock.js";
import { connection } from "./connection.js";
import { Problem, Unavailable } from "./errors.js";

/** How long an answer may take, in milliseconds, beyond the wait that was asked for. */
const PATIENCE = 15_000;

/** Statuses without a body, whatever their Content-Type says: API Gateway gives every answer one. */
const EMPTY = [204, 304];

let opening;

/** Opens the session everything else needs: a visitor without a cookie is given one, and no more than one at a time. */
export function openSession() {
  opening ??= insist("GET", "/api/session", { session: false }).finally(() => (opening = undefined));
  return opening;
}

/** Sends the very same request until there is an answer; `onLost` hears when there was none. @throws {Problem} */
export async function insist(method, path, { onLost, ...options } = {}) {
  for (;;) {
    try {
      return await request(method, path, options);
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      onLost?.();
      await connection.pause({ atLeast: error.retryAfter });
    }
  }
}

/**
 * The one place that fetches.
 * @param {{body?: object, key?: string, etag?: string, wait?: number, signal?: AbortSignal}} options `wait` in seconds:
 *   how long the server may hold the answer back until it differs from `etag` (RFC 7240).
 * @returns {Promise<{status: number, body?: object, etag?: string, retryAfter: number}>} status 200 to 299, or 304
 * @throws {Unavailable | Problem}
 */
export async function request(method, path, { body, key, etag, wait = 0, signal, session = true } = {}) {
  const headers = { Accept: "application/json" };
  if (body) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  if (etag) headers["If-None-Match"] = etag;
  if (wait) headers.Prefer = `wait=${wait}`;
  const limit = AbortSignal.timeout(wait * 1000 + PATIENCE);
  const options = { method, headers, body: body && JSON.stringify(body), cache: "no-store" };
  const answer = await reach(path, { ...options, signal: signal ? AbortSignal.any([signal, limit]) : limit });
  if (answer.status === 401 && session) {
    await openSession(); // The cookie is gone or too old.
    return request(method, path, { body, key, etag, wait, signal, session: false });
  }
  const { status } = answer;
  if (status >= 400) throw new Problem(status, answer.body ?? {}, answer.retryAfter);
  return answer;
}

async function reach(path, options) {
  try {
    const response = await fetch(path, options);
    const retryAfter = 1000 * (Number(response.headers.get("Retry-After")) || 0);
    if (response.status >= 500) throw new Unavailable(retryAfter);
    clock.sync(response.headers.get("X-Server-Time"));
    const hasBody = !EMPTY.includes(response.status) && response.headers.get("Content-Type")?.includes("json");
    const body = hasBody ? await response.json() : undefined;
    connection.succeeded();
    return { status: response.status, body, etag: response.headers.get("ETag"), retryAfter };
  } catch (error) {
    if (error.name === "AbortError") throw error; // The page itself no longer wants the answer.
    connection.failed();
    throw error instanceof Unavailable ? error : new Unavailable();
  }
}

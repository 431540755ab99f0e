import { connection } from "./connection.js";
import { Problem, Throttled, Unavailable } from "./errors.js";
import { reach } from "./reach.js";

/** How long an answer may take, in milliseconds, beyond the wait that was asked for. */
const PATIENCE = 15_000;

/** How many answers in a row must tell of a bug in the same request until it is believed. */
const BELIEVED = 2;

let opening;

/** Opens the session everything else needs: a visitor without a cookie is given one, and no more than one at a time. */
export function openSession(onLost) {
  opening ??= insist("GET", "/api/session", { session: false, onLost }).finally(() => (opening = undefined));
  return opening;
}

/**
 * Sends the very same request until it is answered; `onLost` hears, as an Unavailable, when it was not.
 * @throws {Problem} when it was refused
 */
export async function insist(method, path, { onLost, ...options } = {}) {
  let bugs = 0;
  for (let failures = 1; ; failures += 1) {
    try {
      return await request(method, path, options);
    } catch (error) {
      bugs = error.isBug ? bugs + 1 : 0;
      const isOver = error.isBug ? bugs >= BELIEVED : !(error instanceof Unavailable);
      if (isOver) throw error;
      if (!error.isBug && isWorthAWord(error, failures)) onLost?.(error);
      await connection.pause({ atLeast: error.retryAfter, failures, signal: options.signal });
    }
  }
}

/**
 * Sends a request once.
 * @param {{body?: object, key?: string, etag?: string, wait?: number, signal?: AbortSignal}} options `wait` in seconds:
 *   how long the server may hold the answer back until it differs from `etag` (RFC 7240).
 * @returns as reach() does, with a status from 200 to 299, or 304
 * @throws {Unavailable | Problem}
 */
async function request(method, path, { body, key, etag, wait = 0, signal, session = true } = {}) {
  const headers = { Accept: "application/json" };
  if (body) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  if (etag) headers["If-None-Match"] = etag;
  if (wait) headers.Prefer = `wait=${wait}`;
  const limit = AbortSignal.timeout(wait * 1000 + PATIENCE);
  const options = { method, headers, body: body && JSON.stringify(body), cache: "no-store" };
  const answer = await reach(path, { ...options, signal: signal ? AbortSignal.any([signal, limit]) : limit });
  const { status, retryAfter } = answer;
  if (status === 401 && session) {
    await openSession(); // The cookie is gone or too old.
    return request(method, path, { body, key, etag, wait, signal, session: false });
  }
  if (status === 429 && method === "GET") throw new Throttled(retryAfter);
  if (status >= 400) throw new Problem(status, { reference: answer.requestId, ...answer.body }, retryAfter);
  return answer;
}

/** A burst that was throttled is over in a moment: only a wait that is named, or a second one, is told. */
const isWorthAWord = (error, failures) => !(error instanceof Throttled) || error.retryAfter > 0 || failures > 1;

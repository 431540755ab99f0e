import { clock } from "./clock.js";
import { connection } from "./connection.js";
import { session } from "./session.js";

/** No usable answer: whether the request came through is unknown. */
export class Unavailable extends Error {
  constructor(retryAfter = 0) {
    super("The service cannot be reached.");
    this.retryAfter = retryAfter; // milliseconds
  }
}

/** 429 to a question of the page's own. */
export class Throttled extends Unavailable {}

/** The service refused (RFC 9457): `title` says why, `code` ends its type, `reference` finds it in the logs. */
export class Problem extends Error {
  constructor(status, { type = "", title = "The request was refused.", detail = "", reference = "" }, retryAfter) {
    super(title);
    this.title = title;
    this.detail = detail;
    this.status = status;
    this.code = type.split(":").pop();
    this.reference = reference;
    this.retryAfter = retryAfter; // milliseconds
  }

  /** The same request may succeed another time. */
  get isBug() {
    return this.status >= 500;
  }
}

/** API Gateway gives even these a Content-Type. */
const EMPTY = [204, 304];

/** What says that a service, or its database, is down. */
const DOWN = [502, 503, 504];

/** The one place that fetches. @throws {Unavailable} also for a 5xx that is no problem of the service's own telling */
export async function reach(path, options) {
  try {
    const response = await fetch(path, options);
    const { status, headers } = response;
    const type = headers.get("Content-Type") ?? "";
    const retryAfter = 1000 * (Number(headers.get("Retry-After")) || 0);
    if (DOWN.includes(status) || (status >= 500 && !type.includes("problem+json"))) throw new Unavailable(retryAfter);
    clock.sync(headers.get("X-Server-Time"));
    const body = !EMPTY.includes(status) && type.includes("json") ? await response.json() : undefined;
    connection.succeeded();
    const requestId = headers.get("Apigw-Requestid") ?? undefined; // API Gateway's own answers name it here alone.
    return { status, body, etag: headers.get("ETag"), retryAfter, requestId };
  } catch (error) {
    if (error.name === "AbortError") throw error; // The answer is no longer wanted.
    connection.failed();
    throw error instanceof Unavailable ? error : new Unavailable();
  }
}

/** How long an answer may take beyond the wait that was asked for, ms. */
const PATIENCE = 15_000;

/** Answers in a row that must tell of a bug until it is believed. */
const BELIEVED = 2;

/** Sends the very same request until it is answered; `onLost` hears of each Unavailable. @throws {Problem} */
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
 * Sends a request once. `wait`: how long, in seconds, the server may hold the answer until it differs from `etag` (RFC
 * 7240). `isOurs`: that a session is needed, and asked for anew where there is none.
 * @throws {Unavailable | Problem}
 */
async function request(method, path, { body, key, etag, token, wait = 0, signal, isOurs = true } = {}) {
  const headers = { Accept: "application/json" };
  if (body) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  if (etag) headers["If-None-Match"] = etag;
  if (token) headers.Authorization = `Bearer ${token}`;
  if (wait) headers.Prefer = `wait=${wait}`;
  const limit = AbortSignal.timeout(wait * 1000 + PATIENCE);
  const options = { method, headers, body: body && JSON.stringify(body), cache: "no-store" };
  const answer = await reach(path, { ...options, signal: signal ? AbortSignal.any([signal, limit]) : limit });
  const { status, retryAfter } = answer;
  if (status === 401 && isOurs) {
    await session.renew(); // The cookie is gone or too old.
    return request(method, path, { body, key, etag, wait, signal, isOurs: false });
  }
  if (status === 429 && method === "GET") throw new Throttled(retryAfter);
  if (status >= 400) throw new Problem(status, { reference: answer.requestId, ...answer.body }, retryAfter);
  return answer;
}

/** A burst that was throttled is over in a moment. */
const isWorthAWord = (error, failures) => !(error instanceof Throttled) || error.retryAfter > 0 || failures > 1;

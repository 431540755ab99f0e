import { clock } from "./clock.js";
import { connection } from "./connection.js";
import { Unavailable } from "./errors.js";

/** Statuses without a body, whatever their Content-Type says: API Gateway gives every answer one. */
const EMPTY = [204, 304];

/** What proxies answer for a service that is down for now, and what it answers itself when its database is. */
const DOWN = [502, 503, 504];

/**
 * The one place that fetches. Takes what fetch() takes.
 * @returns {Promise<{status: number, body?: object, etag?: string, retryAfter: number, requestId?: string}>}
 * @throws {Unavailable} also for a 5xx that is no problem of the service's own telling (RFC 9457)
 */
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
    if (error.name === "AbortError") throw error; // The page itself no longer wants the answer.
    connection.failed();
    throw error instanceof Unavailable ? error : new Unavailable();
  }
}

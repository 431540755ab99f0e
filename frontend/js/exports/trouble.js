import { Throttled, Unavailable } from "../errors.js";

/** How long 429 is waited for when the server does not say, in milliseconds. */
const SOME_TIME = 5000;

/**
 * An error, as describe() takes it. Times are those of performance.now().
 * @param {() => Promise} again sends the very same request once more, for a refusal that may have been a mishap
 */
export function troubleOf(error, again) {
  if (error instanceof Throttled) return { kind: "paused", until: performance.now() + error.retryAfter };
  if (error instanceof Unavailable) return { kind: "lost" };
  if (error.status === 429) return { kind: "busy", until: performance.now() + (error.retryAfter || SOME_TIME) };
  return { kind: "refused", problem: error, again: error.isBug ? again : undefined };
}

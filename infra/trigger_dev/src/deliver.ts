import { type Answer, call, type Fetch, ImpossibleCall, nothing } from "./call.ts";
import { isFinal, pauseSeconds, saysWhen } from "./pause.ts";
import type { Attempt, Environment, Payload } from "./payload.ts";
import { report } from "./report.ts";

/** Another run to be asked for. `once` names it within this one: asked for again, it is not made again. */
export type Report = { once: string; payload: Payload };

/** What came of an attempt. `told` is short and fit to be shown: no word of the destination's. */
export type Outcome = {
  told: string;
  reports: Report[];
} & (
  | { kind: "delivered" }
  | { kind: "again"; pauseSeconds: number; pauseIsTheirs: boolean }
  | { kind: "given up" }
);

/**
 * One attempt: the call, and what follows from its answer. Any 2xx is a success; else there is another attempt, until
 * the retries are used up, the destination forbids it or the call cannot be made at all. The callback is told of each
 * attempt, the failure callback once, of giving up. Throws only what `signal` was aborted with.
 */
export async function deliver(
  payload: Payload,
  attempt: Attempt,
  env: Environment,
  fetch: Fetch,
  signal: AbortSignal = new AbortController().signal,
): Promise<Outcome> {
  const retried = attempt.number - 1;
  let answer: Answer;
  let final = retried >= payload.retries;
  try {
    answer = await call(payload, { runId: attempt.runId, retried }, env, fetch, signal);
    final ||= isFinal(answer.status, answer.headers);
  } catch (error) {
    if (!(error instanceof ImpossibleCall)) throw error;
    answer = nothing(error.message);
    final = true;
  }
  const told = answer.error ?? `status ${answer.status}`;
  const delivered = answer.status >= 200 && answer.status <= 299;
  const reports: Report[] = [];
  if (payload.callbackUrl !== null) {
    const body = report(payload, answer, attempt.runId, retried, null);
    reports.push({ once: `callback-${attempt.number}`, payload: reportTo(payload.callbackUrl, body, payload) });
  }
  if (!delivered && final && payload.failureCallbackUrl !== null) {
    const body = report(payload, answer, attempt.runId, retried, attempt.runId);
    reports.push({ once: "failed", payload: reportTo(payload.failureCallbackUrl, body, payload) });
  }
  if (delivered) return { kind: "delivered", told, reports };
  if (final) return { kind: "given up", told, reports };
  const now = Date.now();
  return {
    kind: "again",
    told,
    reports,
    pauseSeconds: pauseSeconds(payload.retryPauseSeconds, retried, answer.headers, now),
    pauseIsTheirs: saysWhen(answer.headers, now),
  };
}

const REPORT_RETRIES = 3;

/** A report is a message of its own, signed and repeated as the one it is about or more often, reported to nobody. */
function reportTo(url: string, body: string, about: Payload): Payload {
  return {
    url,
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body,
    bodyEncoding: "utf8",
    // A success that is not heard of is lost, however little its message was worth repeating.
    retries: Math.max(about.retries, REPORT_RETRIES),
    retryPauseSeconds: about.retryPauseSeconds,
    timeoutSeconds: about.timeoutSeconds,
    credential: null,
    callbackUrl: null,
    failureCallbackUrl: null,
  };
}

import type { Environment, Payload } from "./payload.ts";
import { sign } from "./sign.ts";

export type Fetch = typeof fetch;

/** An answer; or, with status 0, the name of why there was none. Never another's words: they may quote a credential. */
export type Answer = { status: number; headers: Headers; body: Uint8Array; truncated: boolean; error: string | null };

/** Of an answer, as much is read; report.ts has no room for more. */
export const LARGEST_ANSWER_BYTES = 2_300_000;

// The connection's own business, not the message's.
const NOT_FORWARDED = new Set([
  "host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "keep-alive", "expect",
]);

/** Cannot be made at all, however often it is tried. The name says why. */
export class ImpossibleCall extends Error {}

/** One call. Never throws for what the destination or the network does. */
export async function call(
  payload: Payload,
  told: { runId: string; retried: number },
  env: Environment,
  fetch: Fetch,
  signal: AbortSignal,
): Promise<Answer> {
  const body = Buffer.from(payload.body, payload.bodyEncoding);
  const headers = callHeaders(payload, told, body, env);
  const timeout = AbortSignal.timeout(payload.timeoutSeconds * 1000);
  try {
    const answer = await fetch(payload.url, {
      method: payload.method,
      headers,
      body: body.length > 0 || !["GET", "HEAD"].includes(payload.method) ? body : null,
      redirect: "manual",
      signal: AbortSignal.any([signal, timeout]),
    });
    return { status: answer.status, headers: answer.headers, ...(await read(answer)), error: null };
  } catch {
    signal.throwIfAborted();
    return nothing(timeout.aborted ? "timeout" : "no_connection");
  }
}

export function nothing(error: string): Answer {
  return { status: 0, headers: new Headers(), body: Buffer.from(error), truncated: false, error };
}

function callHeaders(
  payload: Payload,
  told: { runId: string; retried: number },
  body: Uint8Array,
  env: Environment,
): Headers {
  const key = env["HANDOFF_SIGNING_KEY"]?.trim();
  if (!key) throw new ImpossibleCall("no_signing_key");
  const headers = new Headers();
  try {
    for (const [name, value] of Object.entries(payload.headers)) {
      if (!NOT_FORWARDED.has(name.toLowerCase())) headers.set(name, value);
    }
    if (payload.credential !== null) headers.set("Authorization", `Bearer ${credential(payload.credential, env)}`);
  } catch (error) {
    throw error instanceof ImpossibleCall ? error : new ImpossibleCall("header_not_valid");
  }
  headers.set("User-Agent", "Handoff");
  headers.set("Handoff-Signature", sign(key, payload.url, body, Date.now()));
  headers.set("Handoff-Message-Id", told.runId);
  headers.set("Handoff-Retried", String(told.retried));
  return headers;
}

/** Only variables that end in _API_KEY: no message can ask for the signing key, or for Trigger.dev's own. */
function credential(name: string, env: Environment): string {
  const found = env[`${name.toUpperCase().replace(/[^A-Z0-9]/g, "_")}_API_KEY`]?.trim();
  if (!found) throw new ImpossibleCall("no_credential");
  return found;
}

async function read(answer: Response): Promise<{ body: Uint8Array; truncated: boolean }> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of answer.body ?? []) {
    parts.push(part);
    size += part.length;
    if (size > LARGEST_ANSWER_BYTES) break;
  }
  return { body: Buffer.concat(parts).subarray(0, LARGEST_ANSWER_BYTES), truncated: size > LARGEST_ANSWER_BYTES };
}

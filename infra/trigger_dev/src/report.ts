import type { Answer } from "./call.ts";
import type { Payload } from "./payload.ts";

/**
 * A report is a run too, whose whole request may have 3 MB: https://trigger.dev/docs/limits#task-payloads-and-outputs
 * The message's body must be in it, so it is the answer's that is cut. The rest is for headers and addresses.
 */
const LARGEST_BYTES = 3 * 1024 * 1024;
const REST_BYTES = 64 * 1024;

/**
 * A callback's body, as QStash writes it: https://upstash.com/docs/qstash/features/callbacks#what-is-a-callback
 * Without sourceHeader: that would bring a credential back.
 */
export function report(
  payload: Payload,
  answer: Answer,
  runId: string,
  retried: number,
  deadLetterId: string | null,
): string {
  const sourceBody = Buffer.from(payload.body, payload.bodyEncoding).toString("base64");
  const room = Math.max(0, Math.floor(((LARGEST_BYTES - REST_BYTES - sourceBody.length) * 3) / 4));
  return JSON.stringify({
    status: answer.status,
    header: lists(answer.headers),
    body: Buffer.from(answer.body.subarray(0, room)).toString("base64"),
    bodyTruncated: answer.truncated || answer.body.length > room,
    retried,
    maxRetries: payload.retries,
    sourceMessageId: runId,
    url: payload.url,
    method: payload.method,
    sourceBody,
    ...(deadLetterId === null ? {} : { dlqId: deadLetterId }),
  });
}

function lists(headers: Headers): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const [name, value] of headers) (found[name] ??= []).push(value);
  return found;
}

import { insist } from "../api.js";
import { connection } from "../connection.js";
import { liveLinks } from "./state.js";

/**
 * What a visitor can ask for. Each is sent until it is answered, and `onLost` hears when it was not.
 * Sending twice does no harm: create carries one Idempotency-Key per click, the others say what should be so.
 */

/** Starts an export. @returns {Promise<string>} its id */
export async function create(onLost) {
  return started(await insist("POST", "/api/exports", { body: {}, key: newKey(), onLost }));
}

/** Starts an ended export again. @returns {Promise<string>} its id */
export async function retry(run, onLost) {
  return started(await insist("POST", `/api/exports/${run.id}/retry`, { onLost }));
}

export const cancel = (run, onLost) => insist("POST", `/api/exports/${run.id}/cancel`, { onLost });

/** Makes a fresh link to a file that is there. @returns {Promise<object>} the link */
export async function renew(run, onLost) {
  return (await insist("POST", `/api/exports/${run.id}/links`, { onLost })).body;
}

/** Ends every link of a run that still works: whoever revokes wants nobody to get the file. */
export async function revoke(run, onLost) {
  for (const { id } of liveLinks(run)) await insist("DELETE", `/api/links/${id}`, { onLost });
}

async function started({ body, retryAfter }) {
  if (retryAfter) await connection.sleep(retryAfter);
  return body.id;
}

/** 128 random bits in hex. Not crypto.randomUUID(): that is missing where a page has no secure context. */
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

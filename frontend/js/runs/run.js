import { insist } from "../api.js";
import { clock } from "../clock.js";
import { connection } from "../connection.js";

/** A link with so many milliseconds left is about to end: a new one is offered (WCAG 2.2.1). */
const ENDING = 20_000;

const UNFINISHED = ["queued", "running"];

/**
 * What a visitor is told about a run: its state, or of a ready one that of its newest link or file: ready, ending, ended,
 * revoked, removed. Only the server says "ended".
 */
export function stateOf(run) {
  if (run.state !== "ready") return run.state;
  const link = newestLink(run);
  if (run.file?.removed_at) return "removed";
  if (link?.state !== "live") return link?.state ?? "ended";
  return clock.until(link.expires_at) > ENDING ? "ready" : "ending";
}

/** The newest that works, even under a newer one that was revoked. Else the newest. */
export const newestLink = (run) => liveLinks(run)[0] ?? run.links[0];

export const liveLinks = (run) => run.links.filter((link) => link.state === "live");

export const isUnfinished = (run) => UNFINISHED.includes(run.state);

/** By this page's reckoning over, though the server has not said so yet. */
export const isDue = (run) => liveLinks(run).some((link) => clock.until(link.expires_at) <= 0);

/**
 * What a visitor can ask for, of runs at a path. Each is sent until it is answered, so the server may get it twice. With
 * create and retry a key says that it is the same click's; cancel and revoke say what should be so. Only renew may leave
 * a second link, seen by nobody: it ends in its time.
 */
export const commandsAt = (path) => ({
  /** One click has one key. Each gives the id of what was asked for. */
  create(body) {
    const key = newKey();
    return async (onLost) => started(await insist("POST", path, { body, key, onLost }));
  },

  retry({ id }) {
    const key = newKey();
    return async (onLost) => started(await insist("POST", `${path}/${id}/retry`, { key, onLost }));
  },

  cancel: ({ id }, onLost) => insist("POST", `${path}/${id}/cancel`, { onLost }),

  /** @returns {Promise<object>} a fresh link */
  renew: async ({ id }, onLost) => (await insist("POST", `${path}/${id}/links`, { onLost })).body,

  /** Ends every link that works. A run shows its newest only: so it is looked at again until none is left. */
  async revoke(run, onLost) {
    const asked = new Set();
    const left = (seen) => liveLinks(seen).filter(({ id }) => !asked.has(id));
    const look = async () => (await insist("GET", `${path}/${run.id}`, { onLost })).body;
    for (let links = left(run); links.length > 0; links = left(await look())) {
      for (const { id } of links) {
        await insist("DELETE", `/api/links/${id}`, { onLost });
        asked.add(id);
      }
    }
  },
});

async function started({ body, retryAfter }) {
  if (retryAfter) await connection.sleep(retryAfter);
  return body.id;
}

/** Not crypto.randomUUID(): that is missing where a page has no secure context. */
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

import { insist } from "../api.js";
import { connection } from "../connection.js";
import { liveLinks } from "./state.js";

/**
 * What a visitor can ask for, of runs that stand at a path. Each is sent until it is answered, and `onLost` hears when
 * it was not: so the server may get it twice. Of create and retry that does no harm: their key says that it is the same
 * click's. Nor of cancel and revoke, which say what should be so. It does of renew alone: where only the answer was lost
 * there are two links that work, the first seen by nobody. Both end in their time, and revoke ends both.
 */
export const commandsAt = (path) => ({
  /** One click's wish, to be sent as often as need be: it carries one key. Each gives the id of what was asked for. */
  create(body) {
    const key = newKey();
    return async (onLost) => started(await insist("POST", path, { body, key, onLost }));
  },

  /** One click's wish to start an ended run again, as create(). */
  retry({ id }) {
    const key = newKey();
    return async (onLost) => started(await insist("POST", `${path}/${id}/retry`, { key, onLost }));
  },

  cancel: ({ id }, onLost) => insist("POST", `${path}/${id}/cancel`, { onLost }),

  /** Makes a fresh link to a file that is there. @returns {Promise<object>} the link */
  renew: async ({ id }, onLost) => (await insist("POST", `${path}/${id}/links`, { onLost })).body,

  /**
   * Ends every link of a run that still works: whoever revokes wants nobody to get the file. A run shows its newest links
   * only, and this page may not know the newest: so it is looked at again, until it shows none that is left.
   */
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

/** 128 random bits in hex. Not crypto.randomUUID(): that is missing where a page has no secure context. */
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

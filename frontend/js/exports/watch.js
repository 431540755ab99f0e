import { request } from "../api.js";
import { connection } from "../connection.js";
import { Problem, Unavailable } from "../errors.js";
import { isMoving, isUnfinished } from "./state.js";

/** Seconds a request waits with the server (the server may wait less). */
const WAIT = 20;

/** Milliseconds between two looks while the tab is hidden. */
const HIDDEN_PAUSE = 15_000;

/** Milliseconds until the next look once there is a link: downloads and its end are news, but not urgent. */
const CALM_PAUSE = 1000;

/** A server that answers "unchanged" sooner than this did not wait, in milliseconds: then the page does. */
const DID_NOT_WAIT = 1000;

/** Follows one export, from wherever it is until nothing more can change by itself. */
export class Watch {
  #stop = new AbortController();
  #store;
  #id;
  #etag;

  /** @param onMissing called when there is no such export */
  constructor(store, id, onMissing) {
    this.#store = store;
    this.#id = id;
    this.#run().catch((error) => {
      if (error instanceof Problem && error.status === 404) onMissing();
      else if (error.name !== "AbortError") throw error;
    });
  }

  stop() {
    this.#stop.abort();
  }

  async #run() {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.#look(signal);
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        await connection.pause({ atLeast: error.retryAfter, signal });
        continue;
      }
      const run = this.#store.get(this.#id);
      if (!isMoving(run)) return;
      if (document.hidden) await connection.sleep(HIDDEN_PAUSE, signal);
      else if (!isUnfinished(run)) await connection.sleep(CALM_PAUSE, signal);
    }
  }

  /** One look. With an ETag the server holds it until something differs: also when a link ends. */
  async #look(signal) {
    const asked = performance.now();
    const wait = document.hidden ? 0 : WAIT;
    const { body, etag } = await request("GET", `/api/exports/${this.#id}`, { etag: this.#etag, wait, signal });
    this.#etag = etag ?? this.#etag;
    if (body) this.#store.put(body);
    else if (performance.now() - asked < DID_NOT_WAIT) await connection.sleep(DID_NOT_WAIT, signal);
  }
}

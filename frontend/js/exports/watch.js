import { insist } from "../api.js";
import { connection } from "../connection.js";
import { Problem } from "../errors.js";
import { isMoving, isUnfinished } from "./state.js";

/** Seconds a request waits with the server (the server may wait less). */
const WAIT = 20;

/** Milliseconds between two looks while the tab is hidden. */
const HIDDEN_PAUSE = 15_000;

/** Milliseconds until the next look once there is a link: downloads and its end are news, but not urgent. */
const CALM_PAUSE = 1000;

/** Milliseconds until the next look after one was refused: whatever refuses may think better of it. */
const REFUSED_PAUSE = 30_000;

/** A server that answers "unchanged" sooner than this did not wait, in milliseconds: then the page does. */
const DID_NOT_WAIT = 1000;

/** Follows one export, from wherever it is until nothing more can change by itself. */
export class Watch {
  #stop = new AbortController();
  #store;
  #id;
  #etag;
  #onLook;

  /** @param onLook called after each look, with the Problem if it was refused; 404 is the last one */
  constructor(store, id, onLook) {
    this.#store = store;
    this.#id = id;
    this.#onLook = onLook;
    this.#run(this.#stop.signal).catch((error) => {
      if (error.name !== "AbortError") throw error;
    });
  }

  stop() {
    this.#stop.abort();
  }

  async #run(signal) {
    while (!signal.aborted) {
      const refusal = await this.#look(signal);
      if (signal.aborted) return;
      this.#onLook(refusal);
      if (refusal?.status === 404) return;
      const run = this.#store.get(this.#id);
      if (!refusal && !isMoving(run)) return;
      if (refusal) await connection.sleep(REFUSED_PAUSE, signal);
      else if (document.hidden) await connection.sleep(HIDDEN_PAUSE, signal);
      else if (!isUnfinished(run)) await connection.sleep(CALM_PAUSE, signal);
    }
  }

  /** One look. With an ETag the server holds it until something differs: also when a link ends. */
  async #look(signal) {
    const asked = performance.now();
    const wait = document.hidden ? 0 : WAIT;
    try {
      const { body, etag } = await insist("GET", `/api/exports/${this.#id}`, { etag: this.#etag, wait, signal });
      this.#etag = etag ?? this.#etag;
      if (body) this.#store.put(body);
      else if (performance.now() - asked < DID_NOT_WAIT) await connection.sleep(DID_NOT_WAIT, signal);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return error;
    }
  }
}

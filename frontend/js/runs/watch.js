import { Problem, insist } from "../api.js";
import { clock } from "../clock.js";
import { connection } from "../connection.js";
import { liveLinks } from "./run.js";

/** Seconds a request waits with the server, at most. */
const WAIT = 20;

/** Between two looks while the tab is hidden, ms. */
const HIDDEN_PAUSE = 15_000;

/** The same once there is a link: news of it is not urgent. */
const CALM_PAUSE = 1000;

/** And after a refusal. */
const REFUSED_PAUSE = 30_000;

/** A server that says "unchanged" sooner did not wait: then the page does, ms. */
const DID_NOT_WAIT = 1000;

/** Follows one item until nothing more can change by itself. */
export class Watch {
  #stop = new AbortController();
  #store;
  #id;
  #etag;
  #onLook;

  /** @param onLook hears after each look, with the Problem if it was refused; 404 is the last one */
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
      const item = this.#store.get(this.#id);
      if (!refusal && !this.#store.isMoving(item)) return;
      if (refusal) await connection.sleep(REFUSED_PAUSE, signal);
      else if (document.hidden) await connection.sleep(HIDDEN_PAUSE, signal);
      else if (!this.#store.isBusy(item)) await connection.sleep(CALM_PAUSE, signal);
    }
  }

  /** With an ETag the server holds it until something differs: also when a link ends. */
  async #look(signal) {
    const asked = performance.now();
    const path = `${this.#store.path}/${this.#id}`;
    const wait = document.hidden ? 0 : WAIT;
    try {
      const { body, etag } = await insist("GET", path, { etag: this.#etag, wait, signal });
      this.#etag = etag ?? this.#etag;
      if (body) this.#store.put(body);
      else if (performance.now() - asked < DID_NOT_WAIT) await connection.sleep(DID_NOT_WAIT, signal);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return error;
    }
  }
}

/** Past a link's end by this page's reckoning until the server is asked, ms. */
const OVERDUE = 1000;

/** Asks about whichever item is open. Fires "change", and "missing" when it is not there. */
export class Follower extends EventTarget {
  #store;
  #id = null;
  #watch;
  #asked;
  #trouble = null;

  constructor(store) {
    super();
    this.#store = store;
  }

  get trouble() {
    return this.#trouble;
  }

  forget() {
    this.#trouble = null;
  }

  follow(id) {
    this.#watch?.stop();
    if (id !== this.#id) this.forget();
    this.#id = id;
    this.#watch = id ? new Watch(this.#store, id, (problem) => this.#looked(problem)) : null;
    this.#asked = performance.now();
  }

  /** Again when a link should have ended by now. */
  tick() {
    const item = this.#store.get(this.#id);
    const links = item && this.#store.isMoving(item) ? this.#store.runsIn(item).flatMap(liveLinks) : [];
    const isOverdue = links.some((link) => clock.until(link.expires_at) < -OVERDUE);
    if (isOverdue && !this.#trouble && performance.now() - this.#asked > 5 * OVERDUE) this.follow(this.#id);
  }

  #looked(problem) {
    const isMissing = problem?.status === 404;
    this.#trouble = problem && !isMissing ? { kind: "unseen", problem } : null;
    this.dispatchEvent(new Event(isMissing ? "missing" : "change"));
  }
}

/** Between two looks at an item that is not open, ms. */
const PAUSE = 5000;

/** Keeps the other lines true: unfinished ones now and then, links when their time is over. */
export class Keeper {
  #store;
  #next = new Map();
  #isLooking = false;

  constructor(store) {
    this.#store = store;
  }

  tick(openId) {
    for (const item of this.#store.all()) {
      const isUrgent = this.#store.isStale(item);
      if (item.id === openId || !(isUrgent || this.#store.isBusy(item))) continue;
      if (!this.#next.has(item.id) && !isUrgent) this.#next.set(item.id, performance.now() + PAUSE);
      if (performance.now() >= (this.#next.get(item.id) ?? 0)) this.#look(item.id);
    }
  }

  /** One at a time: twenty lines must not knock twenty times. */
  async #look(id) {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      await this.#store.load(id);
    } finally {
      this.#isLooking = false;
      this.#next.set(id, performance.now() + PAUSE);
    }
  }
}

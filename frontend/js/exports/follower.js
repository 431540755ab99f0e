import { clock } from "../clock.js";
import { liveLinks } from "./state.js";
import { Watch } from "./watch.js";

/** Milliseconds past a link's end by this page's reckoning until the server is asked, if it has not told by itself. */
const OVERDUE = 1000;

/** Asks about one export after the other, whichever is open. Fires "change", and "missing" when it is not there. */
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

  /** What is in the way of looking at it, as describe() takes it, or null. */
  get trouble() {
    return this.#trouble;
  }

  forget() {
    this.#trouble = null;
  }

  /** Asks about an export at once, and goes on from there; with null about none. */
  follow(id) {
    this.#watch?.stop();
    if (id !== this.#id) this.forget();
    this.#id = id;
    this.#watch = id ? new Watch(this.#store, id, (problem) => this.#looked(problem)) : null;
    this.#asked = performance.now();
  }

  /** Asks again when a link should have ended by now. What was refused is asked again by the watch itself. */
  tick() {
    const run = this.#store.get(this.#id);
    const isOverdue = run && liveLinks(run).some((link) => clock.until(link.expires_at) < -OVERDUE);
    if (isOverdue && !this.#trouble && performance.now() - this.#asked > 5 * OVERDUE) this.follow(this.#id);
  }

  #looked(problem) {
    const isMissing = problem?.status === 404;
    this.#trouble = problem && !isMissing ? { kind: "unseen", problem } : null;
    this.dispatchEvent(new Event(isMissing ? "missing" : "change"));
  }
}

/** The pauses between attempts, ms: each twice the last. */
const FIRST_PAUSE = 800;
const LONGEST_PAUSE = 30_000;

/** Failures nearer together than this, ms, are one: several requests fall with one connection. */
const ONE_FAILURE = 400;

/** Failures in a row until it is told: one may be a proxy's. */
const WORTH_A_WORD = 2;

/**
 * Whether the service can be reached, as the requests have found. Fires "change", and "wake" when it is time to look at
 * once: the network came or went, the tab is seen again, the visitor asked.
 */
class Connection extends EventTarget {
  #failures = 0;
  #failed = -Infinity;
  #reached = new Date();

  constructor() {
    super();
    addEventListener("online", () => this.wake());
    addEventListener("offline", () => this.wake()); // The request that waits may never be answered.
    document.addEventListener("visibilitychange", () => document.hidden || this.wake());
  }

  get lost() {
    return this.#failures >= WORTH_A_WORD;
  }

  get lastReached() {
    return this.#reached;
  }

  succeeded() {
    const wasLost = this.lost;
    this.#failures = 0;
    this.#reached = new Date();
    if (wasLost) this.dispatchEvent(new Event("change"));
  }

  failed() {
    if (performance.now() - this.#failed < ONE_FAILURE) return;
    this.#failed = performance.now();
    this.#failures += 1;
    this.dispatchEvent(new Event("change"));
  }

  /** Ends every pause. */
  wake() {
    this.dispatchEvent(new Event("wake"));
  }

  /** Longer each time, and jittered, so that many pages do not come back at once. */
  pause({ atLeast = 0, failures = 0, signal } = {}) {
    const most = Math.max(this.#failures, failures, 1);
    const ceiling = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (most - 1));
    return this.sleep(Math.max(atLeast, ceiling * (0.6 + 0.4 * Math.random())), signal);
  }

  /** Until woken or aborted, at most. */
  sleep(milliseconds, signal) {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.removeEventListener("wake", done);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, signal?.aborted ? 0 : milliseconds);
      this.addEventListener("wake", done);
      signal?.addEventListener("abort", done);
    });
  }
}

export const connection = new Connection();

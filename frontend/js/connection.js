/** The pauses between attempts, in milliseconds: each twice the last, up to the longest. */
const FIRST_PAUSE = 800;
const LONGEST_PAUSE = 30_000;

/** Failures nearer together than this, in milliseconds, are one: several requests fall with one connection. */
const ONE_FAILURE = 400;

/** Failures in a row before the visitor is told: one waiting request cut off by a proxy is not worth a word. */
const WORTH_A_WORD = 2;

/**
 * Whether the service can be reached, as the requests themselves have found. Fires "change", and "wake" when it is
 * time to look at once: the browser says that the network has come or gone, the tab is seen again, the visitor asked.
 */
class Connection extends EventTarget {
  #failures = 0;
  #failed = -Infinity;
  #reached = new Date();

  constructor() {
    super();
    addEventListener("online", () => this.wake());
    addEventListener("offline", () => this.wake()); // A hint that the request that waits will never be answered.
    document.addEventListener("visibilitychange", () => document.hidden || this.wake());
  }

  get lost() {
    return this.#failures >= WORTH_A_WORD;
  }

  /** When the service last answered: a Date. */
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

  /**
   * Waits before the next attempt: longer each time, jittered so that many pages do not come back at once.
   * `failures` are those of one request, which may be refused where others are answered.
   */
  pause({ atLeast = 0, failures = 0, signal } = {}) {
    const most = Math.max(this.#failures, failures, 1);
    const ceiling = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (most - 1));
    return this.sleep(Math.max(atLeast, ceiling * (0.6 + 0.4 * Math.random())), signal);
  }

  /** Waits so many milliseconds, or until woken or aborted. */
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

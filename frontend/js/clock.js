/** How long a sample of the server's time is preferred, ms: clocks drift less than 10 ms apart in it. */
const SAMPLE_LIFE = 60_000;

/** The server's time, carried on by a monotonic clock: the visitor's own may be wrong, or be set. */
class ServerClock {
  #offset = Date.now() - performance.now();
  #sampled = -Infinity;

  /**
   * The answer that travelled least is nearest to the truth, and gives the latest time. An old sample yields to any new
   * one: performance.now() may have stood still while the computer slept.
   */
  sync(serverTime) {
    const now = performance.now();
    const offset = Date.parse(serverTime) - now;
    if (Number.isNaN(offset)) return;
    if (offset < this.#offset && now - this.#sampled < SAMPLE_LIFE) return;
    this.#offset = offset;
    this.#sampled = now;
  }

  /** Milliseconds until a time (RFC 3339); negative when it has passed. */
  until(time) {
    return Date.parse(time) - (performance.now() + this.#offset);
  }

  /** Milliseconds since a time; never negative. */
  since(time) {
    return Math.max(0, -this.until(time));
  }
}

export const clock = new ServerClock();

/** Four times a second while the page is seen, and at once when it is seen again. */
export function onTick(callback) {
  const tick = () => document.hidden || callback();
  setInterval(tick, 250);
  document.addEventListener("visibilitychange", tick);
}

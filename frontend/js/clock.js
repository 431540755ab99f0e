/** How long a sample of the server's time is preferred, in milliseconds: clocks drift less than 10 ms apart in it. */
const SAMPLE_LIFE = 60_000;

/** The server's time, carried on by the page's monotonic clock: the visitor's own clock may be wrong, or be set. */
class ServerClock {
  #offset = Date.now() - performance.now();
  #sampled = -Infinity;

  /**
   * Takes a server time (RFC 3339) out of an answer that has just come. The answer that travelled least is nearest to
   * the truth, and it gives the latest time. An old sample yields to any new one: performance.now() may have stood
   * still while the computer slept.
   */
  sync(serverTime) {
    const now = performance.now();
    const offset = Date.parse(serverTime) - now;
    if (Number.isNaN(offset)) return;
    if (offset < this.#offset && now - this.#sampled < SAMPLE_LIFE) return;
    this.#offset = offset;
    this.#sampled = now;
  }

  /** Milliseconds from now until a time (RFC 3339); negative when it has passed. */
  until(time) {
    return Date.parse(time) - (performance.now() + this.#offset);
  }

  /** Milliseconds from a time (RFC 3339) until now; never negative. */
  since(time) {
    return Math.max(0, -this.until(time));
  }
}

export const clock = new ServerClock();

/** Calls back four times a second while the page is seen, and at once when it is seen again. */
export function onTick(callback) {
  const tick = () => document.hidden || callback();
  setInterval(tick, 250);
  document.addEventListener("visibilitychange", tick);
}

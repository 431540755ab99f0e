import { insist } from "../api.js";
import { Problem } from "../errors.js";

const PAGE = 20;

/** The visitor's own exports, as far as the page has seen them. Fires "change". */
export class Exports extends EventTarget {
  #runs = new Map();
  #listed = "loading";
  #cursor = null;
  #isStuck = false;
  #etag;
  #refreshing;

  /** Whether the list is "loading", "listed" or in "error". */
  get listed() {
    return this.#listed;
  }

  /** Whether there are older ones to ask for. */
  get hasMore() {
    return this.#cursor !== null;
  }

  /** Whether these were asked for and refused. */
  get isStuck() {
    return this.#isStuck;
  }

  get(id) {
    return this.#runs.get(id);
  }

  /** Newest first. */
  all() {
    return [...this.#runs.values()].sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
  }

  /** Takes what the server said, unless something newer is known: answers can overtake each other. */
  put(...runs) {
    for (const run of runs) {
      const known = this.#runs.get(run.id);
      if (!known || known.server_time <= run.server_time) this.#runs.set(run.id, { visits: known?.visits, ...run });
    }
    this.dispatchEvent(new Event("change"));
  }

  /** Adds a link that was just made, ahead of the run's next representation. */
  putLink(id, { server_time, ...link }) {
    const run = this.#runs.get(id);
    if (run) this.put({ ...run, server_time, links: [link, ...run.links] });
  }

  /** Asks for one run. When that is refused, it stays as it was last seen. */
  async load(id) {
    await unlessRefused(async () => this.put((await insist("GET", `/api/exports/${id}`)).body));
  }

  /** Asks for the newest page until it is had or refused; several callers share one request. */
  refresh() {
    this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  }

  /** Asks for the next older page. */
  async more() {
    const path = `/api/exports?limit=${PAGE}&cursor=${encodeURIComponent(this.#cursor)}`;
    this.#isStuck = !(await unlessRefused(async () => {
      const { body } = await insist("GET", path);
      this.#cursor = body.next_cursor;
      this.#take(body);
    }));
    this.put();
  }

  /** An empty list that could not be had must not look like an empty history. */
  fail() {
    if (this.#listed === "loading") this.#listed = "error";
    this.put();
  }

  async #refresh() {
    const onLost = () => this.fail();
    const isHad = await unlessRefused(async () => {
      const { body, etag } = await insist("GET", `/api/exports?limit=${PAGE}`, { etag: this.#etag, onLost });
      if (!body) return;
      if (this.#listed !== "listed") this.#cursor = body.next_cursor;
      this.#listed = "listed";
      this.#etag = etag;
      this.#take(body);
    });
    if (!isHad) this.fail();
  }

  #take({ items, server_time }) {
    this.put(...items.map((run) => ({ ...run, server_time })));
  }
}

/** @returns {Promise<boolean>} whether it was answered, not refused */
async function unlessRefused(act) {
  try {
    await act();
    return true;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return false;
  }
}

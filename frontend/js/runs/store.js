import { Problem, insist } from "../api.js";
import { stateOf } from "./state.js";

/** Items that are asked for at once. */
const PAGE = 20;

/**
 * What the visitor asked for, as far as the page has seen it. Fires "change". Who extends it says of an item
 *   runsIn    the runs that it consists of
 *   isBusy    whether the server is at work on it
 *   isMoving  whether it can change without anybody doing anything
 *   isStale   whether it should be looked at, though it is not open
 *   withLink  it, with a link that was just made, ahead of its next representation
 */
export class Store extends EventTarget {
  #items = new Map();
  #listed = "loading";
  #cursor = null;
  #isStuck = false;
  #needsSignIn = false;
  #etag = null;
  #refreshing = null;
  #epoch = 0;

  /** @param path where the list is, and each item below it */
  constructor(path) {
    super();
    this.path = path;
  }

  /** Whether the list is "loading", "listed" or in "error". */
  get listed() {
    return this.#listed;
  }

  /** Whether there are older ones to ask for. */
  get hasMore() {
    return this.#cursor !== null;
  }

  /** Whether one has to sign in to see it. */
  get needsSignIn() {
    return this.#needsSignIn;
  }

  /** Whether these were asked for and refused. */
  get isStuck() {
    return this.#isStuck;
  }

  get(id) {
    return this.#items.get(id);
  }

  /** Newest first. */
  all() {
    return [...this.#items.values()].sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
  }

  /** The states of its runs, in a word each; undefined of what is not known. */
  stateOf(id) {
    const item = this.get(id);
    return item && this.runsIn(item).map(stateOf).join(" ");
  }

  /** Takes what the server said, unless something newer is known: answers can overtake each other. */
  put(...items) {
    for (const item of items) {
      const known = this.#items.get(item.id);
      if (!known || known.server_time <= item.server_time) this.#items.set(item.id, { visits: known?.visits, ...item });
    }
    this.dispatchEvent(new Event("change"));
  }

  /** Adds a link that was just made to a run of an item. */
  putLink(id, runId, { server_time, ...link }) {
    const item = this.get(id);
    if (item) this.put({ ...this.withLink(item, runId, link), server_time });
  }

  /** Another person sits here now: nothing of the last one's is kept, nor taken when it comes late. */
  clear() {
    this.#items.clear();
    this.#listed = "loading";
    this.#cursor = this.#etag = this.#refreshing = null;
    this.#isStuck = this.#needsSignIn = false;
    this.#epoch += 1;
    this.put();
  }

  /** Asks for one item. When that is refused, it stays as it was last seen. */
  async load(id) {
    await this.#ask(id, {}, ({ body }) => this.put(body));
  }

  /** Asks for the newest page until it is had or refused; several callers share one request. */
  refresh() {
    this.#refreshing ??= this.#refresh(this.#epoch);
    return this.#refreshing;
  }

  /** Asks for the next older page. */
  async more() {
    const take = ({ body }) => {
      this.#cursor = body.next_cursor;
      this.#take(body);
    };
    this.#isStuck = !(await this.#ask(`?limit=${PAGE}&cursor=${encodeURIComponent(this.#cursor)}`, {}, take));
    this.put();
  }

  /** An empty list that could not be had must not look like an empty history. */
  fail() {
    if (this.#listed === "loading") this.#listed = "error";
    this.put();
  }

  async #refresh(epoch) {
    const onLost = () => epoch === this.#epoch && this.fail();
    const isHad = await this.#ask(`?limit=${PAGE}`, { etag: this.#etag, onLost }, ({ body, etag }) => {
      if (!body) return;
      if (this.#listed !== "listed") this.#cursor = body.next_cursor;
      this.#listed = "listed";
      this.#etag = etag;
      this.#take(body);
    });
    if (epoch !== this.#epoch) return;
    this.#refreshing = null;
    if (!isHad) this.fail();
  }

  /** @returns {Promise<boolean>} whether it was answered, not refused */
  async #ask(what, options, take) {
    const epoch = this.#epoch;
    try {
      const answer = await insist("GET", `${this.path}${what.startsWith("?") ? "" : "/"}${what}`, options);
      if (epoch === this.#epoch) take(answer);
      return true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (epoch === this.#epoch) this.#needsSignIn ||= error.code === "sign-in-needed";
      return false;
    }
  }

  #take({ items, server_time }) {
    this.put(...items.map((item) => ({ ...item, server_time })));
  }
}

import { Problem, insist } from "../api.js";
import { stateOf } from "./run.js";
import { troubleOf } from "./troubles.js";

/**
 * A list that the server keeps, as far as the page has seen it. Fires "change". Who extends it says of an item
 *   runsIn    the runs that it consists of
 *   isBusy    whether the server is at work on it
 *   isMoving  whether it can change by itself
 *   isStale   whether it should be looked at, though it is not open
 *   withLink  it, with a link that was just made
 */
export class Store extends EventTarget {
  #items = new Map();
  #listed = "loading";
  #cursor = null;
  #isStuck = false;
  #needsSignIn = false;
  #troubles = new Map();
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

  get hasMore() {
    return this.#cursor !== null;
  }

  get needsSignIn() {
    return this.#needsSignIn;
  }

  /** Whether older ones were refused. */
  get isStuck() {
    return this.#isStuck;
  }

  /** What is in the way of looking, as describe() takes it, or null. */
  get trouble() {
    return [...this.#troubles.values()][0] ?? null;
  }

  get(id) {
    return this.#items.get(id);
  }

  all() {
    return [...this.#items.values()].sort((a, b) => (this.orderOf(a) < this.orderOf(b) ? 1 : -1));
  }

  orderOf = (item) => item.created_at;

  limit = 20;

  /** The states of its runs; undefined of what is not known. */
  stateOf(id) {
    const item = this.get(id);
    return item && this.runsIn(item).map(stateOf).join(" ");
  }

  /** Unless something newer is known: answers can overtake each other. */
  put(...items) {
    for (const item of items) {
      const known = this.#items.get(item.id);
      if (!known || known.server_time <= item.server_time) this.#items.set(item.id, { visits: known?.visits, ...item });
    }
    this.dispatchEvent(new Event("change"));
  }

  drop(id) {
    this.#items.delete(id);
    this.put();
  }

  putLink(id, runId, { server_time, ...link }) {
    const item = this.get(id);
    if (item) this.put({ ...this.withLink(item, runId, link), server_time });
  }

  /** Another person sits here: nothing of the last one's is kept, nor taken when it comes late. */
  clear() {
    this.#items.clear();
    this.#troubles.clear();
    this.#listed = "loading";
    this.#cursor = this.#etag = this.#refreshing = null;
    this.#isStuck = this.#needsSignIn = false;
    this.#epoch += 1;
    this.put();
  }

  /** When that is refused, it stays as it was last seen. */
  async load(id) {
    await this.ask(`${this.path}/${id}`, {}, ({ body }) => this.put(body));
  }

  /** The newest page. Several callers share one request. */
  refresh() {
    this.#refreshing ??= this.#refresh(this.#epoch);
    return this.#refreshing;
  }

  async more() {
    const take = ({ body }) => {
      this.#cursor = body.next_cursor;
      this.take(body);
    };
    this.#isStuck = !(await this.ask(`${this.#page}&cursor=${encodeURIComponent(this.#cursor)}`, {}, take));
    this.put();
  }

  /** What could not be had must not look empty. */
  fail() {
    if (this.#listed === "loading") this.#listed = "error";
    this.put();
  }

  async #refresh(epoch) {
    const onLost = () => epoch === this.#epoch && this.fail();
    const isHad = await this.ask(this.#page, { etag: this.#etag, onLost, topic: "list" }, ({ body, etag }) => {
      if (!body) return;
      if (this.#listed !== "listed") this.#cursor = body.next_cursor;
      this.#listed = "listed";
      this.#etag = etag;
      this.take(body, true);
    });
    if (epoch !== this.#epoch) return;
    this.#refreshing = null;
    if (!isHad) this.fail();
  }

  /** @param topic what trouble with it is remembered under, if at all @returns {Promise<boolean>} whether it was had */
  async ask(path, { onLost, topic, ...options }, take) {
    const epoch = this.#epoch;
    const note = (error) => topic && epoch === this.#epoch && this.#troubles.set(topic, troubleOf(error));
    const hear = (error) => {
      note(error);
      onLost?.(error);
    };
    try {
      const answer = await insist("GET", path, { ...options, onLost: hear });
      if (epoch !== this.#epoch) return true;
      this.#troubles.delete(topic);
      take(answer);
      return true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      note(error);
      if (epoch === this.#epoch) this.#needsSignIn ||= error.code === "sign-in-needed";
      return false;
    }
  }

  /** @param isNewest whether it is the first page */
  take({ items, server_time }) {
    this.put(...items.map((item) => ({ ...item, server_time })));
  }

  get #page() {
    return `${this.path}${this.path.includes("?") ? "&" : "?"}limit=${this.limit}`;
  }
}

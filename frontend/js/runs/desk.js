import { Problem } from "../api.js";
import { troubleOf } from "./troubles.js";

/** Refusals that the run's own state explains. */
const EXPLAINED = [404, 409, 410];

/**
 * Passes on what the visitor asks for, and remembers what went wrong. Fires "change". An order is {id, runId, isShown,
 * send}: which item and run, whether it is open, and what sends it, which hears with each answer that is lost.
 */
export class Desk extends EventTarget {
  #view;
  #store;
  #trouble = null;
  #isBeginning = false;

  constructor(view, store) {
    super();
    this.#view = view;
    this.#store = store;
  }

  /** What went wrong last, as describe() takes it, or null: forgotten once the item has moved. */
  get trouble() {
    const { until, state } = this.#trouble ?? {};
    if (until <= performance.now() || state !== this.#openState()) this.#trouble = null;
    return this.#trouble;
  }

  get isBeginning() {
    return this.#isBeginning;
  }

  forget() {
    this.#trouble = null;
  }

  /** Opens what it asked for, unless the visitor has gone elsewhere meanwhile. */
  async begin(order) {
    const { openId } = this.#view;
    this.#isBeginning = true;
    const id = await this.#perform(order, () => this.begin(order)).finally(() => (this.#isBeginning = false));
    if (!id) return order.id ? this.#look(order.id) : this.#tell();
    if (this.#view.openId === openId) this.#view.go(id, "sent");
    else this.#look(id);
  }

  /** @returns the link that was made, if one was */
  async change(order) {
    const link = await this.#perform(order, () => this.change(order));
    if (link?.url) this.#store.putLink(order.id, order.runId, link);
    this.#look(order.id);
    return link;
  }

  /** @param again does all of it once more */
  async #perform({ id, runId, isShown, send }, again) {
    const { openId } = this.#view;
    const say = (trouble) => this.#view.openId === openId && this.#say(trouble && { ...trouble, runId });
    say(null);
    try {
      const result = await send((error) => say(troubleOf(error)));
      say(null);
      return result;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const isExplained = id && EXPLAINED.includes(error.status);
      say(isExplained ? null : troubleOf(error, isShown ? again : undefined));
    }
  }

  #say(trouble) {
    this.#trouble = trouble && { ...trouble, state: this.#openState() };
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }

  #openState() {
    return this.#store.stateOf(this.#view.openId);
  }

  #look(id) {
    if (id === this.#view.openId) this.#view.follow();
    else this.#store.load(id);
  }
}

import { Problem } from "../errors.js";
import { copy } from "../components/clipboard.js";
import * as commands from "./commands.js";
import { newestLink, stateOf } from "./state.js";
import { troubleOf } from "./trouble.js";

/** Refusals that the run's own state explains, once it has been asked for. */
const EXPLAINED = [404, 409, 410];

/** Takes what the visitor asks for, passes it on, and remembers what went wrong with it. Fires "change". */
export class Desk extends EventTarget {
  #view;
  #store;
  #dialog;
  #trouble = null;

  constructor(view, store, dialog) {
    super();
    this.#view = view;
    this.#store = store;
    this.#dialog = dialog;
  }

  /** What went wrong with the last request, as describe() takes it, or null: it is forgotten once the run has moved. */
  get trouble() {
    const { until, state } = this.#trouble ?? {};
    if (until <= performance.now() || state !== this.#openState()) this.#trouble = null;
    return this.#trouble;
  }

  forget() {
    this.#trouble = null;
  }

  /** What the visitor can do with a run (or, without one, at all), by name. */
  commandsFor(run) {
    const isShown = run?.id === this.#store.get(this.#view.openId)?.id;
    const order = (command) => ({ run, isShown, send: (onLost) => command(run, onLost) });
    return {
      create: () => this.#begin({ isShown, send: commands.create() }),
      retry: () => this.#begin(order(commands.retry())),
      cancel: () => this.#change(order(commands.cancel)),
      renew: () => this.#change(order(commands.renew)),
      revoke: () => this.#change(order(commands.revoke)),
      copy: () => copy(newestLink(run).url, this.#dialog),
      copyPage: () => copy(location.href, this.#dialog),
      leave: () => this.#go(null),
    };
  }

  /** Asks for work, and opens it, unless the visitor has gone elsewhere meanwhile. */
  async #begin(order) {
    const { openId } = this.#view;
    const id = await this.#perform(order, () => this.#begin(order));
    if (!id) return order.run && this.#look(order.run);
    if (this.#view.openId === openId) this.#go(id);
    else this.#look({ id });
  }

  /** Changes a run that is there, and shows what it has become. */
  async #change(order) {
    const link = await this.#perform(order, () => this.#change(order));
    if (link?.url) this.#store.putLink(order.run.id, link);
    this.#look(order.run);
  }

  /** @param again does all of it once more. It is offered in the panel, so only for what the panel shows. */
  async #perform({ run, isShown, send }, again) {
    const { openId } = this.#view;
    const say = (trouble) => this.#view.openId === openId && this.#say(trouble);
    say(null);
    try {
      const result = await send((error) => say(troubleOf(error)));
      say(null);
      return result;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const isExplained = run && EXPLAINED.includes(error.status);
      say(isExplained ? null : troubleOf(error, isShown ? again : undefined));
    }
  }

  #say(trouble) {
    this.#trouble = trouble && { ...trouble, state: this.#openState() };
    this.dispatchEvent(new Event("change"));
  }

  #openState() {
    const run = this.#store.get(this.#view.openId);
    return run && stateOf(run);
  }

  #look(run) {
    if (run.id === this.#view.openId) this.#view.follow();
    else this.#store.load(run.id);
  }

  #go(id) {
    const hash = id ? `#export=${id}` : location.pathname;
    if (hash !== location.hash) history.pushState(null, "", hash);
    this.#view.open(id, id ? "sent" : "empty");
  }
}

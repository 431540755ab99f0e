import { Problem } from "../errors.js";
import { copy } from "../components/clipboard.js";
import * as commands from "./commands.js";
import { newestLink } from "./state.js";

/** Refusals that the run's own state explains, once it has been asked for. */
const EXPLAINED = [404, 409, 410];

/** How long 429 is waited for when the server does not say, in milliseconds. */
const SOME_TIME = 5000;

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

  /** What went wrong with the last request, as describe() takes it, or null. */
  get trouble() {
    if (this.#trouble?.until <= performance.now()) this.#trouble = null;
    return this.#trouble;
  }

  forget() {
    this.#trouble = null;
  }

  /** What the visitor can do with a run (or, without one, at all), by name. */
  commandsFor(run) {
    return {
      create: () => this.#begin(commands.create),
      retry: () => this.#begin((onLost) => commands.retry(run, onLost), run),
      cancel: () => this.#change(commands.cancel, run),
      renew: () => this.#change(commands.renew, run),
      revoke: () => this.#change(commands.revoke, run),
      copy: () => copy(newestLink(run).url, this.#dialog),
      copyPage: () => copy(location.href, this.#dialog),
      leave: () => this.#go(null),
    };
  }

  /** Asks for work, and opens it, unless the visitor has gone elsewhere meanwhile. */
  async #begin(command, run) {
    const { openId } = this.#view;
    const id = await this.#perform(command, run);
    if (!id) return;
    if (this.#view.openId === openId) this.#go(id);
    else await this.#store.load(id);
  }

  /** Changes a run that is there, and shows what it has become. */
  async #change(command, run) {
    const link = await this.#perform((onLost) => command(run, onLost), run);
    if (link?.url) this.#store.putLink(run.id, link);
    this.#look(run);
  }

  async #perform(command, run) {
    const { openId } = this.#view;
    const say = (trouble) => {
      if (this.#view.openId !== openId) return;
      this.#trouble = trouble;
      this.dispatchEvent(new Event("change"));
    };
    try {
      const result = await command(() => say({ kind: "lost" }));
      say(null);
      return result;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const isExplained = run && EXPLAINED.includes(error.status);
      say(isExplained ? null : troubleOf(error));
      if (isExplained) this.#look(run);
    }
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

function troubleOf(problem) {
  if (problem.status !== 429) return { kind: "refused", problem };
  return { kind: "busy", until: performance.now() + (problem.retryAfter || SOME_TIME) };
}

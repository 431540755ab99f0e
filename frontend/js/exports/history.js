import { Action } from "../components/action.js";
import { Row } from "./row.js";

/** The visitor's exports, newest first. Loading, empty and error look different; lines keep their nodes. */
export class History {
  #parts = {};
  #rows = new Map();
  #store;
  #more;
  #retry;

  /** @param onRetry asks for the list again */
  constructor(root, store, onRetry) {
    this.#store = store;
    for (const node of root.querySelectorAll("[data-part]")) this.#parts[node.dataset.part] = node;
    this.#more = new Action(this.#parts.more);
    this.#retry = new Action(this.#parts.retry);
    this.#retry.show({ label: "Try again", icon: "retry", act: onRetry, pending: "Trying…" });
  }

  /**
   * @param openId the run that the panel shows
   * @param commandsFor gives what can be done with a run, by name
   */
  show(openId, commandsFor) {
    const { list, loading, empty, error } = this.#parts;
    const runs = this.#store.all();
    const { listed, hasMore, isStuck } = this.#store;
    loading.hidden = listed !== "loading";
    error.hidden = listed !== "error";
    empty.hidden = listed !== "listed" || runs.length > 0;
    list.hidden = runs.length === 0 || listed === "loading"; // One line that is known already would push the ghosts down.
    this.#place(runs);
    for (const run of runs) this.#rows.get(run.id).show(run, run.id === openId, commandsFor(run));
    const label = isStuck ? "Could not be loaded. Try again" : "Show older";
    const more = { label, icon: isStuck ? "alert" : "down", act: () => this.#store.more(), pending: "Loading…" };
    this.#more.show(hasMore ? more : null);
  }

  /** Puts new lines where they belong. Lines that are there do not move, so that focus and selection stay. */
  #place(runs) {
    let next = this.#parts.list.firstElementChild;
    for (const run of runs) {
      if (!this.#rows.has(run.id)) this.#rows.set(run.id, new Row(run));
      const { node } = this.#rows.get(run.id);
      if (node === next) next = next.nextElementSibling;
      else this.#parts.list.insertBefore(node, next);
    }
  }
}

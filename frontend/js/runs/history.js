import { Action } from "../components/action.js";
import { named } from "../html.js";

/** A list, newest first. Loading, empty and error look different; lines keep their nodes. */
export class History {
  #parts;
  #rows = new Map();
  #store;
  #newRow;
  #more;
  #retry;

  /** @param newRow makes the line of an item: {node, show(item, isOpen, commands)} */
  constructor(root, store, newRow, onRetry) {
    this.#store = store;
    this.#newRow = newRow;
    this.#parts = named(root);
    this.#more = new Action(this.#parts.more);
    this.#retry = new Action(this.#parts.retry);
    this.#retry.show({ label: "Try again", icon: "retry", act: onRetry, pending: "Trying…" });
  }

  show(openId, commandsFor) {
    const { list, loading, empty, error } = this.#parts;
    const items = this.#store.all();
    const { listed, hasMore, isStuck } = this.#store;
    loading.hidden = listed !== "loading";
    error.hidden = listed !== "error";
    empty.hidden = listed !== "listed" || items.length > 0;
    list.hidden = items.length === 0 || listed === "loading"; // One known line would push the ghosts down.
    this.#place(items);
    for (const item of items) this.#rows.get(item.id).show(item, item.id === openId, commandsFor(item));
    const label = isStuck ? "Could not be loaded. Try again" : "Show older";
    const more = { label, icon: isStuck ? "alert" : "down", act: () => this.#store.more(), pending: "Loading…" };
    this.#more.show(hasMore ? more : null);
  }

  /** Lines that are there do not move, so that focus and selection stay. */
  #place(items) {
    for (const [id, { node }] of this.#rows) {
      if (this.#store.get(id)) continue;
      this.#rows.delete(id);
      node.remove();
    }
    let next = this.#parts.list.firstElementChild;
    for (const item of items) {
      if (!this.#rows.has(item.id)) this.#rows.set(item.id, this.#newRow(item));
      const { node } = this.#rows.get(item.id);
      if (node === next) next = next.nextElementSibling;
      else this.#parts.list.insertBefore(node, next);
    }
  }
}

import { connection } from "../connection.js";
import { setText } from "../html.js";
import { clockTime } from "../words.js";

/** How long a spoken text stays to be found, ms. */
const NEWS = 10_000;

/** Speaks to screen readers, politely and only of changes. */
export class Live {
  #node;
  #key;
  #timer;

  constructor(node) {
    this.#node = node;
  }

  /** Says a text once for each new key. */
  say(text, key = text) {
    if (key === this.#key) return;
    this.#key = key;
    this.#node.textContent = text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.#node.textContent = ""), NEWS);
  }
}

/** Tells that the service cannot be reached. It lies over the page: nothing moves. */
export class Banner {
  #node;

  constructor(node) {
    this.#node = node;
    connection.addEventListener("change", () => this.#render());
    node.querySelector("button").addEventListener("click", () => connection.wake());
  }

  #render() {
    const text = `Can't reach the service. Last checked ${clockTime(connection.lastReached)}.`;
    setText(this.#node.querySelector("[role=status]"), connection.lost ? text : "");
    this.#node.hidden = !connection.lost;
  }
}

import { connection } from "../connection.js";
import { setText } from "../html.js";
import { clockTime } from "../words.js";

/** Tells that the service cannot be reached, and from when what is shown is. It lies over the page: nothing moves. */
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

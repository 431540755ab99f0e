/** How long a spoken text stays to be found, in milliseconds: after that it would be old news. */
const NEWS = 10_000;

/** Speaks to screen readers, politely and only of changes: a timer itself is silent. */
export class Live {
  #node;
  #key;
  #timer;

  constructor(node) {
    this.#node = node;
  }

  /** Says a text once for each new key: the same state is not told again while its numbers run. */
  say(text, key = text) {
    if (key === this.#key) return;
    this.#key = key;
    this.#node.textContent = text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.#node.textContent = ""), NEWS);
  }
}

import { isDue, isUnfinished } from "./state.js";

/** Milliseconds between two looks at a run that is not open in the panel. */
const PAUSE = 5000;

/** Keeps the history's other lines true: unfinished ones are looked at now and then, links when their time is over. */
export class Keeper {
  #store;
  #next = new Map();
  #isLooking = false;

  constructor(store) {
    this.#store = store;
  }

  /** @param openId the run the panel follows, which needs no looking after */
  tick(openId) {
    for (const run of this.#store.all()) {
      if (run.id === openId || !(isDue(run) || isUnfinished(run))) continue;
      if (!this.#next.has(run.id) && !isDue(run)) this.#next.set(run.id, performance.now() + PAUSE);
      if (performance.now() >= (this.#next.get(run.id) ?? 0)) this.#look(run.id);
    }
  }

  /** One at a time: without a network, twenty lines must not knock twenty times. */
  async #look(id) {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      await this.#store.load(id);
    } finally {
      this.#isLooking = false;
      this.#next.set(id, performance.now() + PAUSE);
    }
  }
}

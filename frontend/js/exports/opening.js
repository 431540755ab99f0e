import { openSession } from "../api.js";
import { Problem, Throttled } from "../errors.js";
import { troubleOf } from "./trouble.js";

/** The session's opening, before which nothing can be asked, and what is in its way. Fires "change". */
export class Opening extends EventTarget {
  #attempt;
  #trouble = null;

  /** As describe() takes it, or null. Of a network that is away the banner tells. */
  get trouble() {
    return this.#trouble;
  }

  /** Several callers share one attempt. @returns {Promise<boolean>} whether there is a session */
  attempt() {
    this.#attempt ??= this.#open().finally(() => (this.#attempt = undefined));
    return this.#attempt;
  }

  async #open() {
    this.#tell(null);
    try {
      await openSession((error) => this.#tell(error instanceof Throttled ? troubleOf(error) : null));
      this.#tell(null);
      return true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.#tell({ kind: "closed", problem: error });
      return false;
    }
  }

  #tell(trouble) {
    this.#trouble = trouble;
    this.dispatchEvent(new Event("change"));
  }
}

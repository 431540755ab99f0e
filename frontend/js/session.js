import { Problem, Throttled, insist } from "./api.js";
import { troubleOf } from "./runs/troubles.js";

const PATH = "/api/session";

/** Who sits here. Fires "owner" when that is another, with whether a person `hasLeft`, and "change". */
class Session extends EventTarget {
  #about = null;
  #trouble = null;
  #asking;

  /** GET /api/session, or null: until then nothing else can be asked. */
  get about() {
    return this.#about;
  }

  /** What is in the way of it, as describe() takes it, or null. */
  get trouble() {
    return this.#trouble;
  }

  /** A refusal is told, not thrown. */
  async open() {
    this.#tell(null);
    try {
      await this.renew((error) => this.#tell(error instanceof Throttled ? troubleOf(error) : null));
      this.#tell(null);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.#tell({ kind: "closed", problem: error });
    }
  }

  /** No more than one cookie is given at a time: several callers share one request. */
  renew(onLost) {
    this.#asking ??= this.#ask("GET", { onLost }).finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  /** @throws {Problem} when the ID token is not taken */
  signIn = (token) => this.#ask("POST", { token });

  async signOut() {
    await insist("DELETE", PATH, { isOurs: false });
    await this.renew();
  }

  async #ask(method, options) {
    const { body } = await insist(method, PATH, { ...options, isOurs: false });
    const before = this.#about;
    this.#about = body;
    const isAnother = !before || body.email !== before.email || body.owner !== before.owner;
    if (isAnother) this.dispatchEvent(new CustomEvent("owner", { detail: { hasLeft: Boolean(before?.signed_in) } }));
    this.dispatchEvent(new Event("change"));
  }

  #tell(trouble) {
    this.#trouble = trouble;
    this.dispatchEvent(new Event("change"));
  }
}

export const session = new Session();

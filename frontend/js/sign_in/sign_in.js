import { Problem } from "../api.js";
import { sentence, trace } from "../runs/troubles.js";
import { session } from "../session.js";
import { Flow } from "./flow.js";

const WINDOW = "popup,width=480,height=680";

/** Refusals that the service explains. */
const EXPLAINED = ["wrong-domain", "unverified-email"];

/** After a return to this page until it says that nothing came of the other window, ms. */
const MOMENT = 1500;

/**
 * Signing in and out. Fires "change". The other window is heard of from its last page alone: the provider's cut all other
 * ties (Cross-Origin-Opener-Policy). So nobody hears that it was closed, and a new attempt can be made at any time.
 */
class SignIn extends EventTarget {
  #channel = new BroadcastChannel("handoff sign-in");
  #flow = null;
  #news = null;
  #mustChoose = false;

  constructor() {
    super();
    this.#channel.addEventListener("message", ({ data }) => this.#hear(data));
    addEventListener("focus", () => this.#flow && setTimeout(() => this.#doubt(this.#flow), MOMENT));
  }

  /** {words, isBad} of what is under way or went wrong, or null. */
  get news() {
    return this.#news;
  }

  /** At once, or the browser would not open the other window. */
  async begin() {
    if (!isSecureContext) return this.#tell("Signing in needs an address that begins with https.", true);
    const other = open("", "_blank", WINDOW);
    if (!other) return this.#tell("The browser blocked the sign-in window. Allow pop-ups for this page.", true);
    const flow = (this.#flow = new Flow(session.about.sign_in));
    this.#tell("Sign in in the other window.");
    other.location.replace(await flow.address(this.#mustChoose));
  }

  async end() {
    this.stop();
    this.#mustChoose = true;
    try {
      await session.signOut();
      this.#channel.postMessage("");
    } catch (error) {
      this.#tell(wordsOf(error), true);
    }
  }

  stop() {
    this.#flow = null;
    this.#tell(null);
  }

  /** As the other window's last page got it; or nothing, of another tab that signed in. */
  async #hear(answer) {
    if (!answer) return session.open();
    if (!this.#flow?.isOurs(answer)) return;
    const flow = this.#flow;
    this.#flow = null;
    this.#tell("Signing in…");
    try {
      await session.signIn(await flow.token(answer));
      this.#mustChoose = false;
      this.stop();
      this.#channel.postMessage("");
    } catch (error) {
      this.#mustChoose = true; // The provider would not ask again who they are.
      this.#tell(wordsOf(error), true);
    }
  }

  #doubt(flow) {
    if (flow === this.#flow && flow) this.#tell("Not signed in yet. Closed the other window? Then sign in again.");
  }

  #tell(words, isBad = false) {
    this.#news = words && { words, isBad };
    this.dispatchEvent(new Event("change"));
  }
}

function wordsOf(error) {
  if (error instanceof Problem) {
    if (EXPLAINED.includes(error.code)) return error.detail;
    // The gateway, which looks at the token first, has one word for all that is wrong.
    return `${error.code || error.status !== 401 ? sentence(error) : "That did not sign you in"}. ${trace(error)}`;
  }
  if (error.error === "access_denied") return "You did not sign in, or were not allowed to.";
  if (error.error) return `The sign-in service refused it (${error.error}).`;
  const isAway = error instanceof TypeError || error.name === "TimeoutError";
  return isAway ? "The sign-in service cannot be reached." : "The sign-in service's answer did not hold.";
}

export const signIn = new SignIn();

import { Banner } from "./components/news.js";
import { connection } from "./connection.js";
import { session } from "./session.js";
import { Account, Notice } from "./sign_in/account.js";
import { VIEWS } from "./views.js";

/** What is offered until the session has said it. */
const NOTHING = { images: null, calls: false };

/** The page around its views: which one is seen, and which are offered. */
export class Shell {
  #views = new Map();
  #links = new Map();
  #seen = null;

  constructor() {
    for (const [name, { make }] of Object.entries(VIEWS)) {
      this.#views.set(name, new make(document.querySelector(`#${name}`)));
      this.#links.set(name, document.querySelector(`[data-view="${name}"]`));
    }
    addEventListener("hashchange", () => this.#route());
    session.addEventListener("change", () => this.#offer());
    connection.addEventListener("wake", () => session.about ?? session.open());
    this.#route();
    session.open();
  }

  #route() {
    const [found] = Object.entries(VIEWS).filter(([, { address }]) => address.test(location.hash));
    const [name, { address }] = found ?? Object.entries(VIEWS)[0];
    if (this.#seen !== name) this.#views.get(this.#seen)?.leave();
    this.#seen = name;
    for (const [other, link] of this.#links) {
      link.ariaCurrent = other === name ? "page" : null;
      document.querySelector(`#${other}`).hidden = other !== name;
    }
    this.#views.get(name).enter(address.exec(location.hash)?.[1]?.toLowerCase() ?? null);
  }

  /** A view that comes later comes after: nothing moves. */
  #offer() {
    for (const [name, link] of this.#links)
      link.parentElement.hidden = !VIEWS[name].isOffered(session.about ?? NOTHING) && name !== this.#seen;
  }
}

new Banner(document.querySelector("#banner"));
new Notice(document.querySelector("#notice"));
new Account(document.querySelector("#account"));
new Shell();

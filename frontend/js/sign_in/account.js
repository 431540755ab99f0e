import { Action } from "../components/action.js";
import { setText } from "../html.js";
import { session } from "../session.js";
import { signIn } from "./sign_in.js";

/** Who sits here, at the page's head, and the way in and out. */
export class Account {
  #email;
  #action;

  constructor(node) {
    this.#email = node.querySelector("p");
    this.#action = new Action(node.querySelector("button"));
    for (const source of [session, signIn]) source.addEventListener("change", () => this.#show(session.about));
    this.#show(null);
  }

  #show(about) {
    setText(this.#email, about?.email ?? "");
    this.#email.title = this.#email.textContent;
    const out = { label: "Sign out", icon: "leave", act: () => signIn.end(), pending: "Sign out" };
    const into = about?.sign_in ? { label: "Sign in", icon: "person", act: () => signIn.begin() } : null;
    this.#action.show(about?.signed_in ? out : into);
  }
}

/** Tells how signing in goes, over the page's foot: nothing moves. A view that tells it in its own place hides it. */
export class Notice {
  #node;
  #close;

  constructor(node) {
    this.#node = node;
    this.#close = new Action(node.querySelector("button"));
    this.#close.show({ label: "Close", icon: "cross", act: () => signIn.stop() });
    signIn.addEventListener("change", () => this.#show(signIn.news));
  }

  #show(news) {
    this.#node.hidden = !news;
    tellNews(this.#node, news);
  }
}

/** How signing in goes, in the words of a part with a status and an alert. */
export function tellNews(part, news) {
  setText(part.querySelector("[role=status]"), news && !news.isBad ? news.words : "");
  setText(part.querySelector("[role=alert]"), news?.isBad ? news.words : "");
}

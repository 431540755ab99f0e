import { Action } from "../components/action.js";
import { setText } from "../html.js";
import { wordsOf } from "../runs/troubles.js";
import { session } from "../session.js";
import { signIn } from "./sign_in.js";

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

/** How signing in goes, over the page's foot: nothing moves. A view with its own place for it hides it. */
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

export function tellNews(part, news) {
  setText(part.querySelector("[role=status]"), news && !news.isBad ? news.words : "");
  setText(part.querySelector("[role=alert]"), news?.isBad ? news.words : "");
}

/** Stands before a view for whoever has not signed in: one sentence, and the way in. */
export class Gate {
  #node;
  #sentence;
  #action;
  #words;

  /** @param words {invite, absent, closed}: to sign in, that there is no such view, that one cannot sign in */
  constructor(node, words) {
    this.#node = node;
    this.#words = words;
    this.#sentence = node.querySelector("[data-part=sentence]");
    this.#action = new Action(node.querySelector("button"));
    signIn.addEventListener("change", () => tellNews(node, signIn.news));
  }

  /** @param isThere whether the session has such a view @param trouble what is in the way of that */
  show({ isAllowed, isThere, trouble, tryNow }) {
    const { about } = session;
    const { invite, absent, closed } = this.#words;
    const again = { label: "Try again", icon: "retry", act: tryNow, pending: "Trying…", look: "strong" };
    const enter = { label: "Sign in", icon: "person", act: () => signIn.begin(), look: "strong" };
    this.#node.hidden = isAllowed;
    if (!about) setText(this.#sentence, trouble ? wordsOf(trouble) : "Loading…");
    else setText(this.#sentence, !isThere ? absent : about.sign_in ? invite : closed);
    this.#action.show(isThere && about.sign_in ? enter : !about && trouble ? again : null);
  }
}

import { copy } from "../components/clipboard.js";
import { Live } from "../components/news.js";
import { commandsAt } from "../runs/commands.js";
import { History } from "../runs/history.js";
import { isDue, isUnfinished, liveLinks, newestLink, stateOf } from "../runs/state.js";
import { Store } from "../runs/store.js";
import { RunsView } from "../runs/view.js";
import { session } from "../session.js";
import { signIn } from "../sign_in/sign_in.js";
import { describe } from "./describe.js";
import { Panel, Row } from "./parts.js";

/** The visitor's own exports: each is one run. */
export class Exports extends Store {
  constructor() {
    super("/api/exports");
  }

  runsIn = (run) => [run];

  isBusy = isUnfinished;

  /** A link's end and its downloads are news. */
  isMoving = (run) => isUnfinished(run) || liveLinks(run).length > 0;

  isStale = isDue;

  withLink = (run, id, link) => ({ ...run, links: [link, ...run.links] });
}

/** What the tab's title says while nobody sees the page. */
const TITLES = { ready: "Ready", ending: "Ready", failed: "Failed", timed_out: "Failed" };

/** The Exports view: the panel shows the one that is open, and the history all of them. */
export class ExportsView extends RunsView {
  #commands;
  #dialog;
  #panel;
  #history;
  #whose;

  constructor(root) {
    super(new Exports());
    this.#commands = commandsAt(this.store.path);
    this.#dialog = root.querySelector("dialog");
    this.#panel = new Panel(root.querySelector(".panel"), new Live(root.querySelector("[data-live]")));
    this.#history = new History(root.querySelector(".history"), this.store, (run) => new Row(run), this.listNow);
    this.#whose = root.querySelector("[data-whose]");
  }

  isAllowed = true;

  addressOf = (id) => (id ? `#export=${id}` : "");

  draw() {
    const run = this.item;
    const commands = { ...this.#commandsFor(run), tryNow: this.tryNow };
    const blank = this.store.needsSignIn ? "closed" : this.blank;
    this.#panel.show(describe({ run, blank, trouble: this.trouble }, commands));
    this.#history.show(this.openId, (listed) => this.#commandsFor(listed));
    this.#whose.textContent = session.about?.signed_in ? "Only you see it." : "Only this browser sees it.";
    const title = document.hidden && run && TITLES[stateOf(run)];
    document.title = title ? `${title} · Handoff` : "Exports · Handoff";
  }

  /** What the visitor can do with a run (or, without one, at all), by name. */
  #commandsFor(run) {
    const { create, retry, cancel, renew, revoke } = this.#commands;
    const isShown = run?.id === this.item?.id;
    const order = (send) => ({ id: run.id, runId: run.id, isShown, send });
    const change = (command) => this.desk.change(order((onLost) => command(run, onLost)));
    return {
      create: () => this.desk.begin({ isShown, send: create({}) }),
      retry: () => this.desk.begin(order(retry(run))),
      cancel: () => change(cancel),
      renew: () => change(renew),
      revoke: () => change(revoke),
      copy: () => copy(newestLink(run).url, this.#dialog),
      copyPage: () => copy(location.href, this.#dialog),
      leave: () => this.go(null),
      signIn: () => signIn.begin(),
    };
  }
}

import { copy } from "../components/clipboard.js";
import { Live } from "../components/news.js";
import { commandsAt, isDue, isUnfinished, liveLinks, newestLink, stateOf } from "../runs/run.js";
import { History } from "../runs/history.js";
import { Store } from "../runs/store.js";
import { RunsView } from "../runs/view.js";
import { session } from "../session.js";
import { signIn } from "../sign_in/sign_in.js";
import { describe } from "./describe.js";
import { Panel, Row } from "./parts.js";

/** Each is one run. */
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

/**
 * A view in which one export is asked for, waited for and handed over. Who extends it has a `title`, and a `wish`:
 * {subject, label, words}, with its `body` as POST /api/exports takes it.
 */
export class PanelView extends RunsView {
  #commands;
  #dialog = document.querySelector("#copy-dialog");
  #panel;

  constructor(root) {
    super(new Exports());
    this.#commands = commandsAt(this.store.path);
    this.#panel = new Panel(root.querySelector(".panel"), new Live(root.querySelector("[data-live]")));
  }

  draw() {
    const run = this.item;
    const blank = this.store.needsSignIn ? "closed" : this.blank;
    const commands = { ...this.commandsFor(run), tryNow: this.tryNow };
    this.#panel.show(describe({ run, blank, wish: this.wish, trouble: this.trouble }, commands));
    const title = document.hidden && run && TITLES[stateOf(run)];
    document.title = `${title || this.title} · Handoff`;
  }

  /** What can be done with a run, or without one at all. */
  commandsFor(run) {
    const { create, retry, cancel, renew, revoke } = this.#commands;
    const isShown = run?.id === this.item?.id;
    const order = (send) => ({ id: run.id, runId: run.id, isShown, send });
    const change = (command) => this.desk.change(order((onLost) => command(run, onLost)));
    const body = run ? { document: run.document, parameters: run.parameters } : this.wish.body;
    return {
      create: () => this.desk.begin({ isShown, send: create(body) }),
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

export class ExportsView extends PanelView {
  #history;
  #whose;

  constructor(root) {
    super(root);
    this.#history = new History(root.querySelector(".history"), this.store, (run) => new Row(run), this.listNow);
    this.#whose = root.querySelector("[data-whose]");
  }

  title = "Exports";

  wish = { subject: "Reference document", label: "Create PDF", words: "Create a PDF.", body: {} };

  isAllowed = true;

  addressOf = (id) => (id ? `#export=${id}` : "");

  draw() {
    super.draw();
    this.#history.show(this.openId, (listed) => this.commandsFor(listed));
    this.#whose.textContent = session.about?.signed_in ? "Only you see it." : "Only this browser sees it.";
  }
}

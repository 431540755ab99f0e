import { onTick } from "../clock.js";
import { Live } from "../components/live.js";
import { connection } from "../connection.js";
import { describe } from "./describe.js";
import { Desk } from "./desk.js";
import { Follower } from "./follower.js";
import { History } from "./history.js";
import { Keeper } from "./keeper.js";
import { Opening } from "./opening.js";
import { Panel } from "./panel.js";
import { stateOf } from "./state.js";
import { Exports } from "./store.js";

/** What the tab's title says while nobody sees the page. */
const TITLES = { ready: "Ready", ending: "Ready", failed: "Failed", timed_out: "Failed" };

/** The Exports view: which export is open, and when the server is asked about it. */
export class ExportsView {
  #store = new Exports();
  #keeper = new Keeper(this.#store);
  #follower = new Follower(this.#store);
  #opening = new Opening();
  #desk;
  #panel;
  #history;
  #id = null;
  #blank;
  #started = false;

  constructor(root) {
    this.#desk = new Desk(this, this.#store, root.querySelector("dialog"));
    this.#panel = new Panel(root.querySelector(".panel"), new Live(root.querySelector("[data-live]")));
    this.#history = new History(root.querySelector(".history"), this.#store, () => this.#listNow());
    for (const source of [this.#store, this.#desk, this.#follower, this.#opening])
      source.addEventListener("change", () => this.render());
    this.#follower.addEventListener("missing", () => this.open(this.#id, "missing"));
    connection.addEventListener("wake", () => this.#lookAgain());
    document.addEventListener("visibilitychange", () => this.render());
    onTick(() => this.#tick());
  }

  /** The id of the export that is open, or null. */
  get openId() {
    return this.#id;
  }

  /** Opens a session; from then on the server may be asked. */
  async start() {
    if (!(await this.#opening.attempt())) return this.#store.fail();
    if (this.#started) return;
    this.#started = true;
    this.open(this.#id);
    this.#store.refresh();
  }

  /** Opens an export, or with null the empty panel. `blank` is shown until the export is known. */
  open(id, blank = id ? "loading" : "empty") {
    this.#id = id;
    this.#blank = this.#started || id ? blank : "starting";
    this.#desk.forget();
    this.follow();
    this.render();
  }

  /** Asks about the open export at once, and goes on from there. */
  follow() {
    const isAskable = this.#started && this.#blank !== "missing";
    this.#follower.follow(isAskable ? this.#id : null);
  }

  render() {
    const run = this.#store.get(this.#id);
    const trouble = this.#desk.trouble ?? this.#follower.trouble ?? this.#opening.trouble;
    const commands = { ...this.#desk.commandsFor(run), tryNow: () => this.#tryNow() };
    this.#panel.show(describe({ run, blank: this.#blank, trouble }, commands));
    this.#history.show(this.#id, (listed) => this.#desk.commandsFor(listed));
    const title = document.hidden && run && TITLES[stateOf(run)];
    document.title = title ? `${title} · Handoff` : "Exports · Handoff";
  }

  #tick() {
    this.#follower.tick();
    this.#keeper.tick(this.#id);
    this.render();
  }

  #lookAgain() {
    if (!this.#started) return this.start();
    this.follow();
    this.#store.refresh();
  }

  /** What was refused is asked at once, and is not told until it is refused again. */
  async #tryNow() {
    this.#follower.forget();
    connection.wake();
    this.render();
    if (!this.#started) await this.start();
  }

  async #listNow() {
    await this.#tryNow();
    if (this.#started) await this.#store.refresh();
  }
}

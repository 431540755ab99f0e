import { onTick } from "../clock.js";
import { connection } from "../connection.js";
import { session } from "../session.js";
import { Desk } from "./desk.js";
import { Follower, Keeper } from "./watch.js";

/**
 * A view of things that were asked for: which of them is open, and when the server is asked about it. The shell says
 * when it is seen. Who extends it has
 *   draw()      writes what there is to be seen
 *   addressOf   gives the address of an item, or with null that of the view
 *   isAllowed   whether who sits here may ask the server for any of it
 */
export class RunsView {
  #keeper;
  #follower;
  #id = null;
  #blank = "starting";
  #isSeen = false;

  constructor(store) {
    this.store = store;
    this.desk = new Desk(this, store);
    this.#keeper = new Keeper(store);
    this.#follower = new Follower(store);
    for (const source of [store, this.desk, this.#follower, session])
      source.addEventListener("change", () => this.render());
    this.#follower.addEventListener("missing", () => this.open(this.#id, "missing"));
    session.addEventListener("owner", ({ detail }) => this.#begin(detail.hasLeft));
    session.addEventListener("change", () => session.trouble?.kind === "closed" && store.fail());
    connection.addEventListener("wake", () => this.#look());
    document.addEventListener("visibilitychange", () => this.render());
    onTick(() => this.#tick());
  }

  /** The id of what is open, or null. */
  get openId() {
    return this.#id;
  }

  /** What is open, as far as it is known. */
  get item() {
    return this.store.get(this.#id);
  }

  /** What is shown as long as that is not known: a word for it. */
  get blank() {
    return this.#blank;
  }

  /** What is in the way, as describe() takes it, or null. */
  get trouble() {
    return this.desk.trouble ?? this.#follower.trouble ?? session.trouble;
  }

  /** The shell shows it, with what an address names, or null. */
  enter(id) {
    this.#isSeen = true;
    this.open(id);
    this.#refresh();
  }

  /** The shell shows another: nothing is asked meanwhile. */
  leave() {
    this.#isSeen = false;
    this.#follower.follow(null);
  }

  /** Opens something, or with null nothing. `blank` is shown until it is known. */
  open(id, blank = id ? "loading" : "empty") {
    this.#id = id;
    this.#blank = session.about || id ? blank : "starting";
    this.desk.forget();
    this.follow();
    this.render();
  }

  /** Opens something that was asked for here, so that the address says so. */
  go(id, blank) {
    const address = this.addressOf(id);
    if (address !== location.hash) history.pushState(null, "", address || location.pathname);
    this.open(id, blank);
  }

  /** Asks about what is open at once, and goes on from there. */
  follow() {
    const isAskable = this.#isAskable && this.#blank !== "missing";
    this.#follower.follow(isAskable ? this.#id : null);
  }

  render() {
    if (this.#isSeen) this.draw();
  }

  /** What was refused is asked at once, and is not told until it is refused again. */
  tryNow = () => {
    this.#follower.forget();
    connection.wake();
    this.render();
  };

  /** The same of the list, which it waits for. */
  listNow = async () => {
    this.tryNow();
    await this.#refresh();
  };

  get #isAskable() {
    return this.#isSeen && this.isAllowed && session.about !== null;
  }

  /** Another person sits here, or the first. What was open is nobody else's. */
  #begin(hasLeft) {
    this.store.clear();
    if (hasLeft && this.#isSeen) this.go(null);
    else this.open(hasLeft ? null : this.#id);
    this.#refresh();
  }

  #tick() {
    if (!this.#isSeen) return;
    this.#follower.tick();
    if (this.#isAskable) this.#keeper.tick(this.#id);
    this.render();
  }

  #look() {
    this.follow();
    this.#refresh();
  }

  #refresh() {
    return this.#isAskable ? this.store.refresh() : undefined;
  }
}

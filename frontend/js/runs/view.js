import { onTick } from "../clock.js";
import { connection } from "../connection.js";
import { session } from "../session.js";
import { Desk } from "./desk.js";
import { Follower, Keeper } from "./watch.js";

/**
 * A view of things that were asked for: which is open, and when the server is asked about it. Who extends it has
 *   draw()      writes what there is to be seen
 *   addressOf   gives the address of an item, or with null that of the view
 *   isAllowed   whether who sits here may ask the server for any of it
 * and may have its own refresh() and clear(), of what else it shows.
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

  get openId() {
    return this.#id;
  }

  /** As far as it is known. */
  get item() {
    return this.store.get(this.#id);
  }

  /** What is shown until then: a word for it. */
  get blank() {
    return this.#blank;
  }

  /** As describe() takes it, or null. */
  get trouble() {
    return this.desk.trouble ?? this.#follower.trouble ?? session.trouble;
  }

  /** @param id what the address names, or null */
  enter(id) {
    this.#isSeen = true;
    this.open(id);
    this.refresh();
  }

  /** Nothing is asked meanwhile. */
  leave() {
    this.#isSeen = false;
    this.#follower.follow(null);
  }

  /** With null nothing. `blank` is shown until it is known. */
  open(id, blank = id ? "loading" : "empty") {
    this.#id = id;
    this.#blank = session.about || id ? blank : "starting";
    this.desk.forget();
    this.follow();
    this.render();
  }

  /** The same, so that the address says so. */
  go(id, blank) {
    const address = this.addressOf(id);
    if (address !== location.hash) history.pushState(null, "", address || location.pathname);
    this.open(id, blank);
  }

  follow() {
    const isAskable = this.isAskable && this.#blank !== "missing";
    this.#follower.follow(isAskable ? this.#id : null);
  }

  render() {
    if (this.#isSeen) this.draw();
  }

  /** What was refused is not told until it is refused again. */
  tryNow = () => {
    this.#follower.forget();
    connection.wake();
    this.render();
  };

  listNow = async () => {
    this.tryNow();
    await this.refresh();
  };

  get isAskable() {
    return this.#isSeen && this.isAllowed && session.about !== null;
  }

  refresh() {
    return this.isAskable ? this.store.refresh() : undefined;
  }

  clear() {
    this.store.clear();
  }

  /** Another person, or the first. What was open is nobody else's. */
  #begin(hasLeft) {
    this.clear();
    if (hasLeft && this.#isSeen) this.go(null);
    else this.open(hasLeft ? null : this.#id);
    this.refresh();
  }

  #tick() {
    if (!this.#isSeen) return;
    this.#follower.tick();
    if (this.isAskable) this.#keeper.tick(this.#id);
    this.render();
  }

  #look() {
    this.follow();
    this.refresh();
  }
}

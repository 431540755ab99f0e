import { Problem } from "../api.js";
import { Live } from "../components/news.js";
import { commandsAt, isUnfinished } from "../runs/run.js";
import { History } from "../runs/history.js";
import { Store } from "../runs/store.js";
import { RunsView } from "../runs/view.js";
import { session } from "../session.js";
import { Gate } from "../sign_in/account.js";
import { Maker } from "./maker.js";
import { Large, Row } from "./pictures.js";
import { describe, outcome } from "./states.js";
import { Tiles } from "./tiles.js";

/** Each has as many runs as images. */
export class Generations extends Store {
  constructor() {
    super("/api/generations");
  }

  runsIn = ({ images }) => images;

  isBusy = ({ images }) => images.some(isUnfinished);

  /** What was made stays seen, whatever becomes of its link. */
  isMoving = this.isBusy;

  isStale = () => false;

  withLink = ({ images, ...generation }, id, link) => ({
    ...generation,
    images: images.map((image) => (image.id === id ? { ...image, links: [link, ...image.links] } : image)),
  });
}

const GATE = {
  invite: "Sign in to create images.",
  absent: "Images are not set up here.",
  closed: "Images are for people who sign in, which is not set up here.",
};

export class ImagesView extends RunsView {
  #root;
  #gate;
  #maker;
  #tiles;
  #history;
  #live;
  #create;
  #image = commandsAt("/api/images");
  #renewing = new Set();

  constructor(root) {
    super(new Generations());
    this.#root = root;
    this.#create = commandsAt(this.store.path).create;
    this.#live = new Live(root.querySelector("[data-live]"));
    this.#gate = new Gate(root.querySelector(".gate"), GATE);
    this.#maker = new Maker(root.querySelector(".maker"), () => this.render());
    this.#tiles = new Tiles(root.querySelector(".results"), new Large(root.querySelector("dialog")));
    this.#history = new History(root.querySelector(".history"), this.store, (item) => new Row(item), this.listNow);
  }

  get isAllowed() {
    return Boolean(session.about?.signed_in && session.about.images);
  }

  addressOf = (id) => (id ? `#images/${id}` : "#images");

  draw() {
    const { item, blank, trouble, desk } = this;
    const { about } = session;
    document.title = "Images · Handoff";
    this.#gate.show({ isAllowed: this.isAllowed, isThere: Boolean(about?.images), trouble, tryNow: this.tryNow });
    for (const part of this.#root.querySelectorAll("[data-inside]"))
      part.hidden = !this.isAllowed || (part.matches(".history") && blank === "loading" && !item);
    if (!this.isAllowed) return;
    this.#maker.offer(about.images);
    const commands = { create: () => this.#begin(), tryNow: this.tryNow };
    this.#maker.show(describe({ trouble: trouble?.runId ? null : trouble }, commands));
    const isSending = desk.isBeginning || (blank === "sent" && !item);
    this.#tiles.show({ item, blank, isSending, trouble, wish: this.#maker.wish }, (run) => this.#commandsFor(item, run));
    this.#history.show(this.openId, (listed) => ({ renew: (run) => this.#renew(listed, run) }));
    if (item) this.#live.say(outcome(item), `${item.id} ${outcome(item)}`);
  }

  /** What was open gives way to the places of what is to come. */
  #begin() {
    if (!this.#maker.isFilled()) return undefined;
    this.go(null);
    return this.desk.begin({ isShown: true, send: this.#create(this.#maker.wish) });
  }

  #commandsFor(item, run) {
    if (!run) return { reuse: () => this.#maker.fill(item) };
    const { retry, cancel } = this.#image;
    const change = (send) => this.desk.change({ id: item.id, runId: run.id, isShown: true, send });
    return {
      retry: () => change(retry(run)),
      cancel: () => change((onLost) => cancel(run, onLost)),
      renew: () => this.#renew(item, run),
      download: async () => save(await change((onLost) => this.#image.renew(run, onLost))),
    };
  }

  /** A fresh link to an image that is looked at, once at a time; whether it is had shows by itself. */
  async #renew(item, run) {
    if (this.#renewing.has(run.id)) return;
    this.#renewing.add(run.id);
    try {
      this.store.putLink(item.id, run.id, await this.#image.renew(run));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.store.load(item.id);
    } finally {
      this.#renewing.delete(run.id);
    }
  }
}

function save(link) {
  if (link) Object.assign(document.createElement("a"), { href: link.url, download: "" }).click();
}

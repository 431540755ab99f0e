import { clock } from "../clock.js";
import { Action } from "../components/action.js";
import { element, html, named, setText } from "../html.js";
import { liveLinks, stateOf } from "../runs/run.js";
import { exactMoment } from "../words.js";
import { outcome, standing } from "./states.js";

/** A link with fewer milliseconds left is not begun with. */
const TOO_SHORT = 3000;

/** Until a fresh link is asked for again where one was of no use, ms. */
const PAUSE = 20_000;

/** Files that could not be shown until it is said: the first link may just have ended. */
const BELIEVED = 2;

export const usableLink = (run) => liveLinks(run).find((link) => clock.until(link.expires_at) > TOO_SHORT);

/** One image. Once seen it stays, whatever becomes of its link; none is asked for out of view. */
export class Picture {
  #place;
  #image = null;
  #run = null;
  #tried = new Set();
  #failures = 0;
  #isInView = false;
  #next = 0;

  constructor(place) {
    this.#place = place;
    const look = (entries) => (this.#isInView = entries.at(-1).isIntersecting);
    const watcher = new IntersectionObserver(look, { rootMargin: "200px" });
    watcher.observe(place.parentElement);
  }

  get isBroken() {
    return this.#failures >= BELIEVED;
  }

  /** The element, where it can be seen. */
  get image() {
    return this.#place.hidden ? null : this.#image;
  }

  show(run, prompt, renew) {
    if (run.id !== this.#run) this.clear();
    this.#run = run.id;
    if (this.image || this.isBroken || !this.#isInView) return;
    const link = usableLink(run);
    if (link && !this.#tried.has(link.id)) this.#load(link, prompt);
    else if (!this.#image && performance.now() >= this.#next) {
      this.#next = performance.now() + PAUSE;
      renew();
    }
  }

  clear() {
    this.#image?.remove();
    this.#image = this.#run = null;
    this.#failures = this.#next = 0;
    this.#place.hidden = true;
  }

  #load({ id, url }, prompt) {
    this.#tried.add(id);
    this.#image?.remove();
    const image = (this.#image = element(html`<img src="${url}" alt="${prompt}" decoding="async" draggable="false">`));
    image.addEventListener("load", () => image === this.#image && (this.#place.hidden = false));
    image.addEventListener("error", () => image === this.#image && this.#fail());
    this.#place.append(image);
  }

  #fail() {
    this.#image.remove();
    this.#image = null;
    this.#failures += 1;
  }
}

/**
 * One image as large as the window allows. It is the very element that was opened: nothing is asked for. Escape, a press
 * beside it and Close put it back, and the browser the focus.
 */
export class Large {
  #dialog;
  #parts;
  #action;
  #place = null;

  constructor(dialog) {
    this.#dialog = dialog;
    this.#parts = named(dialog);
    this.#action = new Action(this.#parts.action);
    dialog.addEventListener("close", () => this.#putBack());
    dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  }

  /** @param place the button that holds it @param action as Action.show() takes it */
  open(place, prompt, action) {
    this.#place = place;
    setText(this.#parts.prompt, prompt);
    this.#parts.image.append(place.querySelector("img"));
    this.offer(place, action);
    this.#dialog.showModal();
  }

  offer(place, action) {
    if (place === this.#place) this.#action.show(action);
  }

  #putBack() {
    const image = this.#parts.image.querySelector("img");
    if (image) this.#place.append(image);
    this.#place = null;
  }
}

export class Row {
  #parts;
  #picture;

  constructor({ id, prompt, created_at }) {
    this.node = element(html`
      <li class="row row-images">
        <span class="row-cover"><span data-part="cover" hidden></span></span>
        <a class="row-open" href="#images/${id}">
          <time datetime="${created_at}">${exactMoment(created_at)}</time>
          <span class="row-title" title="${prompt}">${prompt}</span>
        </a>
        <span class="row-state">
          <svg class="icon" aria-hidden="true"><use data-part="icon"></use></svg>
          <span data-part="words"></span>
        </span>
      </li>
    `);
    this.#parts = named(this.node);
    this.#picture = new Picture(this.#parts.cover);
  }

  show(item, isOpen, { renew }) {
    const { tone, icon } = standing(item);
    const first = item.images.find((run) => COVERS.includes(stateOf(run)));
    if (first) this.#picture.show(first, "", () => renew(first));
    this.node.dataset.tone = tone;
    this.node.querySelector(".row-open").ariaCurrent = isOpen ? "true" : null;
    this.#parts.icon.setAttribute("href", `#${icon}`);
    setText(this.#parts.words, outcome(item));
  }
}

/** States in which there is something to be seen. */
const COVERS = ["ready", "ending", "ended", "revoked"];

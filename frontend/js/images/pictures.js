import { clock } from "../clock.js";
import { Action } from "../components/action.js";
import { element, html, setText } from "../html.js";
import { liveLinks, stateOf } from "../runs/state.js";
import { exactMoment } from "../words.js";
import { outcome, standing } from "./states.js";

/** A link with fewer milliseconds left is not begun with. */
const TOO_SHORT = 3000;

/** Milliseconds until a fresh link is asked for again where one was of no use. */
const PAUSE = 20_000;

/** Files that could not be shown until it is said so: the first may have had a link that had just ended. */
const BELIEVED = 2;

/** The link to use now, if there is one. */
export const usableLink = (run) => liveLinks(run).find((link) => clock.until(link.expires_at) > TOO_SHORT);

/** One image, by a link that works. Once seen it stays, whatever becomes of the link; none is asked for out of view. */
export class Picture {
  #place;
  #image = null;
  #run = null;
  #tried = new Set();
  #failures = 0;
  #isInView = false;
  #next = 0;

  /** @param place where it appears: it is hidden until there is something to be seen */
  constructor(place) {
    this.#place = place;
    const look = (entries) => (this.#isInView = entries.at(-1).isIntersecting);
    const watcher = new IntersectionObserver(look, { rootMargin: "200px" });
    watcher.observe(place.parentElement);
  }

  /** Whether it cannot be shown, though it may be there. */
  get isBroken() {
    return this.#failures >= BELIEVED;
  }

  /** The element, where it can be seen. */
  get image() {
    return this.#place.hidden ? null : this.#image;
  }

  /** @param renew asks for a fresh link */
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
 * One image as large as the window allows. It is the very element that was opened: nothing is asked for, so its link may
 * have ended. Escape, a press beside it and Close put it back, and the browser the focus.
 */
export class Large {
  #dialog;
  #parts = {};
  #action;
  #place = null;

  constructor(dialog) {
    this.#dialog = dialog;
    for (const part of dialog.querySelectorAll("[data-part]")) this.#parts[part.dataset.part] = part;
    this.#action = new Action(this.#parts.action);
    dialog.addEventListener("close", () => this.#putBack());
    dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  }

  /** @param place the button that holds it @param action what can be done with it, as Action.show() takes it */
  open(place, prompt, action) {
    this.#place = place;
    setText(this.#parts.prompt, prompt);
    this.#parts.image.append(place.querySelector("img"));
    this.offer(place, action);
    this.#dialog.showModal();
  }

  /** What can be done with the image of a place, if it is the one that is open. */
  offer(place, action) {
    if (place === this.#place) this.#action.show(action);
  }

  #putBack() {
    const image = this.#parts.image.querySelector("img");
    if (image) this.#place.append(image);
    this.#place = null;
  }
}

/** One line of the history: the first of its images, what was asked for, and how it stands. */
export class Row {
  #parts = {};
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
    for (const node of this.node.querySelectorAll("[data-part]")) this.#parts[node.dataset.part] = node;
    this.#picture = new Picture(this.#parts.cover);
  }

  /** @param commands what can be done with its images, by name */
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

import { Action } from "../components/action.js";
import { element, html, named, renewed, setText } from "../html.js";
import { Picture } from "./pictures.js";
import { tileOf } from "./states.js";

/** The places of the images of a generation. They are there before it is: what comes is written in place. */
export class Tiles {
  #list;
  #prompt;
  #reuse;
  #large;
  #tiles = [];

  constructor(root, large) {
    this.#list = root.querySelector("ul");
    this.#prompt = root.querySelector("h2");
    this.#reuse = new Action(root.querySelector("[data-action=reuse]"));
    this.#large = large;
  }

  /** @param commandsFor gives what can be done with an image, by name, or without one with all of them */
  show({ item, blank, isSending, trouble, wish }, commandsFor) {
    const { count, size } = item ?? wish;
    setText(this.#prompt, item?.prompt ?? TITLES[isSending ? "sending" : blank] ?? "");
    this.#prompt.title = item?.prompt ?? "";
    const reuse = { label: "Use this prompt", icon: "retry", act: item && commandsFor().reuse };
    this.#reuse.show(item ? reuse : null);
    this.#list.hidden = !item && (blank === "loading" || blank === "missing"); // How many there are is not known.
    const [width, height] = size.split("x").map(Number);
    this.#list.style.setProperty("--shape", height ? `${width} / ${height}` : "1");
    while (this.#tiles.length > count) this.#tiles.pop().node.remove();
    while (this.#tiles.length < count) this.#tiles.push(new Tile(this.#list, this.#large));
    for (const [index, tile] of this.#tiles.entries()) {
      const run = item?.images[index];
      const place = { index, count, prompt: item?.prompt };
      const own = trouble?.runId && trouble.runId === run?.id ? trouble : null;
      if (run) tile.show(run, place, own, commandsFor(run));
      else tile.wait(place, isSending);
    }
  }
}

/** What stands above them as long as they have no prompt. */
const TITLES = {
  empty: "Your images will appear here",
  loading: "Looking for your images…",
  missing: "These images are not here: they are somebody else's, or were too old to keep",
  sending: "Waiting for their turn…",
};

/** The place of one image: waits for it, shows it, says what became of it. It keeps its size. */
export class Tile {
  #parts;
  #action;
  #picture;
  #large;
  #open;

  constructor(list, large) {
    this.node = element(html`
      <li class="tile">
        <div class="tile-frame">
          <div class="tile-state">
            <i class="spinner" data-part="spinner"></i>
            <svg class="icon" aria-hidden="true" data-part="icon"><use></use></svg>
            <p class="tile-words" data-part="words"></p>
            <p class="tile-detail" data-part="detail"></p>
          </div>
          <button class="tile-open" type="button" data-part="open" hidden>
            <span class="visually-hidden" data-part="open-words"></span>
          </button>
        </div>
        <div class="tile-foot">
          <p data-part="note"></p>
          <a class="button button-small" tabindex="0" data-part="action"></a>
        </div>
      </li>
    `);
    this.#parts = named(this.node);
    this.#action = new Action(this.#parts.action);
    this.#picture = new Picture(this.#parts.open);
    this.#large = large;
    this.#parts.open.addEventListener("click", () => this.#open());
    list.append(this.node);
  }

  /** @param place {index, count, prompt}: which of how many it is, and of what */
  show(run, { index, count, prompt }, trouble, commands) {
    const nth = `${index + 1} of ${count}`;
    const view = tileOf(run, this.#picture.isBroken, trouble, commands);
    if (view.isReady) this.#picture.show(run, prompt, commands.renew);
    else this.#picture.clear();
    this.#write({ note: nth, ...view });
    setText(this.#parts["open-words"], `Open ${nth}: `);
    const action = view.action && { ...view.action, name: `image ${nth}` };
    this.#action.show(action);
    this.#open = () => this.#large.open(this.#parts.open, prompt, action);
    this.#large.offer(this.#parts.open, action);
  }

  wait({ index, count }, isBusy) {
    this.#picture.clear();
    this.#write({ tone: isBusy ? "busy" : "idle", icon: isBusy ? null : "picture", note: `${index + 1} of ${count}` });
    this.#action.show(null);
  }

  #write({ tone, icon, words = "", detail = "", note, isReady }) {
    this.node.dataset.tone = tone;
    this.#parts.spinner.hidden = Boolean(icon) || (isReady && this.#picture.image);
    this.#parts.icon.toggleAttribute("hidden", !icon);
    if (icon) this.#parts.icon.firstElementChild.setAttribute("href", `#${icon}`);
    this.#parts.words = renewed(this.#parts.words, words);
    this.#parts.detail = renewed(this.#parts.detail, detail);
    this.#parts.note = renewed(this.#parts.note, note);
  }
}

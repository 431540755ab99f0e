import { Action } from "../components/action.js";
import { renewed, setText } from "../html.js";

/** The place where an export is asked for, waited for and handed over. Only what differs is written. */
export class Panel {
  #root;
  #live;
  #actions = {};
  #parts = {};

  constructor(root, live) {
    this.#root = root;
    this.#live = live;
    for (const node of root.querySelectorAll("[data-part]")) this.#parts[node.dataset.part] = node;
    for (const node of root.querySelectorAll("[data-action]")) this.#actions[node.dataset.action] = new Action(node);
  }

  /** @param view as describe() gives it */
  show(view) {
    const { words, alert, icon, ring, kind } = this.#parts;
    this.#root.dataset.tone = view.tone;
    this.#file(view);
    setText(kind, view.kind);
    setText(words, view.alert ? "" : view.words);
    setText(alert, view.alert ? view.words : "");
    this.#parts.detail = renewed(this.#parts.detail, view.detail);
    icon.setAttribute("href", `#${view.icon}`);
    ring.style.strokeDashoffset = 100 * (1 - (view.ring ?? 0));
    for (const [name, action] of Object.entries(this.#actions)) action.show(view.actions[name]);
    this.#speak(view);
  }

  #speak({ tone, alert, key, spoken, words, detail }) {
    const text = spoken ?? `${words} ${detail}`;
    if (tone !== "idle") this.#live.say(alert ? "" : text, key ?? text);
  }

  /** The file's own link: gone to by its name while it works, then struck through where it was. */
  #file({ subject, href, struck }) {
    const { file } = this.#parts;
    setText(file, subject);
    file.title = subject;
    if (href && file.getAttribute("href") !== href) file.setAttribute("href", href);
    if (!href) file.removeAttribute("href");
    file.role = struck ? "link" : null;
    file.ariaDisabled = struck ? "true" : null;
    file.toggleAttribute("download", Boolean(href));
    if (struck) file.tabIndex = 0;
    else file.removeAttribute("tabindex");
  }
}

import { Action } from "../components/action.js";
import { element, html, named, renewed, setText } from "../html.js";
import { counted, exactMoment } from "../words.js";
import { summary } from "./describe.js";

/** Where an export is asked for, waited for and handed over. Only what differs is written. */
export class Panel {
  #root;
  #live;
  #actions = {};
  #parts;

  constructor(root, live) {
    this.#root = root;
    this.#live = live;
    this.#parts = named(root);
    for (const [name, button] of Object.entries(named(root, "action"))) this.#actions[name] = new Action(button);
  }

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

  /** Gone to by its name while the link works, then struck through. */
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

/** One line of the history. */
export class Row {
  #action;
  #parts;

  constructor(run) {
    this.node = element(html`
      <li class="row">
        <a class="row-open" href="#export=${run.id}">
          <time datetime="${run.created_at}">${exactMoment(run.created_at)}</time>
          <span class="row-title" data-part="title"></span>
        </a>
        <span class="row-state">
          <svg class="icon" aria-hidden="true"><use data-part="icon"></use></svg>
          <span data-part="words"></span>
        </span>
        <span class="row-downloads" data-part="downloads"></span>
        <a class="button button-small" tabindex="0" data-part="action"></a>
      </li>
    `);
    this.#parts = named(this.node);
    this.#action = new Action(this.#parts.action);
  }

  show(run, isOpen, commands) {
    const { title, icon, words, downloads } = this.#parts;
    const view = summary(run, commands);
    const name = run.file?.name ?? run.title;
    this.node.dataset.tone = view.tone;
    this.node.querySelector(".row-open").ariaCurrent = isOpen ? "true" : null;
    setText(title, name);
    icon.setAttribute("href", `#${view.icon}`);
    setText(words, view.words);
    setText(downloads, run.file ? counted(run.downloads, "download") : "");
    this.#action.show({ ...view.action, name: `${name}, ${exactMoment(run.created_at)}` });
  }
}

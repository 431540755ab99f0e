import { Action } from "../components/action.js";
import { element, html, setText } from "../html.js";
import { counted, exactMoment } from "../words.js";
import { summary } from "./summary.js";

/** One line of the history. */
export class Row {
  #action;
  #parts = {};

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
    for (const node of this.node.querySelectorAll("[data-part]")) this.#parts[node.dataset.part] = node;
    this.#action = new Action(this.#parts.action);
  }

  /** @param commands what the action may do with this run, by name */
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

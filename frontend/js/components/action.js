import { element, html } from "../html.js";

/** A pressed action stays busy at least so long, ms: a double click does not do the next thing too. */
const ONE_PRESS = 400;

/** How long a finished action says so, ms. */
const SAID_DONE = 2000;

const iconMarkup = (name) => html`<svg class="icon" aria-hidden="true"><use href="#${name}"></use></svg>`;

/**
 * One control that keeps its place and focus while what it does changes. An `<a>` can become button and link.
 *
 * What is shown: {label, icon, href, act, name, pending, done, busy, disabled, look, lingers}. `pending` and `done` are
 * the labels during `act`, and for two seconds after. `null` offers nothing, but what has the focus stays until that has
 * left: disabled, unless it `lingers`.
 */
export class Action {
  #element;
  #spec = null;
  #pending = false;
  #done = false;
  #shown;

  constructor(element) {
    this.#element = element;
    element.addEventListener("click", (event) => this.#click(event));
    element.addEventListener("blur", () => this.#spec?.leaving && this.show(null));
    if (element.localName === "a") element.addEventListener("keydown", (event) => this.#key(event));
  }

  show(spec) {
    const old = document.activeElement === this.#element ? this.#spec : null;
    const leaving = old && { ...old, leaving: true, busy: false, disabled: !old.lingers };
    this.#spec = spec ?? leaving;
    this.#render();
  }

  focus() {
    this.#element.focus();
  }

  async #click(event) {
    const { act, href } = this.#spec ?? {};
    const disabled = this.#element.ariaDisabled === "true";
    if (disabled || !href) event.preventDefault();
    if (disabled || !act) return;
    this.#pending = true;
    this.#render();
    try {
      const [succeeded] = await Promise.all([act(), new Promise((resolve) => setTimeout(resolve, ONE_PRESS))]);
      this.#done = Boolean(this.#spec?.done) && succeeded !== false;
    } finally {
      this.#pending = false;
      this.#render();
    }
    setTimeout(() => this.#notDone(), SAID_DONE);
  }

  #notDone() {
    this.#done = false;
    this.#render();
  }

  #key(event) {
    const isButton = this.#element.role === "button";
    if (!isButton || (event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    if (!event.repeat) this.#element.click();
  }

  #render() {
    const node = this.#element;
    node.hidden = this.#spec === null;
    if (node.hidden) return;
    const { href, label, icon, name, look = "quiet", pending, done, busy, disabled, leaving } = this.#spec;
    const isPending = this.#pending && !href && !leaving;
    const isBusy = Boolean(busy || (isPending && pending));
    node.ariaBusy = String(isBusy);
    node.ariaDisabled = String(Boolean(isBusy || isPending || disabled));
    node.dataset.look = look;
    if (node.localName === "a") this.#beLink(href);
    const shown = (this.#done && done) || (isPending && pending) || label;
    this.#write(isBusy ? "busy" : this.#done ? "check" : icon, shown);
    if (name) node.ariaLabel = `${shown}, ${name}`;
  }

  /** In new nodes: a centred label that is longer than the last has not moved, it is another. */
  #write(icon, label) {
    if (this.#shown === `${icon} ${label}`) return;
    this.#shown = `${icon} ${label}`;
    this.#element.replaceChildren(
      element(icon === "busy" ? html`<i class="spinner"></i>` : iconMarkup(icon)),
      element(html`<span>${label}</span>`),
    );
  }

  #beLink(href) {
    const node = this.#element;
    node.role = href ? null : "button";
    node.toggleAttribute("download", Boolean(href));
    if (!href) node.removeAttribute("href");
    else if (node.getAttribute("href") !== href) node.setAttribute("href", href);
  }
}

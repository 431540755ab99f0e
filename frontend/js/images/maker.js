import { Action } from "../components/action.js";
import { element, html, named, renewed, setText } from "../html.js";

const SHAPES = { "-1": "Portrait", 0: "Square", 1: "Landscape" };

/** The form: what the images should show, their size, how many, and, behind its default, the quality. */
export class Maker {
  #node;
  #fields = {};
  #parts;
  #actions = {};
  #offered;
  #isEmpty = false;

  constructor(node, onChange) {
    this.#node = node;
    for (const field of node.querySelectorAll("[name]")) this.#fields[field.name] = field;
    this.#parts = named(node);
    for (const [name, button] of Object.entries(named(node, "action"))) this.#actions[name] = new Action(button);
    node.addEventListener("input", () => {
      this.#isEmpty = false;
      onChange();
    });
    node.addEventListener("keydown", ({ key, ctrlKey, metaKey }) => {
      if (key === "Enter" && (ctrlKey || metaKey)) node.querySelector("[data-action=main]").click();
    });
  }

  /** As POST /api/generations takes it. */
  get wish() {
    const { prompt, size, count, quality } = this.#fields;
    return { prompt: prompt.value.trim(), count: Number(count.value), size: size.value, quality: quality.value };
  }

  /** If not, that is told. */
  isFilled() {
    this.#isEmpty = this.wish.prompt === "";
    return !this.#isEmpty;
  }

  fill(wish) {
    for (const [name, field] of Object.entries(this.#fields)) field.value = wish[name];
  }

  offer({ sizes, qualities, max_count }) {
    const choice = JSON.stringify([sizes, qualities, max_count]);
    if (choice === this.#offered) return;
    this.#offered = choice;
    const { size, count, quality } = this.#fields;
    const counts = Array.from({ length: max_count }, (_, index) => index + 1);
    fillSelect(size, sizes, shape, "1024x1024");
    fillSelect(count, counts, String, 1);
    fillSelect(quality, qualities, (word) => word[0].toUpperCase() + word.slice(1), "medium");
  }

  show({ tone, words, alert, detail, spoken, actions }) {
    const told = this.#isEmpty ? "Say first what the images should show." : words;
    const isAlert = alert || this.#isEmpty;
    this.#node.dataset.tone = this.#isEmpty ? "bad" : tone;
    this.#fields.prompt.ariaInvalid = String(this.#isEmpty);
    setText(this.#parts.words, isAlert ? "" : told);
    setText(this.#parts.alert, isAlert ? told : "");
    this.#parts.detail = renewed(this.#parts.detail, this.#isEmpty ? "" : detail);
    for (const [name, action] of Object.entries(this.#actions)) action.show(actions[name] ?? null);
  }
}

function fillSelect(select, values, wordsFor, standard) {
  select.replaceChildren(...values.map((value) => element(html`<option value="${value}">${wordsFor(value)}</option>`)));
  select.value = values.includes(standard) ? standard : values[0];
}

/** "1024x1536" → "Portrait, 1024 × 1536" */
function shape(size) {
  const [width, height] = size.split("x").map(Number);
  return height ? `${SHAPES[Math.sign(width - height)]}, ${width} × ${height}` : "Automatic";
}

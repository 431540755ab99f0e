import { Action } from "../components/action.js";
import { element, html, renewed, setText } from "../html.js";
import { tellNews } from "../sign_in/account.js";
import { signIn } from "../sign_in/sign_in.js";
import { describe } from "./states.js";

const SHAPES = { "-1": "Portrait", 0: "Square", 1: "Landscape" };

/** The form: what the images should show, their size, how many, and, behind its default, the quality. */
export class Maker {
  #node;
  #fields = {};
  #parts = {};
  #actions = {};
  #offered;
  #isEmpty = false;

  /** @param onChange called when something else is wished for */
  constructor(node, onChange) {
    this.#node = node;
    for (const field of node.querySelectorAll("[name]")) this.#fields[field.name] = field;
    for (const part of node.querySelectorAll("[data-part]")) this.#parts[part.dataset.part] = part;
    for (const action of node.querySelectorAll("[data-action]")) this.#actions[action.dataset.action] = new Action(action);
    node.addEventListener("input", () => {
      this.#isEmpty = false;
      onChange();
    });
    node.addEventListener("keydown", ({ key, ctrlKey, metaKey }) => {
      if (key === "Enter" && (ctrlKey || metaKey)) node.querySelector("[data-action=main]").click();
    });
  }

  /** What is wished for, as POST /api/generations takes it. */
  get wish() {
    const { prompt, size, count, quality } = this.#fields;
    return { prompt: prompt.value.trim(), count: Number(count.value), size: size.value, quality: quality.value };
  }

  /** Whether there is anything to be asked for. If not, that is told. */
  isFilled() {
    this.#isEmpty = this.wish.prompt === "";
    return !this.#isEmpty;
  }

  /** Takes over what was wished for once. */
  fill(wish) {
    for (const [name, field] of Object.entries(this.#fields)) field.value = wish[name];
  }

  /** @param choice the session's `images` */
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

  /** @param view as describe() gives it */
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

/** Stands before the view for whoever has not signed in: one sentence, and the way in. */
export class Gate {
  #node;
  #sentence;
  #action;

  constructor(node) {
    this.#node = node;
    this.#sentence = node.querySelector("[data-part=sentence]");
    this.#action = new Action(node.querySelector("button"));
    signIn.addEventListener("change", () => tellNews(node, signIn.news));
  }

  /** @param about the session, if it is known */
  show(about, isAllowed, trouble, tryNow) {
    this.#node.hidden = isAllowed;
    setText(this.#sentence, sentenceFor(about, trouble));
    const enter = { label: "Sign in", icon: "person", act: () => signIn.begin(), look: "strong" };
    const again = { label: "Try again", icon: "retry", act: tryNow, pending: "Trying…", look: "strong" };
    this.#action.show(about?.images && about.sign_in ? enter : !about && trouble ? again : null);
  }
}

function sentenceFor(about, trouble) {
  if (!about && trouble) {
    const { words, detail } = describe({ trouble }, {});
    return `${words} ${detail}`;
  }
  if (!about) return "Loading…";
  if (!about.images) return "Images are not set up here.";
  return about.sign_in ? "Sign in to create images." : "Images are for people who sign in, which is not set up here.";
}

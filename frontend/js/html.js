/**
 * Markup is made here and nowhere else: every value in a template is escaped, unless it is itself a template.
 * One Trusted Types policy covers it, so the page can run under `require-trusted-types-for 'script'`.
 */
const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const policy = globalThis.trustedTypes?.createPolicy("handoff", { createHTML: (markup) => markup });

/** @returns {Markup} */
export function html(strings, ...values) {
  return new Markup(String.raw({ raw: strings }, ...values.map(escaped)));
}

/** The first element of a template, as a new node. */
export function element(markup) {
  const template = document.createElement("template");
  template.innerHTML = policy ? policy.createHTML(markup.text) : markup.text;
  return template.content.firstElementChild;
}

/** Writes a text only when it differs: nothing is repainted, selected text stays selected. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Writes a text into a new node where it differs: words that take more lines than the last have not moved anything. */
export function renewed(node, text) {
  if (node.textContent === text) return node;
  const fresh = node.cloneNode();
  fresh.textContent = text;
  node.replaceWith(fresh);
  return fresh;
}

class Markup {
  constructor(text) {
    this.text = text;
  }
}

function escaped(value) {
  if (value instanceof Markup) return value.text;
  return String(value ?? "").replace(/[&<>"']/g, (character) => ESCAPES[character]);
}

/**
 * Markup is made here and nowhere else: every value in a template is escaped, unless it is itself one, or several. One
 * Trusted Types policy covers it, for `require-trusted-types-for 'script'`.
 */
const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const policy = globalThis.trustedTypes?.createPolicy("handoff", { createHTML: (markup) => markup });

export function html(strings, ...values) {
  return new Markup(String.raw({ raw: strings }, ...values.map(escaped)));
}

export function element(markup) {
  const template = document.createElement("template");
  template.innerHTML = policy ? policy.createHTML(markup.text) : markup.text;
  return template.content.firstElementChild;
}

/** The nodes in a part of the page that have a data-part (or another), by that. */
export const named = (root, kind = "part") =>
  Object.fromEntries([...root.querySelectorAll(`[data-${kind}]`)].map((node) => [node.dataset[kind], node]));

/** Only what differs is written: selected text stays selected. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** The same in a new node: words that take more lines than the last have not moved anything. */
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
  if (Array.isArray(value)) return value.map(escaped).join("");
  return String(value ?? "").replace(/[&<>"']/g, (character) => ESCAPES[character]);
}

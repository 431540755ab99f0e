import { element, html, setText } from "../html.js";
import { moment } from "../words.js";

/** In hundredths of the chart's height: where its axis is, and how far bars reach from it. */
const AXIS = 58;
const UP = 46;
const DOWN = 38;

const KINDS = ["started", "ended", "missing"];

/** Calls as a picture, as three numbers, and as a table to be read aloud. Up goes what started, down what ended. */
export class Timeline {
  #chart;
  #marks;
  #numbers;
  #body;
  #steps;

  constructor(root) {
    this.#chart = root.querySelector(".chart");
    this.#marks = root.querySelectorAll(".chart-times > span");
    this.#numbers = root.querySelectorAll("[data-sum]");
    this.#body = root.querySelector("tbody");
  }

  /** @param steps as GET /api/calls/timeline gives them, or null */
  show(steps) {
    if (steps === this.#steps) return;
    this.#steps = steps;
    const known = steps ?? [];
    this.#chart.replaceChildren(element(picture(known)));
    for (const [index, kind] of KINDS.entries()) setText(this.#numbers[index], steps ? sum(known, kind) : "–");
    const times = steps && [steps[0].from, steps[steps.length / 2].from, steps.at(-1).to];
    for (const [index, mark] of this.#marks.entries()) setText(mark, times ? moment(times[index]) : "");
    this.#fill(known);
  }

  /** In place: whoever reads in the table is not thrown out of it. */
  #fill(steps) {
    const rows = this.#body.rows;
    while (rows.length > steps.length) rows[0].remove();
    while (rows.length < steps.length) this.#body.append(element(ROW));
    for (const [index, step] of steps.entries()) {
      const texts = [`${moment(step.from)} to ${moment(step.to)}`, ...KINDS.map((kind) => String(step[kind]))];
      for (const [column, text] of texts.entries()) setText(rows[index].cells[column], text);
    }
  }
}

const ROW = html`<tr><th scope="row"></th><td></td><td></td><td></td></tr>`;

const sum = (steps, kind) => String(steps.reduce((total, step) => total + step[kind], 0));

/** In hundredths of the space that there is: nothing is stretched. What is missing has a dot, for who sees no red. */
function picture(steps) {
  const most = Math.max(1, ...steps.flatMap(({ started, ended }) => [started, ended]));
  const width = 100 / steps.length;
  const bars = steps.map(({ started, ended, missing }, index) => {
    const up = (UP * started) / most;
    const lost = (UP * missing) / most;
    const bar = (kind, top, height) =>
      html`<rect class="bar-${kind}" x="${(index + 0.15) * width}%" y="${top}%" width="${0.7 * width}%" height="${height}%"/>`;
    const dot = html`<circle class="bar-missing" cx="${(index + 0.5) * width}%" cy="${AXIS - up - 7}%" r="4"/>`;
    return [
      bar("started", AXIS - up, up),
      missing ? [bar("missing", AXIS - lost, lost), dot] : [],
      bar("ended", AXIS + 1, (DOWN * ended) / most),
    ];
  });
  return html`<svg>${bars}<line x1="0" x2="100%" y1="${AXIS}.5%" y2="${AXIS}.5%"/></svg>`;
}

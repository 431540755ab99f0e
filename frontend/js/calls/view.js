import { Problem, insist } from "../api.js";
import { onTick } from "../clock.js";
import { Action } from "../components/action.js";
import { Live } from "../components/news.js";
import { PanelView } from "../exports/view.js";
import { element, html, named, setText } from "../html.js";
import { History } from "../runs/history.js";
import { trace, wordsOf } from "../runs/troubles.js";
import { session } from "../session.js";
import { Gate } from "../sign_in/account.js";
import { clockTime, counted, exactMoment } from "../words.js";
import { Calls, MAX_CALL, Missing, WINDOW, standing } from "./calls.js";
import { Timeline } from "./timeline.js";

/** From one look to the next while the view is seen, ms. */
const PAUSE = 10_000;

/** The Calls view: a picture of two hours, a report of them, missed endings, and all calls. */
export class CallsView extends PanelView {
  #missing = new Missing();
  #calls = new Calls();
  #inside;
  #gate;
  #timeline;
  #lists;
  #report;
  #live;
  #parts;
  #isOpened = false;
  #marking = new Map();
  #next = 0;

  constructor(root) {
    super(root);
    this.#inside = root.querySelectorAll("[data-inside]");
    this.#gate = new Gate(root.querySelector(".gate"), GATE);
    this.#timeline = new Timeline(root.querySelector(".timeline"));
    this.#parts = named(root, "calls");
    const newRow = (call) => new Row(call);
    this.#lists = [this.#missing, this.#calls].map(
      (store, index) => new History(root.querySelectorAll(".history")[index], store, newRow, this.listNow),
    );
    this.#report = new Action(root.querySelector("[data-action=report]"));
    this.#live = new Live(this.#parts.live);
    for (const store of [this.#missing, this.#calls]) store.addEventListener("change", () => this.render());
    this.#parts.all.addEventListener("toggle", () => this.refresh());
    onTick(() => performance.now() >= this.#next && this.refresh());
  }

  title = "Calls";

  get wish() {
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    const parameters = { window: WINDOW, max_call: MAX_CALL, time_zone: timeZone };
    return { ...REPORT, body: { document: "call-report", parameters } };
  }

  get isAllowed() {
    const { about } = session;
    return Boolean(about?.calls && (about.signed_in || !about.sign_in));
  }

  addressOf = (id) => (id ? `#calls/${id}` : "#calls");

  async refresh() {
    if (!this.isAskable) return;
    this.#next = performance.now() + PAUSE;
    await Promise.all([this.#missing.refresh(), this.#parts.all.open && this.#calls.refresh()]);
  }

  clear() {
    for (const store of [this.store, this.#missing, this.#calls]) store.clear();
    this.#marking.clear();
    this.#isOpened = false;
  }

  draw() {
    const { item, isAllowed, trouble, tryNow } = this;
    super.draw();
    this.#gate.show({ isAllowed, isThere: Boolean(session.about?.calls), trouble, tryNow });
    this.#isOpened ||= Boolean(this.openId);
    for (const part of this.#inside) part.hidden = !isAllowed || (part.matches(".panel") && !this.#isOpened);
    if (!isAllowed) return;
    const { listed, open, older, seenAt, steps, trouble: lookTrouble } = this.#missing;
    const isQuiet = !older && steps?.every(({ started, ended }) => started + ended === 0);
    const reason = lookTrouble ? wordsOf(lookTrouble) : "";
    this.#timeline.show(steps);
    setText(this.#parts.news, (listed === "listed" && reason) || (seenAt ? `As of ${clockTime(seenAt)}` : ""));
    setText(this.#parts.reason, `The calls could not be loaded. ${reason}`);
    setText(this.#parts.older, older ? `${counted(older, "older one")}, unresolved` : "");
    setText(this.#parts.empty, isQuiet ? QUIET : FINE);
    for (const list of this.#lists) list.show(null, (call) => this.#commandsOf(call));
    const look = this.#isOpened ? "quiet" : "strong";
    this.#report.show({ ...REPORT, icon: "file", look, disabled: this.#isOpened && !item, act: () => this.#begin() });
    if (listed === "listed") this.#live.say(spoken(open.length), open.length);
  }

  commandsFor(run) {
    return { ...super.commandsFor(run), leaveAs: { label: "Close", icon: "cross" }, leave: () => this.#close() };
  }

  /** The panel opens at once, below the button; what was in it gives way. */
  #begin() {
    this.go(null);
    this.#isOpened = true;
    const begun = this.commandsFor(undefined).create();
    this.render();
    return begun;
  }

  /** What had the focus is gone: back to where it came from. */
  #close() {
    this.#isOpened = false;
    this.go(null);
    this.#report.focus();
  }

  #commandsOf(call) {
    return { mark: () => this.#mark(call), refusal: this.#marking.get(call.id) };
  }

  async #mark(call) {
    this.#marking.delete(call.id);
    try {
      const { body } = await insist("POST", `/api/calls/${call.id}/end`);
      for (const store of [this.#missing, this.#calls])
        if (store.get(call.id)) store.put({ ...body, server_time: store.get(call.id).server_time });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.#marking.set(call.id, `Not marked. ${trace(error)}`);
      this.render();
    }
  }
}

const GATE = { invite: "Sign in to see calls.", absent: "Calls are not set up here." };

const REPORT = { subject: "Call report", label: "Export as PDF", words: "Export these two hours." };

const FINE = "None. Every call that should be over has ended.";

const QUIET = "No calls in the last two hours. Have your carrier send its events here, and you will see them at once.";

const spoken = (count) => (count ? counted(count, "suspected missed ending") : "No missed endings.");

/** One line of a list of calls. */
class Row {
  #action;
  #parts;

  constructor({ call_id, carrier, from, to, started_at, created_at }) {
    const people = from && to ? html`<p>${from} → ${to}</p>` : "";
    const begun = started_at ?? created_at;
    this.node = element(html`
      <li class="row row-call">
        <div class="row-open">
          <p class="row-title" title="${carrier}">${call_id}</p>
          <p>${started_at ? "Started " : ""}<time datetime="${begun}">${exactMoment(begun)}</time></p>
          ${people}
        </div>
        <span class="row-state">
          <svg class="icon" aria-hidden="true"><use data-part="icon"></use></svg>
          <span data-part="words"></span>
        </span>
        <span class="row-downloads" data-part="detail"></span>
        <button class="button button-small" type="button" data-part="action"></button>
      </li>
    `);
    this.#parts = named(this.node);
    this.#action = new Action(this.#parts.action);
    this.#parts.name = `${call_id}, ${exactMoment(begun)}`;
  }

  show(call, isOpen, { mark, refusal }) {
    const { tone, icon, words, detail, isMissing } = standing(call);
    this.node.dataset.tone = tone;
    this.#parts.icon.setAttribute("href", `#${icon}`);
    setText(this.#parts.words, words);
    setText(this.#parts.detail, refusal ?? detail);
    const action = { label: "Mark as ended", icon: "check", act: mark, pending: "Marking…", name: this.#parts.name };
    this.#action.show(isMissing ? action : null);
  }
}

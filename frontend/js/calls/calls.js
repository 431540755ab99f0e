import { clock } from "../clock.js";
import { Store } from "../runs/store.js";
import { age, moment } from "../words.js";

/** Without an end so long after its start a call is suspected; the view shows so long. As the API takes them, and in ms. */
export const MAX_CALL = "1h";
export const WINDOW = "2h";
const HOUR = 3_600_000;

const BOUNDS = `max_call=${MAX_CALL}&window=${WINDOW}`;

const begin = ({ started_at, created_at }) => started_at ?? created_at;

/** All calls. */
export class Calls extends Store {
  constructor() {
    super("/api/calls");
  }

  orderOf = begin;
}

/** Suspected missed endings. A line keeps its place when its call has ended after all, or was marked. */
export class Missing extends Store {
  /** How many without an end are older than what is listed. */
  older = 0;

  /** The timeline, and the server's time when it was so; null until it is known. */
  steps = null;
  seenAt = null;

  constructor() {
    super(`/events/failures?${BOUNDS}`);
  }

  orderOf = begin;

  /** Those that have no end, as far as is known. */
  get open() {
    return this.all().filter(({ marked_ended, hasEnded }) => !marked_ended && !hasEnded);
  }

  async refresh() {
    const path = `/api/calls/timeline?${BOUNDS}`;
    const take = ({ body }) => ([this.steps, this.seenAt] = [body.steps, body.server_time]);
    this.limit = Math.min(Math.max(20, this.all().length), 100);
    await Promise.all([super.refresh(), this.ask(path, { topic: "timeline" }, take)]);
    this.put();
  }

  clear() {
    this.steps = this.seenAt = null;
    this.older = 0;
    super.clear();
  }

  take(page, isNewest) {
    this.older = page.older_unresolved;
    const known = this.all().filter(({ marked_ended }) => !marked_ended);
    super.take({ ...page, items: page.items.filter(({ id }) => !this.get(id)?.marked_ended) });
    if (isNewest) this.#miss(known, page);
  }

  /** What has left the newest page has ended, or is among the older ones now. */
  #miss(known, { items, next_cursor, server_time }) {
    const listed = items.map(({ id }) => id);
    const last = next_cursor ? items.at(-1).started_at : "";
    for (const call of known) {
      if (listed.includes(call.id)) continue;
      if (clock.since(call.started_at) >= 2 * HOUR) this.drop(call.id);
      else if (call.started_at >= last) this.put({ ...call, hasEnded: true, server_time });
    }
  }
}

/** What a line says of a call: {tone, icon, words, detail, isMissing}. */
export function standing({ ended_at, end_reason, marked_ended: mark, hasEnded, started_at, last_event }) {
  const by = mark?.by ? `by ${mark.by}` : "";
  const marked = mark && `Marked as ended ${moment(mark.at)}`;
  const last = `Last: ${last_event.name}, ${moment(last_event.at)}`;
  const over = (words, detail = "") => ({ tone: "good", icon: "check", words, detail });
  if (ended_at) return over(`Ended ${moment(ended_at)}`, mark ? `${marked} ${by}` : end_reason);
  if (mark) return { ...over(marked, by || last), tone: "over" };
  if (hasEnded) return over("Has ended");
  if (!started_at) return { tone: "over", icon: "dots", words: "Announced", detail: last };
  const lasted = clock.since(started_at);
  if (lasted <= HOUR) return { tone: "busy", icon: "dots", words: `Under way for ${age(lasted)}`, detail: last };
  return { tone: "bad", icon: "alert", words: `No end after ${age(lasted)}`, detail: last, isMissing: true };
}

import { clock } from "../clock.js";
import { isDue, newestLink, stateOf } from "../runs/run.js";
import { troubles } from "../runs/troubles.js";
import { bytes, countdown, isToday, moment } from "../words.js";
import { leaveTo, live, over, stopped } from "./states/after.js";
import { blank, waiting } from "./states/before.js";

/**
 * What the panel shows, as a value, of one moment:
 *   tone     idle, busy, good, warn, bad or over
 *   words    the state; `alert`: it is a failure; `spoken` is read aloud instead, once for each `key`
 *   detail   a line more; `lasting` is what of it needs no news to be true
 *   subject, kind, href, struck    the file, its type and size, its link, whether that has ended
 *   ring     the part of the link's life that is left, 0 to 1
 *   actions  what Action.show takes: main, renew, copy, revoke, page, cancel, leave
 * `which` is said where there is no run, of the `wish`; `trouble` is what went wrong with the last request.
 */
export function describe({ run, blank: which = "empty", wish, trouble }, commands) {
  const view = run ? { ...file(run), ...STATES[stateOf(run)](run, commands) } : blank[which](commands, wish);
  const ways = { ...commands, leaving: leaveTo(commands) };
  return trouble ? { ...view, key: null, ...troubles[trouble.kind](trouble, view, ways) } : view;
}

const STATES = { ...waiting, ...live, ...over, ...stopped };

function file({ file, title }) {
  if (!file) return { subject: title, kind: "PDF" };
  const kind = file.content_type === "application/pdf" ? "PDF" : file.content_type;
  return { subject: file.name, kind: `${kind} · ${bytes(file.size)}` };
}

export function summary(run, commands) {
  return LINES[stateOf(run)](run, commands);
}

const LINES = {
  queued: (run, { cancel }) => ({ tone: "busy", icon: "dots", words: "Waiting", action: stop(cancel) }),
  running: (run, { cancel }) => ({ tone: "busy", icon: "dots", words: "Preparing", action: stop(cancel) }),
  ready: (run) => ({ ...liveLine(run), tone: "good", icon: "check" }),
  ending: (run) => ({ ...liveLine(run), tone: "warn", icon: "clock" }),
  ended: (run, { renew }) => ({ tone: "over", icon: "clock", words: endedWords(run), action: fresh(renew) }),
  revoked: (run, { renew }) => ({ tone: "over", icon: "ban", words: "Revoked", action: fresh(renew) }),
  removed: (run, { create }) => ({ tone: "over", icon: "archive", words: "File removed", action: again(create) }),
  failed: (run, { retry }) => ({ tone: "bad", icon: "alert", words: "Failed", action: resume(retry) }),
  timed_out: (run, { retry }) => ({ tone: "bad", icon: "clock", words: "Timed out", action: resume(retry) }),
  canceled: (run, { create }) => ({ tone: "over", icon: "ban", words: "Canceled", action: again(create) }),
};

const stop = (act) => ({ label: "Cancel", icon: "cross", act, pending: "Cancel" });
const fresh = (act) => ({ label: "New link", icon: "link", act, pending: "New link" });
const again = (act) => ({ label: "Create again", icon: "retry", act, pending: "Sending…" });
const resume = (act) => ({ label: "Retry", icon: "retry", act, pending: "Sending…" });

function liveLine(run) {
  const { url, expires_at } = newestLink(run);
  const words = isDue(run) ? "Checking the link" : `Ready, ${countdown(clock.until(expires_at))} left`;
  return { words, action: { label: "Download", icon: "download", href: url } };
}

/** Only today's ends have their time. */
function endedWords(run) {
  const link = newestLink(run);
  return link && isToday(link.expires_at) ? `Link ended ${moment(link.expires_at)}` : "Link ended";
}

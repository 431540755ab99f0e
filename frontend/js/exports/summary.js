import { clock } from "../clock.js";
import { countdown, isToday, moment } from "../words.js";
import { isDue, newestLink, stateOf } from "./state.js";

/** What a line of the history shows of a run: {tone, icon, words, action}. */
export function summary(run, commands) {
  return STATES[stateOf(run)](run, commands);
}

const STATES = {
  queued: (run, { cancel }) => ({ tone: "busy", icon: "dots", words: "Waiting", action: stop(cancel) }),
  running: (run, { cancel }) => ({ tone: "busy", icon: "dots", words: "Preparing", action: stop(cancel) }),
  ready: (run) => ({ ...live(run), tone: "good", icon: "check" }),
  ending: (run) => ({ ...live(run), tone: "warn", icon: "clock" }),
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

function live(run) {
  const { url, expires_at } = newestLink(run);
  const words = isDue(run) ? "Checking the link" : `Ready, ${countdown(clock.until(expires_at))} left`;
  return { words, action: { label: "Download", icon: "download", href: url } };
}

/** Today's ends have their time; the others are long past, and the line says of which day it is. */
function endedWords(run) {
  const link = newestLink(run);
  return link && isToday(link.expires_at) ? `Link ended ${moment(link.expires_at)}` : "Link ended";
}

import { clock } from "../../clock.js";
import { briefly, clockTime, countdown, downloads, duration } from "../../words.js";
import { isDue, newestLink } from "../state.js";
import { NEW_LINK } from "./over.js";
import { leaveTo } from "./stopped.js";

const MINUTE = 60_000; // ms

/** The file is made, and its newest link works. */
export const live = {
  ready: (run, commands) => ({
    ...view(run, commands),
    tone: "good",
    icon: "check",
    words: `Ready. The link works for ${countdown(left(run))}.`,
    ...spoken(run),
    lasting: `Until ${clockTime(newestLink(run).expires_at)}.`,
    detail: `Until ${clockTime(newestLink(run).expires_at)}. ${downloads(run.downloads)}.`,
  }),

  ending: (run, commands) => {
    const { actions, ...common } = view(run, commands);
    const seconds = Math.ceil(left(run) / 1000);
    return {
      ...common,
      tone: "warn",
      icon: "clock",
      words: isDue(run) ? "Checking whether the link has ended…" : `The link ends in ${briefly(seconds)}.`,
      spoken: `The link ends in ${duration(left(run))}. A new link gives you more time.`,
      key: `${newestLink(run).id} ending`,
      lasting: `At ${clockTime(newestLink(run).expires_at)}.`,
      detail: `At ${clockTime(newestLink(run).expires_at)}. A new link gives you more time.`,
      actions: { ...actions, renew: { ...NEW_LINK, look: "warn", lingers: true, act: commands.renew } },
    };
  },
};

/** Milliseconds until the newest link ends. */
const left = (run) => Math.max(0, clock.until(newestLink(run).expires_at));

/** Milliseconds from a link's making to its end. */
const life = ({ created_at, expires_at }) => Date.parse(expires_at) - Date.parse(created_at);

/** Read aloud when the link comes, and once more when a minute is left of a longer life. */
function spoken(run) {
  const isLastMinute = left(run) <= MINUTE && life(newestLink(run)) > MINUTE;
  const text = `${isLastMinute ? "" : "Ready. "}The link works for ${duration(left(run))}.`;
  return { spoken: text, key: `${newestLink(run).id} ${isLastMinute ? "last minute" : "ready"}` };
}

function view(run, { copy, revoke, ...commands }) {
  const { url } = newestLink(run);
  return {
    href: url,
    ring: left(run) / life(newestLink(run)),
    actions: {
      main: { label: "Download", icon: "download", href: url, look: "strong" },
      copy: { label: "Copy link", icon: "copy", act: copy, done: "Copied" },
      revoke: { label: "Revoke", icon: "ban", act: revoke, pending: "Revoke" },
      leave: leaveTo(commands),
    },
  };
}

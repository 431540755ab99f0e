import { clock } from "../../clock.js";
import { clockTime, counted, countdown, downloads, duration, moment } from "../../words.js";
import { isDue, newestLink } from "../state.js";
import { createAgain, leaveTo } from "./stopped.js";

const MINUTE = 60_000; // ms
const DAY = 86_400_000; // ms

const NEW_LINK = { label: "New link", icon: "link", pending: "New link", look: "strong" };

/** The file is made: what its newest link is good for. */
export const links = {
  ready: (run, commands) => ({
    ...live(run, commands),
    tone: "good",
    icon: "check",
    words: `Ready. The link works for ${countdown(left(run))}.`,
    ...spokenReady(run),
    detail: `Until ${clockTime(newestLink(run).expires_at)}. ${downloads(run.downloads)}.`,
  }),

  ending: (run, commands) => {
    const view = live(run, commands);
    const words = `The link ends in ${Math.ceil(left(run) / 1000)} s.`;
    return {
      ...view,
      tone: "warn",
      icon: "clock",
      words: isDue(run) ? "Checking whether the link has ended…" : words,
      spoken: `The link ends in ${duration(left(run))}. A new link gives you more time.`,
      key: `${newestLink(run).id} ending`,
      detail: `At ${clockTime(newestLink(run).expires_at)}. A new link gives you more time.`,
      actions: { ...view.actions, renew: { ...NEW_LINK, look: "warn", lingers: true, act: commands.renew } },
    };
  },

  ended: (run, commands) => ({
    ...over(run, commands),
    icon: "clock",
    words: `This link ended${newestLink(run) ? ` at ${clockTime(newestLink(run).expires_at)}` : ""}.`,
    detail: `Your file is still here. ${downloads(run.downloads)}.`,
  }),

  revoked: (run, commands) => ({
    ...over(run, commands),
    icon: "ban",
    words: `Revoked at ${moment(newestLink(run).revoked_at)}.`,
    detail: `Your file is still here. ${downloads(run.downloads)}.`,
  }),

  removed: ({ file }, commands) => ({
    tone: "over",
    icon: "archive",
    words: `The file was removed after ${counted(Math.round(kept(file) / DAY), "day")}.`,
    detail: "It can be made again.",
    struck: true,
    actions: { main: createAgain(commands), leave: leaveTo(commands) },
  }),
};

/** Milliseconds until the newest link ends. */
const left = (run) => Math.max(0, clock.until(newestLink(run).expires_at));

/** Milliseconds from a link's making to its end. */
const life = ({ created_at, expires_at }) => Date.parse(expires_at) - Date.parse(created_at);

/** Milliseconds a file was kept. */
const kept = ({ stored_at, kept_until }) => Date.parse(kept_until) - Date.parse(stored_at);

/** Read aloud when the link comes, and once more when a minute is left of a longer life. */
function spokenReady(run) {
  const isLastMinute = left(run) <= MINUTE && life(newestLink(run)) > MINUTE;
  const spoken = `${isLastMinute ? "" : "Ready. "}The link works for ${duration(left(run))}.`;
  return { spoken, key: `${newestLink(run).id} ${isLastMinute ? "last minute" : "ready"}` };
}

function live(run, { copy, revoke, ...commands }) {
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

/** No link works: nothing that was there has gone, and the next step stands where Download was. */
function over(run, { renew, ...commands }) {
  return {
    tone: "over",
    struck: true,
    actions: {
      main: { ...NEW_LINK, act: renew },
      copy: { label: "Copy link", icon: "copy", disabled: true },
      revoke: { label: "Revoke", icon: "ban", disabled: true },
      leave: leaveTo(commands),
    },
  };
}

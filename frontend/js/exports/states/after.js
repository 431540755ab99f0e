import { clock } from "../../clock.js";
import { isDue, newestLink } from "../../runs/run.js";
import { sentence, shortReference } from "../../runs/troubles.js";
import { briefly, clockTime, countdown, counted, downloads, duration, moment } from "../../words.js";

const MINUTE = 60_000; // ms

export const live = {
  ready: (run, commands) => ({
    ...linked(run, commands),
    tone: "good",
    icon: "check",
    words: `Ready. The link works for ${countdown(left(run))}.`,
    ...spoken(run),
    lasting: `Until ${clockTime(newestLink(run).expires_at)}.`,
    detail: `Until ${clockTime(newestLink(run).expires_at)}. ${downloads(run.downloads)}.`,
  }),

  ending: (run, commands) => {
    const { actions, ...common } = linked(run, commands);
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

const left = (run) => Math.max(0, clock.until(newestLink(run).expires_at));

const life = ({ created_at, expires_at }) => Date.parse(expires_at) - Date.parse(created_at);

/** Read aloud when the link comes, and once more when a minute is left of a longer life. */
function spoken(run) {
  const isLastMinute = left(run) <= MINUTE && life(newestLink(run)) > MINUTE;
  const text = `${isLastMinute ? "" : "Ready. "}The link works for ${duration(left(run))}.`;
  return { spoken: text, key: `${newestLink(run).id} ${isLastMinute ? "last minute" : "ready"}` };
}

function linked(run, { copy, revoke, ...commands }) {
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

const DAY = 86_400_000; // ms

export const NEW_LINK = { label: "New link", icon: "link", pending: "New link", look: "strong" };

export const over = {
  ended: (run, commands) => ({
    ...unlinked(run, commands),
    icon: "clock",
    words: `This link ended${newestLink(run) ? ` at ${clockTime(newestLink(run).expires_at)}` : ""}.`,
  }),

  revoked: (run, commands) => ({
    ...unlinked(run, commands),
    icon: "ban",
    words: `Revoked at ${moment(newestLink(run).revoked_at)}.`,
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

const kept = ({ stored_at, kept_until }) => Date.parse(kept_until) - Date.parse(stored_at);

/** Nothing has gone, and the next step stands where Download was. */
function unlinked(run, { renew, ...commands }) {
  return {
    tone: "over",
    struck: true,
    detail: `Your file is still here. ${downloads(run.downloads)}.`,
    actions: {
      main: { ...NEW_LINK, act: renew },
      copy: { label: "Copy link", icon: "copy", disabled: true },
      revoke: { label: "Revoke", icon: "ban", disabled: true },
      leave: leaveTo(commands),
    },
  };
}

export const stopped = {
  failed: (run, { retry, ...commands }) => ({
    tone: "bad",
    icon: "alert",
    alert: true,
    words: run.attempt > 1 ? `${sentence(run.problem)} (${run.attempt} tries).` : `${sentence(run.problem)}.`,
    detail: `Ref ${shortReference(run.problem?.reference)}`,
    actions: {
      main: { label: "Retry", icon: "retry", act: retry, pending: "Sending…", look: "strong" },
      leave: leaveTo(commands),
    },
  }),

  timed_out: (run, commands) => ({ ...stopped.failed(run, commands), icon: "clock" }),

  canceled: (run, commands) => ({
    tone: "over",
    icon: "ban",
    words: run.started_at ? "Canceled before it was finished." : "Canceled before it started.",
    detail: `At ${moment(run.ended_at)}. Nothing was kept.`,
    actions: { main: createAgain(commands) },
  }),
};

export const createAgain = ({ create }) => ({
  label: "Create again",
  icon: "retry",
  act: create,
  pending: "Sending…",
  look: "strong",
});

/** The way on from the export that is shown: to another, unless the view calls it otherwise. */
export const leaveTo = ({ leave, leaveAs }) => ({ label: "New export", icon: "plus", ...leaveAs, act: leave });

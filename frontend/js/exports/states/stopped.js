import { moment } from "../../words.js";

/** Ended without a file. */
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

/** Back to the empty panel: the way to another export while this one is shown. */
export const leaveTo = ({ leave }) => ({ label: "New export", icon: "plus", act: leave });

/** What a problem's title says, without its full stop. */
export const sentence = (problem) => (problem?.title ?? "It did not work").replace(/\.$/, "");

export const lowered = (text) => text.replace(/^./, (letter) => letter.toLowerCase());

/** Enough of a request's id to find it in the logs. */
export const shortReference = (reference) => reference?.slice(0, 8) ?? "none";

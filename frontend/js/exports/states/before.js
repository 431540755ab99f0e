import { clock } from "../../clock.js";
import { lowered, sentence } from "../../runs/troubles.js";
import { elapsed } from "../../words.js";

/** No run to show: none yet, one that is being asked for, one that is not there. */

const SUBJECT = { subject: "Reference document", kind: "PDF", tone: "idle", icon: "file" };

const CREATE = { label: "Create PDF", icon: "plus", pending: "Sending…", look: "strong" };

const BUSY = { busy: true, look: "strong" };

export const blank = {
  /** The page has no session yet: nothing can be clicked, so that nothing can be lost. */
  starting: () => ({ ...blank.empty({}), actions: { main: { ...CREATE, pending: "Trying…", disabled: true } } }),

  empty: ({ create }) => ({
    ...SUBJECT,
    words: "Create a PDF.",
    detail: "Its link works for 2 minutes; you can always get a new one.",
    actions: { main: { ...CREATE, act: create } },
  }),

  /** Here exports are for people who signed in. */
  closed: ({ signIn }) => ({
    ...SUBJECT,
    icon: "person",
    words: "Sign in to create a PDF.",
    detail: "What you create will be yours alone.",
    actions: { main: { label: "Sign in", icon: "person", act: signIn, look: "strong" } },
  }),

  loading: () => ({
    ...SUBJECT,
    tone: "busy",
    words: "Looking for your export…",
    detail: "",
    actions: { main: { ...BUSY, label: "Loading…" } },
  }),

  /** Accepted; its first state is on the way. */
  sent: () => ({
    ...blank.loading(),
    words: "Waiting for its turn…",
    actions: { main: { ...BUSY, label: "Preparing…" } },
  }),

  missing: ({ create }) => ({
    ...SUBJECT,
    tone: "over",
    icon: "archive",
    words: "This export is not here.",
    detail: "It belongs to another browser, or it was too old to keep.",
    actions: { main: { ...CREATE, act: create } },
  }),
};

/** From this many milliseconds on, waiting is called slow, and the visitor is told that they may leave. */
const SLOW = 10_000;

/** When each try of a run was first seen to be under way, by "<id> <try>": a retry does not move created_at. */
const beginnings = new Map();

/** Nothing to hand over yet. */
export const waiting = {
  queued: (run, commands) => view(run.problem ? "Trying again shortly" : "Waiting for its turn", run, commands),
  running: (run, commands) => view("Preparing", run, commands),
};

function view(stage, run, { cancel, copyPage }) {
  const waited = clock.since(beginning(run));
  const attempt = `Attempt ${run.attempt} of ${run.max_attempts}`;
  const begun = run.problem ? `${attempt}. Last try: ${lowered(sentence(run.problem))}.` : `${attempt}.`;
  const fact = run.attempt ? begun : "It starts by itself.";
  const main = { label: "Preparing…", busy: true, look: "strong" };
  const calm = {
    tone: "busy",
    icon: "file",
    words: `${stage}… ${elapsed(waited)}`,
    spoken: `${stage}. ${fact}`,
    detail: fact,
    actions: { main, cancel: { label: "Cancel", icon: "cross", act: cancel, pending: "Cancel" } },
  };
  if (waited < SLOW) return calm;
  const reassurance = "You can close this tab; it will be in your history.";
  const page = { label: "Copy page link", icon: "copy", act: copyPage, done: "Copied" };
  return {
    ...calm,
    words: `Still working… ${elapsed(waited)}`,
    spoken: `Still working. ${reassurance}`,
    detail: `${reassurance} ${fact}`,
    actions: { ...calm.actions, page },
  };
}

function beginning(run) {
  const key = `${run.id} ${run.try}`;
  if (!beginnings.has(key)) beginnings.set(key, run.try === 1 ? run.created_at : run.updated_at);
  return beginnings.get(key);
}

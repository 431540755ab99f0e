import { clock } from "../../clock.js";
import { lowered, sentence } from "../../runs/troubles.js";
import { elapsed } from "../../words.js";

/** No run to show. The wish is {subject, label, words}. */
export const blank = {
  /** Without a session nothing can be clicked, so nothing can be lost. */
  starting: (commands, wish) => begin(wish, { disabled: true }),

  empty: ({ create }, wish) => begin(wish, { act: create, pending: "Sending…" }),

  closed: ({ signIn }, { subject }) => ({
    ...about(subject),
    icon: "person",
    words: "Sign in to create a PDF.",
    detail: "What you create will be yours alone.",
    actions: { main: { label: "Sign in", icon: "person", act: signIn, look: "strong" } },
  }),

  loading: (commands, { subject }) => busy(subject, "Looking for your export…", "Loading…"),

  /** Accepted; its first state is on the way. */
  sent: (commands, { subject }) => busy(subject, "Waiting for its turn…", "Preparing…"),

  missing: (commands, wish) => ({
    ...blank.empty(commands, wish),
    tone: "over",
    icon: "archive",
    words: "This export is not here.",
    detail: "It belongs to another browser, or it was too old to keep.",
  }),
};

const about = (subject) => ({ subject, kind: "PDF", tone: "idle", icon: "file" });

const begin = ({ subject, label, words }, main) => ({
  ...about(subject),
  words,
  detail: "Its link works for 2 minutes; you can always get a new one.",
  actions: { main: { label, icon: "plus", look: "strong", ...main } },
});

const busy = (subject, words, label) => ({
  ...about(subject),
  tone: "busy",
  words,
  detail: "",
  actions: { main: { label, busy: true, look: "strong" } },
});

/** From so many milliseconds on the visitor is told that they may leave. */
const SLOW = 10_000;

/** When each try was first seen under way, by "<id> <try>": a retry does not move created_at. */
const beginnings = new Map();

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

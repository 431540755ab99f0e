import { clock } from "../../clock.js";
import { elapsed } from "../../words.js";
import { lowered, sentence } from "./stopped.js";

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

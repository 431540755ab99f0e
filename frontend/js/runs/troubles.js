import { Throttled, Unavailable } from "../api.js";
import { briefly } from "../words.js";

/** How long 429 is waited for when the server does not say, ms. */
const SOME_TIME = 5000;

/** An error, as describe() takes it. `again` sends the same request once more. */
export function troubleOf(error, again) {
  if (error instanceof Throttled) return { kind: "paused", until: performance.now() + error.retryAfter };
  if (error instanceof Unavailable) return { kind: "lost" };
  if (error.status === 429) return { kind: "busy", until: performance.now() + (error.retryAfter || SOME_TIME) };
  if (error.code === "sign-in-needed") return { kind: "signIn" };
  return { kind: "refused", problem: error, again: error.isBug ? again : undefined };
}

const RETRY = { label: "Retry", icon: "retry", pending: "Sending…", look: "strong" };

/** What went wrong with the last request, laid over what the panel shows. */
export const troubles = {
  /** The same request, under the same key, is being sent again. */
  lost: () => ({
    tone: "busy",
    icon: "offline",
    alert: false,
    words: "Connection dropped.",
    detail: "Checking whether it was received…",
    spoken: "Connection dropped. Checking whether it was received.",
  }),

  /** 429: the button comes back by itself. */
  busy: ({ until }, view) => ({
    ...tooMany(until, "Try again"),
    detail: "The button will work again by itself.",
    spoken: "Too many requests. The button will work again by itself.",
    actions: { ...view.actions, main: { ...view.actions.main, disabled: true } },
  }),

  /** 429 to what the page itself asks. */
  paused: ({ until }) => ({
    ...tooMany(until, "Asking again"),
    detail: "There is nothing you need to do.",
    spoken: "Too many requests. The page asks again by itself.",
  }),

  /** `again` stands where the pressed button stood. */
  refused: ({ problem, again }, { actions }) => ({
    ...refusal(problem),
    detail: trace(problem),
    actions: again && actions.main.act ? { ...actions, main: { ...RETRY, act: again } } : actions,
  }),

  /** Without a session nothing else can be asked. */
  closed: ({ problem }, view, { tryNow }) => ({
    ...refusal(problem),
    detail: `The page could not start. ${trace(problem)}`,
    actions: { main: { ...RETRY, label: "Try again", pending: "Trying…", act: tryNow } },
  }),

  signIn: (trouble, view, { signIn }) => ({
    tone: "warn",
    icon: "person",
    alert: false,
    words: "Sign in first.",
    detail: "Then it can be made, and will be yours alone.",
    actions: { main: { label: "Sign in", icon: "person", act: signIn, look: "strong" } },
  }),

  unseen,
};

/** In a sentence or two. */
export function wordsOf(trouble) {
  if (trouble.kind === "lost") return "No answer. Asking again…";
  const { words, detail } = troubles[trouble.kind](trouble, { actions: { main: {} } }, {});
  return trouble.kind === "paused" ? words : `${words} ${detail}`;
}

function tooMany(until, next) {
  const seconds = Math.ceil((until - performance.now()) / 1000);
  const words = `Too many requests. ${next} ${seconds > 0 ? `in ${briefly(seconds)}` : "shortly"}.`;
  return { tone: "warn", icon: "clock", alert: false, words };
}

/**
 * Looking is refused. What is known stays in sight while it is of use: not words of waiting for news, nor of a link whose
 * time is over by this page's reckoning alone.
 */
export function unseen({ problem }, view, { tryNow, leaving }) {
  const again = { label: "Try now", icon: "retry", act: tryNow, pending: "Trying…" };
  const isWaiting = view.actions.main.busy || view.ring === 0;
  if (!isWaiting) {
    const detail = `${view.lasting ?? ""} Updates could not be loaded. ${trace(problem)}`.trim();
    const spoken = view.spoken && { spoken: `${view.spoken} ${detail}`, key: `${view.key} unseen` };
    return { detail, ...spoken, actions: { renew: again, ...view.actions } };
  }
  const leave = view.actions.cancel ? null : leaving;
  return {
    ...refusal(problem),
    detail: `Its state could not be loaded. ${trace(problem)}`,
    actions: { leave, ...view.actions, main: { ...again, look: "strong" } },
  };
}

export const refusal = (problem) => ({
  tone: "bad",
  icon: "alert",
  alert: true,
  words: `${sentence(problem)}.`,
});

/** A proxy that refuses by itself gives no reference. */
export const trace = ({ reference, status }) => (reference ? `Ref ${shortReference(reference)}` : `Status ${status}`);

export const sentence = (problem) => (problem?.title ?? "It did not work").replace(/\.$/, "");

export const lowered = (text) => text.replace(/^./, (letter) => letter.toLowerCase());

export const shortReference = (reference) => reference?.slice(0, 8) ?? "none";

import { Throttled, Unavailable } from "../api.js";
import { briefly } from "../words.js";

/** How long 429 is waited for when the server does not say, in milliseconds. */
const SOME_TIME = 5000;

/**
 * An error, as describe() takes it. Times are those of performance.now().
 * @param {() => Promise} again sends the very same request once more, for a refusal that may have been a mishap
 */
export function troubleOf(error, again) {
  if (error instanceof Throttled) return { kind: "paused", until: performance.now() + error.retryAfter };
  if (error instanceof Unavailable) return { kind: "lost" };
  if (error.status === 429) return { kind: "busy", until: performance.now() + (error.retryAfter || SOME_TIME) };
  if (error.code === "sign-in-needed") return { kind: "signIn" };
  return { kind: "refused", problem: error, again: error.isBug ? again : undefined };
}

const RETRY = { label: "Retry", icon: "retry", pending: "Sending…", look: "strong" };

/** What went wrong with the visitor's last request, or the page's own, laid over what the panel shows. */
export const troubles = {
  /** No answer came. The same request, under the same key, is being sent again. */
  lost: () => ({
    tone: "busy",
    icon: "offline",
    alert: false,
    words: "Connection dropped.",
    detail: "Checking whether it was received…",
    spoken: "Connection dropped. Checking whether it was received.",
  }),

  /** 429: the button comes back by itself when the server's wait is over. */
  busy: ({ until }, view) => ({
    ...tooMany(until, "Try again"),
    detail: "The button will work again by itself.",
    spoken: "Too many requests. The button will work again by itself.",
    actions: { ...view.actions, main: { ...view.actions.main, disabled: true } },
  }),

  /** 429 to what the page itself asks: it asks again. */
  paused: ({ until }) => ({
    ...tooMany(until, "Asking again"),
    detail: "There is nothing you need to do.",
    spoken: "Too many requests. The page asks again by itself.",
  }),

  /** `again` is there for a bug, and stands where the pressed button stood; any other button is still what it was. */
  refused: ({ problem, again }, { actions }) => ({
    ...refusal(problem),
    detail: trace(problem),
    actions: again && actions.main.act ? { ...actions, main: { ...RETRY, act: again } } : actions,
  }),

  /** The session was refused, so nothing else can be asked. */
  closed: ({ problem }, view, { tryNow }) => ({
    ...refusal(problem),
    detail: `The page could not start. ${trace(problem)}`,
    actions: { main: { ...RETRY, label: "Try again", pending: "Trying…", act: tryNow } },
  }),

  /** What was asked for is for people who signed in. */
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

function tooMany(until, next) {
  const seconds = Math.ceil((until - performance.now()) / 1000);
  const words = `Too many requests. ${next} ${seconds > 0 ? `in ${briefly(seconds)}` : "shortly"}.`;
  return { tone: "warn", icon: "clock", alert: false, words };
}

/**
 * The server refuses to tell how it is. What is known of it stays in sight while it is of use; the words give
 * way where they tell of a wait for news, or of a link whose time is over by this page's reckoning alone.
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

/** A refusal in words, as a failure. */
export const refusal = (problem) => ({
  tone: "bad",
  icon: "alert",
  alert: true,
  words: `${sentence(problem)}.`,
});

/** What finds it in the logs. A proxy that refuses by itself gives no reference. */
export const trace = ({ reference, status }) => (reference ? `Ref ${shortReference(reference)}` : `Status ${status}`);

/** What a problem's title says, without its full stop. */
export const sentence = (problem) => (problem?.title ?? "It did not work").replace(/\.$/, "");

export const lowered = (text) => text.replace(/^./, (letter) => letter.toLowerCase());

/** Enough of a request's id to find it in the logs. */
export const shortReference = (reference) => reference?.slice(0, 8) ?? "none";

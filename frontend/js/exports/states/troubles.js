import { briefly } from "../../words.js";
import { refusal, trace } from "./refusal.js";
import { unseen } from "./unseen.js";

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

  unseen,
};

function tooMany(until, next) {
  const seconds = Math.ceil((until - performance.now()) / 1000);
  const words = `Too many requests. ${next} ${seconds > 0 ? `in ${briefly(seconds)}` : "shortly"}.`;
  return { tone: "warn", icon: "clock", alert: false, words };
}

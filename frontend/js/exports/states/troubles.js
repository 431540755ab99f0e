import { sentence, shortReference } from "./stopped.js";

/** What went wrong with the visitor's last request, laid over what the panel shows. */
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
    tone: "warn",
    icon: "clock",
    alert: false,
    words: `Too many requests. Try again in ${Math.max(1, Math.ceil((until - performance.now()) / 1000))} s.`,
    detail: "The button will work again by itself.",
    spoken: "Too many requests. The button will work again by itself.",
    actions: { ...view.actions, main: { ...view.actions.main, disabled: true } },
  }),

  refused: ({ problem }) => ({
    tone: "bad",
    icon: "alert",
    alert: true,
    words: `${sentence(problem)}.`,
    detail: `Ref ${shortReference(problem.reference)}`,
  }),
};

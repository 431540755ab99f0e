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

import { refusal, trace } from "./refusal.js";
import { leaveTo } from "./stopped.js";

/**
 * The server refuses to tell how an export is. What is known of it stays in sight while it is of use; the words give
 * way where they tell of a wait for news, or of a link whose time is over by this page's reckoning alone.
 */
export function unseen({ problem }, view, { tryNow, ...commands }) {
  const again = { label: "Try now", icon: "retry", act: tryNow, pending: "Trying…" };
  const isWaiting = view.actions.main.busy || view.ring === 0;
  if (!isWaiting) {
    const detail = `${view.lasting ?? ""} Updates could not be loaded. ${trace(problem)}`.trim();
    const spoken = view.spoken && { spoken: `${view.spoken} ${detail}`, key: `${view.key} unseen` };
    return { detail, ...spoken, actions: { renew: again, ...view.actions } };
  }
  const leave = view.actions.cancel ? null : leaveTo(commands);
  return {
    ...refusal(problem),
    detail: `Its state could not be loaded. ${trace(problem)}`,
    actions: { leave, ...view.actions, main: { ...again, look: "strong" } },
  };
}

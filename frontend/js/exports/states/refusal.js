import { sentence, shortReference } from "./stopped.js";

/** A refusal in words, as a failure. */
export const refusal = (problem) => ({
  tone: "bad",
  icon: "alert",
  alert: true,
  words: `${sentence(problem)}.`,
});

/** What finds it in the logs. A proxy that refuses by itself gives no reference. */
export const trace = ({ reference, status }) => (reference ? `Ref ${shortReference(reference)}` : `Status ${status}`);

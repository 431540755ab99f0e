import { clock } from "../clock.js";
import { isUnfinished, stateOf } from "../runs/run.js";
import { lowered, sentence, shortReference, troubles } from "../runs/troubles.js";
import { bytes, counted, elapsed } from "../words.js";
import { usableLink } from "./pictures.js";

const FORM = {
  tone: "idle",
  words: "",
  detail: "Each appears as soon as it is made. Only you see them.",
};

/** What the form shows, as the panel of an export has it. */
export function describe({ trouble }, commands) {
  const main = { label: "Create images", icon: "plus", act: commands.create, pending: "Sending…", look: "strong" };
  const view = { ...FORM, actions: { main } };
  return trouble ? { ...view, ...troubles[trouble.kind](trouble, view, commands) } : view;
}

/** How it stands with the images of a generation. */
export function outcome({ images }) {
  const count = (...states) => images.filter((image) => states.includes(stateOf(image))).length;
  const failed = count("failed", "timed_out");
  const ready = count("ready", "ending", "ended", "revoked");
  const gone = count("removed", "canceled");
  const parts = [];
  if (ready || images.some(isUnfinished)) parts.push(`${ready} of ${images.length} ready`);
  if (failed) parts.push(`${failed} failed`);
  if (gone === images.length) parts.push(images.some(({ file }) => file) ? "Removed" : "Canceled");
  return parts.join(", ");
}

/** The same as a colour and an icon. */
export function standing({ images }) {
  const states = images.map(stateOf);
  if (images.some(isUnfinished)) return { tone: "busy", icon: "dots" };
  if (states.some((state) => state === "failed" || state === "timed_out")) return { tone: "bad", icon: "alert" };
  if (states.every((state) => state === "canceled" || state === "removed")) return { tone: "over", icon: "ban" };
  return { tone: "good", icon: "check" };
}

/**
 * What the place of an image shows while there is nothing to be seen in it: {tone, icon, words, detail}; without an icon
 * it turns. And in any case {isReady, note, action}.
 */
export function tileOf(run, isBroken, trouble, commands) {
  const view = STATES[stateOf(run)](run, commands);
  if (isBroken && view.isReady) Object.assign(view, { icon: "alert", ...UNSHOWN });
  if (!trouble) return view;
  const { words, actions } = troubles[trouble.kind](trouble, { actions: { main: view.action } }, commands);
  return { ...view, note: words, action: actions?.main ?? view.action };
}

const UNSHOWN = { tone: "over", words: "It cannot be shown here.", detail: "You can download it." };

const STATES = {
  queued: (run, { cancel }) => ({ ...waiting(run), tone: "busy", action: stop(cancel) }),
  running: (run, { cancel }) => ({ tone: "busy", words: "Almost there…", detail: "", action: stop(cancel) }),
  ready: (run, commands) => there(run, commands),
  ending: (run, commands) => there(run, commands),
  ended: (run, commands) => there(run, commands),
  revoked: (run, commands) => there(run, commands),

  removed: ({ file }) => ({
    tone: "over",
    icon: "archive",
    words: "It was removed.",
    detail: `Images are kept for ${counted(Math.round((Date.parse(file.kept_until) - Date.parse(file.stored_at)) / 86_400_000), "day")}.`,
    action: null,
  }),

  failed: (run, { retry }) => ({
    tone: "bad",
    icon: "alert",
    words: `${sentence(run.problem)}.`,
    detail: [run.attempt > 1 && counted(run.attempt, "try", "tries"), `Ref ${shortReference(run.problem?.reference)}`]
      .filter(Boolean)
      .join(" · "),
    action: again(retry),
  }),

  timed_out: (run, commands) => ({ ...STATES.failed(run, commands), icon: "clock" }),

  canceled: (run, { retry }) => ({ tone: "over", icon: "ban", words: "Canceled.", detail: "", action: again(retry) }),
};

const stop = (act) => ({ label: "Cancel", icon: "cross", act, pending: "Cancel" });
const again = (act) => ({ label: "Retry", icon: "retry", act, pending: "Sending…" });

/** The provider is at work from started_at on; of a try that failed it is told while the next is awaited. */
function waiting(run) {
  if (run.problem)
    return { words: "Trying again shortly…", detail: `Last try: ${lowered(sentence(run.problem))}.` };
  if (!run.started_at) return { words: "Waiting for its turn…", detail: "" };
  return { words: `Being made… ${elapsed(clock.since(run.started_at))}`, detail: "" };
}

/** A press on Download is a press on a link that works: where there is none, one is made first. */
function there(run, { download }) {
  const link = usableLink(run);
  const action = { label: "Download", icon: "download", href: link?.url, act: link ? undefined : download };
  return { isReady: true, tone: "good", words: "", detail: "", note: bytes(run.file.size), action };
}

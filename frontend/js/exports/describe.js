import { bytes } from "../words.js";
import { stateOf } from "./state.js";
import { blank } from "./states/blank.js";
import { live } from "./states/live.js";
import { over } from "./states/over.js";
import { stopped } from "./states/stopped.js";
import { troubles } from "./states/troubles.js";
import { waiting } from "./states/waiting.js";

/**
 * What the panel shows, as a value, of one moment:
 *   tone     idle, busy, good, warn, bad or over
 *   icon     the name of one in index.html
 *   words    the state in words; `alert` says that it is a failure, `spoken` is what is read aloud instead, once for
 *            each `key`
 *   detail   one or two lines more; `lasting` is what of them needs no news to be true
 *   subject, kind, href, struck    the file (or what it will be), its type and size, its link, whether that has ended
 *   ring     the part of the link's life that is left, 0 to 1
 *   actions  what Action.show takes, by name: main, renew, copy, revoke, page, cancel, leave
 *
 * @param {{run?: object, blank?: string, trouble?: object}} moment a run as GET /api/exports/{id} gives it, or which
 *   blank; and what went wrong with the last request
 * @param commands what the actions do, by name
 */
export function describe({ run, blank: which = "empty", trouble }, commands) {
  const view = run ? { ...file(run), ...STATES[stateOf(run)](run, commands) } : blank[which](commands);
  return trouble ? { ...view, key: null, ...troubles[trouble.kind](trouble, view, commands) } : view;
}

const STATES = { ...waiting, ...live, ...over, ...stopped };

function file({ file, title }) {
  if (!file) return { subject: title, kind: "PDF" };
  const kind = file.content_type === "application/pdf" ? "PDF" : file.content_type;
  return { subject: file.name, kind: `${kind} · ${bytes(file.size)}` };
}

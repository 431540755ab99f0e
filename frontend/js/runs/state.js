import { clock } from "../clock.js";

/** A link with this many milliseconds left, or fewer, is about to end: a new one is offered (WCAG 2.2.1). */
const ENDING = 20_000;

const UNFINISHED = ["queued", "running"];

/**
 * What a visitor should be told about a run: an export, as GET /api/exports/{id} gives it, or an image of a generation.
 * queued, running, failed, canceled, timed_out as they are, and for a ready one what its newest link and its file are:
 * ready, ending, ended, revoked, removed. Only the server says "ended".
 */
export function stateOf(run) {
  if (run.state !== "ready") return run.state;
  const link = newestLink(run);
  if (run.file?.removed_at) return "removed";
  if (link?.state !== "live") return link?.state ?? "ended";
  return clock.until(link.expires_at) > ENDING ? "ready" : "ending";
}

/** The newest that works, even under a newer one that was revoked: what works can be had, and revoked. Else the newest. */
export const newestLink = (run) => liveLinks(run)[0] ?? run.links[0];

/** Newest first. */
export const liveLinks = (run) => run.links.filter((link) => link.state === "live");

export const isUnfinished = (run) => UNFINISHED.includes(run.state);

/** Whether a link is by this page's reckoning over, though the server has not said so yet. */
export const isDue = (run) => liveLinks(run).some((link) => clock.until(link.expires_at) <= 0);

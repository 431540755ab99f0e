import { clockTime, counted, downloads, moment } from "../../words.js";
import { newestLink } from "../state.js";
import { createAgain, leaveTo } from "./stopped.js";

const DAY = 86_400_000; // ms

export const NEW_LINK = { label: "New link", icon: "link", pending: "New link", look: "strong" };

/** The file was made, and no link to it works. */
export const over = {
  ended: (run, commands) => ({
    ...view(run, commands),
    icon: "clock",
    words: `This link ended${newestLink(run) ? ` at ${clockTime(newestLink(run).expires_at)}` : ""}.`,
  }),

  revoked: (run, commands) => ({
    ...view(run, commands),
    icon: "ban",
    words: `Revoked at ${moment(newestLink(run).revoked_at)}.`,
  }),

  removed: ({ file }, commands) => ({
    tone: "over",
    icon: "archive",
    words: `The file was removed after ${counted(Math.round(kept(file) / DAY), "day")}.`,
    detail: "It can be made again.",
    struck: true,
    actions: { main: createAgain(commands), leave: leaveTo(commands) },
  }),
};

/** Milliseconds a file was kept. */
const kept = ({ stored_at, kept_until }) => Date.parse(kept_until) - Date.parse(stored_at);

/** Nothing that was there has gone, and the next step stands where Download was. */
function view(run, { renew, ...commands }) {
  return {
    tone: "over",
    struck: true,
    detail: `Your file is still here. ${downloads(run.downloads)}.`,
    actions: {
      main: { ...NEW_LINK, act: renew },
      copy: { label: "Copy link", icon: "copy", disabled: true },
      revoke: { label: "Revoke", icon: "ban", disabled: true },
      leave: leaveTo(commands),
    },
  };
}

/*
 * Runs the attempts that node.py asks for, one JSON line each, with the code that Trigger.dev runs. What trigger/deliver.ts
 * does besides, asking for runs and telling Trigger.dev when to try again, the Python beside this does.
 */
import { createInterface } from "node:readline";
import { deliver, type Outcome } from "../../trigger_dev/src/deliver.ts";
import type { Attempt, Payload } from "../../trigger_dev/src/payload.ts";

type Asked = { asked: number; payload: Payload; attempt: Attempt };
type CutOff = { cutOff: number };

/** Trigger.dev tries a task again that throws. */
const FAILED: Outcome = { kind: "again", told: "failed", reports: [], pauseSeconds: 5, pauseIsTheirs: false };

const underWay = new Map<number, AbortController>();

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const told = JSON.parse(line) as Asked | CutOff;
    if ("cutOff" in told) underWay.get(told.cutOff)?.abort();
    else void run(told);
  })
  // Whoever asked is gone.
  .on("close", () => process.exit());

async function run({ asked, payload, attempt }: Asked): Promise<void> {
  const controller = new AbortController();
  underWay.set(asked, controller);
  const outcome = await deliver(payload, attempt, process.env, fetch, controller.signal).catch(() =>
    controller.signal.aborted ? null : FAILED,
  );
  underWay.delete(asked);
  process.stdout.write(`${JSON.stringify({ asked, outcome })}\n`);
}

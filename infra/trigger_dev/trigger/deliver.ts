import { AbortTaskRunError, task } from "@trigger.dev/sdk";
import { deliver } from "../src/deliver.ts";
import type { Payload } from "../src/payload.ts";

/** Another attempt, at the time the answer or the message asked for. */
class AgainError extends Error {
  readonly at: Date;

  constructor(told: string, at: Date) {
    super(told);
    this.name = "AgainError";
    this.at = at;
  }
}

/** An attempt of a run is an attempt of the message. The decisions are in src/, which knows nothing of Trigger.dev. */
export const handoffDeliver = task({
  id: "handoff-deliver",
  // How often is each run's `maxAttempts`; the pause below is only for a failure of Trigger.dev's own.
  retry: { maxAttempts: 4, minTimeoutInMs: 5_000, factor: 2, maxTimeoutInMs: 3_600_000, randomize: false },
  run: async (payload: Payload, { ctx, signal }): Promise<{ told: string }> => {
    const attempt = { runId: ctx.run.id, number: ctx.attempt.number };
    const outcome = await deliver(payload, attempt, process.env, fetch, signal);
    for (const { once, payload: report } of outcome.reports) {
      // Within a run, the key is the run's own: https://trigger.dev/docs/idempotency#understanding-scopes
      await handoffDeliver.trigger(report, { idempotencyKey: once, maxAttempts: report.retries + 1, tags: ["handoff"] });
    }
    if (outcome.kind === "again") {
      throw new AgainError(outcome.told, new Date(Date.now() + outcome.pauseSeconds * 1000));
    }
    if (outcome.kind === "given up") throw new AbortTaskRunError(outcome.told);
    return { told: outcome.told };
  },
  catchError: ({ error }) => (error instanceof AgainError ? { retryAt: error.at } : undefined),
});

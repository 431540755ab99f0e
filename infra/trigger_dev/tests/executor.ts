/*
 * Runs attempts as Trigger.dev's own worker does: the task as it is deployed, in the vendor's executor, asked by the JSON
 * lines that infra/local/trigger_dev/runner.mts is asked by. Reports go to TRIGGER_API_URL, through the vendor's SDK.
 * A worker has one run at a time, so each attempt has a thread to itself.
 */
import { createInterface } from "node:readline";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { TriggerTracer } from "@trigger.dev/core/v3/tracer";
import {
  ConsoleInterceptor,
  StandardLifecycleHooksManager,
  StandardResourceCatalog,
  TaskExecutor,
} from "@trigger.dev/core/v3/workers";
import { lifecycleHooks, resourceCatalog, taskContext } from "@trigger.dev/core/v3";

type Asked = { asked: number; payload: unknown; attempt: { runId: string; number: number } };
type CutOff = { cutOff: number };

if (isMainThread) {
  const underWay = new Map<number, Worker>();
  createInterface({ input: process.stdin })
    .on("line", (line) => {
      const told = JSON.parse(line) as Asked | CutOff;
      if ("cutOff" in told) {
        underWay.get(told.cutOff)?.postMessage("cut off");
        return;
      }
      const worker = new Worker(new URL(import.meta.url), { workerData: told });
      underWay.set(told.asked, worker);
      worker.on("message", (outcome: unknown) => {
        process.stdout.write(`${JSON.stringify({ asked: told.asked, outcome })}\n`);
      });
    })
    .on("close", () => process.exit());
} else {
  const { payload, attempt } = workerData as Asked;
  parentPort?.postMessage(await execute(payload, attempt));
  process.exit();
}

async function execute(payload: unknown, attempt: Asked["attempt"]): Promise<unknown> {
  const catalog = new StandardResourceCatalog();
  resourceCatalog.setGlobalResourceCatalog(catalog);
  lifecycleHooks.setGlobalLifecycleHooksManager(new StandardLifecycleHooksManager());
  resourceCatalog.setCurrentFileContext("trigger/deliver.ts", "deliver");
  await import("../trigger/deliver.ts");
  const task = catalog.getTask("handoff-deliver");
  if (!task) throw new Error("the task did not register");

  const now = new Date();
  const ctx = {
    attempt: { id: "attempt_1", number: attempt.number, startedAt: now, status: "EXECUTING" },
    task: { id: task.id, filePath: "trigger/deliver.ts" },
    run: {
      id: attempt.runId, payload: JSON.stringify(payload), payloadType: "application/json", tags: [], isTest: false,
      isReplay: false, createdAt: now, startedAt: now, durationMs: 0, costInCents: 0, baseCostInCents: 0,
      maxAttempts: (payload as { retries: number }).retries + 1,
    },
    environment: { id: "env_1", slug: "prod", type: "PRODUCTION" as const },
    organization: { id: "org_1", slug: "handoff", name: "Handoff" },
    project: { id: "proj_1", ref: "proj_1", slug: "handoff", name: "Handoff" },
    queue: { id: "queue_1", name: "task/handoff-deliver" },
    machine: { name: "small-1x" as const, cpu: 0.5, memory: 0.5, centsPerMs: 0 },
  };
  taskContext.setGlobalTaskContext({ ctx, worker: { id: "worker_1", contentHash: "0", version: "1" }, isWarmStart: false });
  const tracer = new TriggerTracer({ name: "handoff", version: "0" });
  const executor = new TaskExecutor(task, {
    tracingSDK: undefined as never,
    tracer,
    consoleInterceptor: new ConsoleInterceptor(tracer["logger"], true, true, 0),
    retries: { enabledInDev: true },
    isWarmStart: false,
    executionCount: 1,
  });
  const cutOff = new AbortController();
  parentPort?.on("message", () => cutOff.abort());
  const { result } = await executor.execute(ctx, ctx, cutOff.signal);
  if (cutOff.signal.aborted) return null;
  if (result.ok) return { kind: "delivered", told: result.output, reports: [] };
  const told = JSON.stringify(result.error);
  if (result.retry) return { kind: "again", told, reports: [], pauseSeconds: result.retry.delay / 1000 };
  return { kind: "given up", told, reports: [], skipped: result.skippedRetrying };
}

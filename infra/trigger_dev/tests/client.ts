/*
 * Asked by one line of JSON, answers by one:
 *     {"request": …}    the body of a request to trigger, as the vendor's schema reads it; it drops what it does not know
 *     {"cancel": "run"} what the vendor's SDK says of canceling that run at TRIGGER_API_URL
 *     {"failed": "task"} the failed runs of a task there, as the vendor's SDK lists and retrieves them
 *     {"queues": true}  the queues that a deployment makes
 */
import { text } from "node:stream/consumers";
import { resourceCatalog, TriggerTaskRequestBody } from "@trigger.dev/core/v3";
import { StandardResourceCatalog } from "@trigger.dev/core/v3/workers";
import { runs } from "@trigger.dev/sdk";

type Asked = { request: unknown } | { cancel: string } | { failed: string } | { queues: true };

const asked = JSON.parse(await text(process.stdin)) as Asked;
process.stdout.write(JSON.stringify(await answer(asked)));

async function answer(asked: Asked): Promise<unknown> {
  if ("request" in asked) return TriggerTaskRequestBody.parse(asked.request);
  if ("cancel" in asked) return await runs.cancel(asked.cancel);
  if ("failed" in asked) return await failed(asked.failed);
  const catalog = new StandardResourceCatalog();
  resourceCatalog.setGlobalResourceCatalog(catalog);
  resourceCatalog.setCurrentFileContext("trigger/queues.ts", "queues");
  await import("../trigger/queues.ts");
  return catalog.listQueueManifests();
}

async function failed(task: string): Promise<unknown> {
  const found = [];
  for await (const run of runs.list({ status: "FAILED", taskIdentifier: task, limit: 1 }))
    found.push(await runs.retrieve(run.id));
  return found.map(({ id, status, payload, error, tags }) => ({ id, status, payload, error, tags }));
}

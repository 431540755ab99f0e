// Every method of the official JavaScript SDK against the server whose URL and token are the arguments. Ends with an
// error where an answer is not as documented, or where a method was not called.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { Client, Receiver } from "@upstash/qstash";

const [baseUrl, token] = process.argv.slice(2);
const client = new Client({ baseUrl, token, retry: false, enableTelemetry: false });
const { current, next } = await (
  await fetch(`${baseUrl}/v2/keys`, { headers: { Authorization: `Bearer ${token}` } })
).json();
const receiver = new Receiver({ currentSigningKey: current, nextSigningKey: next });

const received = [];
const server = createServer(async (request, response) => {
  const body = Buffer.concat(await request.toArray()).toString();
  await receiver.verify({ signature: request.headers["upstash-signature"], body, url: here + request.url });
  received.push({ path: request.url, body, id: request.headers["upstash-message-id"] });
  response.writeHead(request.url === "/fails" ? 500 : 200).end();
});
await once(server.listen(0, "127.0.0.1"), "listening");
const here = `http://127.0.0.1:${server.address().port}`;
const at = (path) => received.filter((each) => each.path === path);

async function eventually(condition) {
  const end = Date.now() + 5000;
  while (!(await condition())) {
    assert(Date.now() < end, `it did not come to hold: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

// `name` and what has its methods; what is called is noted.
const called = new Set();
const offered = new Set();
function watched(name, api) {
  for (const [method, { value }] of Object.entries(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(api))))
    if (typeof value === "function" && method !== "constructor") offered.add(`${name}.${method}`);
  return new Proxy(api, {
    get(target, method) {
      called.add(`${name}.${String(method)}`);
      const found = target[method];
      return typeof found === "function" ? found.bind(target) : found;
    },
  });
}

const qstash = watched("client", client);
const messages = watched("messages", client.messages);
const groups = watched("urlGroups", client.urlGroups);
const letters = watched("dlq", client.dlq);
const schedules = watched("schedules", client.schedules);
const flow = watched("flowControl", client.flowControl);
const queue = watched("queue", qstash.queue({ queueName: "line" }));

// Published, enqueued, batched.
const url = `${here}/job`;
const accepted = [
  await qstash.publish({ url, body: "1" }),
  await qstash.publishJSON({ url, body: 2 }),
  await queue.enqueue({ url, body: "3" }),
  await queue.enqueueJSON({ url, body: 4 }),
  ...(await qstash.batch([{ url, body: "5" }])),
  ...(await qstash.batchJSON([{ url, body: 6, queueName: "line" }])),
];
await eventually(() => at("/job").length === 6);
assert.deepEqual(
  new Set(at("/job").map(({ id, body }) => `${id} ${body}`)),
  new Set(accepted.map(({ messageId }, number) => `${messageId} ${number + 1}`)),
);

// Groups.
await groups.addEndpoints({ name: "g", endpoints: ["a", "b", "c"].map((name) => ({ name, url: `${here}/${name}` })) });
await groups.removeEndpoints({ name: "g", endpoints: [{ name: "c" }] });
assert.deepEqual((await groups.get("g")).endpoints.map(({ name }) => name), ["a", "b"]);
assert.deepEqual((await qstash.publish({ urlGroup: "g", body: "x" })).map((each) => each.url), [`${here}/a`, `${here}/b`]);
await eventually(() => at("/a").length === 1 && at("/b").length === 1);
assert.deepEqual((await groups.list()).map(({ name }) => name), ["g"]);
await groups.delete("g");
assert.deepEqual(await groups.list(), []);

// On their way.
const waiting = async (label) => (await qstash.publish({ url, body: "x", delay: 3600, label })).messageId;
assert.equal((await messages.get(await waiting("read"))).label, "read");
assert.deepEqual(await messages.cancel(await waiting()), { cancelled: 1 });
assert.deepEqual(await messages.cancel([await waiting(), "msg_unknown"]), { cancelled: 1 });
assert.deepEqual(await messages.cancel({ filter: { label: ["none", "read"], urlGroup: undefined } }), { cancelled: 1 });
await messages.delete(await waiting());
assert.equal(await messages.deleteMany([await waiting()]), 1);
await waiting();
assert.equal(await messages.deleteAll(), 1);
await waiting();
assert.deepEqual(await messages.cancel({ all: true }), { cancelled: 1 });

// Dead letters, and the log.
const failed = async (count, label = "f") => {
  for (let each = 0; each < count; each++) await qstash.publish({ url: `${here}/fails`, retries: 0, label });
  await eventually(async () => (await letters.listMessages()).messages.length === count);
  return (await letters.listMessages({ filter: { label, responseStatus: 500 } })).messages.map(({ dlqId }) => dlqId);
};
const ids = await failed(5);
assert.equal((await letters.listMessages({ count: 2 })).messages.length, 2);
assert.deepEqual(await letters.delete(ids[0]), { deleted: 1 });
assert.deepEqual(await letters.deleteMany({ dlqIds: [ids[1]] }), { deleted: 1 });
assert.deepEqual(await letters.delete({ filter: { label: "another" } }), { deleted: 0 });
assert.equal((await letters.retry([ids[2]])).responses.length, 1);
await eventually(() => at("/fails").length === 6);
const { responses, cursor } = await letters.retry({ all: true, count: 1 });
assert.equal(responses.length, 1);
assert(cursor);
await eventually(() => at("/fails").length === 7);
await eventually(async () => (await letters.listMessages()).messages.length === 3);
assert.deepEqual(await letters.delete({ all: true }), { deleted: 3 });
const { logs } = await qstash.logs({ filter: { label: "f", state: "CREATED" } });
assert.equal(logs.length, 7);
assert.equal((await qstash.events({ filter: { messageId: logs[0].messageId } })).events.at(-1).state, "CREATED");

// Queues.
await queue.upsert({ parallelism: 2 });
await queue.pause();
assert.deepEqual([(await queue.get()).parallelism, (await queue.get()).paused], [2, true]);
await queue.resume();
assert.deepEqual((await queue.list()).map(({ name, paused }) => [name, paused]), [["line", false]]);
await queue.delete();
assert.deepEqual(await queue.list(), []);

// Schedules.
const { scheduleId } = await schedules.create({ destination: url, cron: "0 0 1 1 *", body: "x", queueName: "line" });
await schedules.pause({ schedule: scheduleId });
assert.deepEqual([(await schedules.get(scheduleId)).isPaused, (await schedules.list()).length], [true, 1]);
await schedules.resume({ schedule: scheduleId });
assert.equal((await schedules.get(scheduleId)).isPaused, false);
await schedules.delete(scheduleId);
assert.deepEqual(await schedules.list(), []);

// Flow control.
await flow.pause("key");
await qstash.publish({ url: `${here}/flow`, flowControl: { key: "key", rate: 5, period: "1h" } });
await eventually(async () => (await flow.get("key")).waitListSize === 1);
assert.deepEqual(await flow.getGlobalParallelism(), { parallelismMax: 100, parallelismCount: 0 });
await flow.pin("key", { rate: 7 });
assert.deepEqual([(await flow.get("key")).rateMax, (await flow.get("key")).isPinnedRate], [7, true]);
await flow.unpin("key", { rate: true });
await flow.resume("key");
await eventually(() => at("/flow").length === 1);
await flow.resetRate("key");
assert.equal((await flow.get("key")).rateCount, 0);

// A chat is asked of the vendor's own models, by an interface that is deprecated: it is not part of the queue.
offered.delete("client.chat");
assert.deepEqual([...offered].filter((method) => !called.has(method)), []);
server.close();
server.closeAllConnections();

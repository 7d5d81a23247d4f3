// The function that works through the queue.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { read } from "../src/bar-event.mjs";
import { write } from "../src/ticket.mjs";
import { handler } from "../src/work.mjs";

const examples = JSON.parse(readFileSync(new URL("events.json", import.meta.url), "utf8"));
const batch = (...bodies) => ({
  Records: bodies.map((body, n) => ({ messageId: `m-${n}`, body })),
});

/** What a function logs, line by line. */
async function logged(t, run) {
  const lines = [];
  t.mock.method(console, "log", (line) => lines.push(JSON.parse(line)));
  return { answer: await run(), lines };
}

test("each event gets a ticket", async (t) => {
  const events = examples.map((event) => ({ ...event, time: "2026-05-01T09:30:00Z" }));
  const bodies = events.map((event) => JSON.stringify(event));
  const { answer, lines } = await logged(t, () => handler(batch(...bodies)));
  assert.deepEqual(answer, { batchItemFailures: [] });
  assert.equal(lines.length, events.length);
  for (const [n, event] of events.entries()) {
    assert.ok(lines[n].what.startsWith(`09:30 ${event["detail-type"]}: `));
  }
});

test("a ticket without a message names the order", () => {
  const event = { ...examples[0], time: "2026-05-01T09:30:00Z", detail: { orderId: "o-7" } };
  assert.equal(write(read(event)), `09:30 ${event["detail-type"]}: order o-7`);
});

test("a bad message fails alone and logs why", async (t) => {
  const good = JSON.stringify(examples[0]);
  const { answer, lines } = await logged(t, () => handler(batch(good, "not { json", good)));
  assert.deepEqual(answer, { batchItemFailures: [{ itemIdentifier: "m-1" }] });
  assert.deepEqual(lines.map((line) => line.messageId), ["m-0", "m-1", "m-2"]);
  assert.match(lines[1].why, /^BadEventError: the body is not JSON/);
  assert.match(lines[1].where, /^bar-event.mjs:\d+$/);
});

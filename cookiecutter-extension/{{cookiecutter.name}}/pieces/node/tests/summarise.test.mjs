// The workflow's first step.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { handler } from "../src/summarise.mjs";

const examples = JSON.parse(readFileSync(new URL("events.json", import.meta.url), "utf8"));

test("every event that it listens to is summed up", async () => {
  for (const event of examples) {
    const record = await handler(event);
    assert.equal(record.pk, event["detail-type"]);
    assert.equal(record.sk, `${event.time}#${event.id}`);
    assert.ok(record.text);
  }
});

test("an event without a message is summed up by its order", async () => {
  const event = { ...examples[0], detail: { orderId: "o-7" } };
  assert.equal((await handler(event)).text, `${event["detail-type"]} of order o-7.`);
});

test("what is not an event fails the execution", async () => {
  await assert.rejects(handler({ detail: {} }), { name: "BadEventError" });
});

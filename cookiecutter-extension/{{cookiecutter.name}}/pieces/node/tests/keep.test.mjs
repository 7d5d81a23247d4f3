// Records and batches, with a table that lives in memory: no AWS.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { each } from "../src/batch.mjs";
import { Records } from "../src/records.mjs";

const examples = JSON.parse(readFileSync(new URL("events.json", import.meta.url), "utf8"));

/** Refuses a key that it has, as DynamoDB does under the condition that is asked for. */
class Table {
  items = new Map();
  fault = null;

  async put({ Item, ConditionExpression }) {
    if (this.fault) throw this.fault;
    const key = `${Item.pk.S} ${Item.sk.S}`;
    if (ConditionExpression === "attribute_not_exists(pk)" && this.items.has(key)) {
      throw Object.assign(new Error("known"), { name: "ConditionalCheckFailedException" });
    }
    this.items.set(key, Item);
  }
}

function keeper(t) {
  t.mock.method(console, "log", () => {});
  const table = new Table();
  const records = new Records("records", table, 30);
  const keep = async (...events) => {
    const Records = events.map((event, n) => ({ messageId: `m-${n}`, body: JSON.stringify(event) }));
    const { batchItemFailures } = await each({ Records }, (event) => records.keep(event));
    return batchItemFailures.map((failure) => failure.itemIdentifier);
  };
  return { table, keep };
}

test("each event has a record", async (t) => {
  const { table, keep } = keeper(t);
  const events = [...examples, ...examples].map((event, n) => ({ ...event, id: `e-${n}` }));
  assert.deepEqual(await keep(...events), []);
  const keys = events.map((event) => `${event["detail-type"]} ${event.time}#${event.id}`);
  assert.deepEqual([...table.items.keys()], keys);
  assert.deepEqual(JSON.parse(table.items.get(keys[0]).detail.S), examples[0].detail);
});

test("a second delivery changes nothing and is not a failure", async (t) => {
  const { table, keep } = keeper(t);
  assert.deepEqual(await keep(examples[0], examples[0]), []);
  const before = new Map(table.items);
  assert.deepEqual(await keep(examples[0]), []);
  assert.deepEqual(table.items, before);
  assert.equal(before.size, 1);
});

test("a record goes after the days that were asked for", async (t) => {
  const { table, keep } = keeper(t);
  t.mock.method(Date, "now", () => 1_000_000_500);
  await keep(examples[0]);
  const [item] = table.items.values();
  assert.deepEqual(item.expires, { N: String(1_000_000 + 30 * 86_400) });
});

test("a message fails when the table cannot be reached", async (t) => {
  const { table, keep } = keeper(t);
  table.fault = new Error("unreachable");
  assert.deepEqual(await keep(examples[0]), ["m-0"]);
  table.fault = null;
  assert.deepEqual(await keep(examples[0]), []);
});

// The function that logs dead letters.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { handler } from "../src/log.mjs";

const [example] = JSON.parse(readFileSync(new URL("events.json", import.meta.url), "utf8"));
const body = JSON.stringify(example);
const messageAttributes = {
  ERROR_CODE: { stringValue: "SDK_CLIENT_ERROR", dataType: "String" },
  ERROR_MESSAGE: { stringValue: "Unable to invoke ApiDestination endpoint", dataType: "String" },
};

test("a dead letter is logged with the reason and all of the event", async (t) => {
  const lines = [];
  t.mock.method(console, "log", (line) => lines.push(JSON.parse(line)));
  const Records = [{ messageId: "m-0", body, messageAttributes }, { messageId: "m-1", body }];
  assert.deepEqual(await handler({ Records }), { batchItemFailures: [] });
  const [known, unexplained] = lines;
  assert.equal(known.event, example["detail-type"]);
  assert.deepEqual(known.detail, example.detail);
  assert.equal(known.code, "SDK_CLIENT_ERROR");
  assert.equal(known.why, "Unable to invoke ApiDestination endpoint");
  assert.equal(unexplained.code, "UNKNOWN");
});

test("what cannot be read stays where it is", async (t) => {
  t.mock.method(console, "log", () => {});
  const Records = [{ messageId: "m-0", body: "not { json" }, { messageId: "m-1", body }];
  assert.deepEqual(await handler({ Records }), { batchItemFailures: [{ itemIdentifier: "m-0" }] });
});

// Events are read, and invalid ones are rejected with the reason.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { BadEventError, read, readText } from "../src/bar-event.mjs";

const examples = JSON.parse(readFileSync(new URL("events.json", import.meta.url), "utf8"));

test("every event that it listens to is read", () => {
  for (const event of examples) {
    const found = readText(JSON.stringify(event));
    assert.equal(found.name, event["detail-type"]);
    assert.deepEqual(found.detail, event.detail);
    assert.equal(found.order, event.detail.orderId ?? "-");
  }
});

for (const field of ["id", "detail-type", "time", "detail"]) {
  test(`an event without ${field} is refused`, () => {
    const { [field]: _, ...event } = examples[0];
    assert.throws(() => read(event), (error) => {
      return error instanceof BadEventError && error.message.startsWith(`${field} is missing`);
    });
  });
}

for (const body of ["", "not { json", "[1]", "null", '"text"', '{"id": 7}']) {
  test(`what is not an event is refused: ${body}`, () => {
    assert.throws(() => readText(body), BadEventError);
  });
}

test("a time that is none is refused", () => {
  assert.throws(() => read({ ...examples[0], time: "soon" }), /time is not a time: soon/);
});

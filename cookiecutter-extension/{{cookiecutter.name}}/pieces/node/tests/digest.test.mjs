// The digest, counted from records in several pages.

import assert from "node:assert/strict";
import { test } from "node:test";

import { make } from "../src/digest.mjs";
import { Records } from "../src/records.mjs";

const NOW = new Date("2026-05-01T18:00:00.000Z");

test("a digest counts each name since the hours that were asked for", async () => {
  const asked = [];
  const count = async (name, since) => {
    asked.push([name, since]);
    return name.length;
  };
  assert.deepEqual(await make(["BB", "A"], count, NOW, 6), {
    since: "2026-05-01T12:00:00Z",
    until: "2026-05-01T18:00:00Z",
    counts: [{ event: "A", count: 1 }, { event: "BB", count: 2 }],
    total: 3,
  });
  assert.deepEqual(asked, [["A", "2026-05-01T12:00:00Z"], ["BB", "2026-05-01T12:00:00Z"]]);
});

test("records are counted to the last page", async () => {
  const starts = [];
  const query = async ({ ExclusiveStartKey }) => {
    starts.push(ExclusiveStartKey);
    return starts.length < 3 ? { Count: 2, LastEvaluatedKey: { page: starts.length } } : { Count: 1 };
  };
  assert.equal(await new Records("records", { query }).count("A", "2026-05-01T12:00:00Z"), 5);
  assert.deepEqual(starts, [undefined, { page: 1 }, { page: 2 }]);
});

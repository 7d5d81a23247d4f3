// The function that counts.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { read } from "../src/bar-event.mjs";
import { handler } from "../src/count.mjs";
import { line } from "../src/metric.mjs";

const [example] = JSON.parse(readFileSync(new URL("events.json", import.meta.url), "utf8"));

test("each event is a metric in the log", () => {
  const event = { ...example, time: "2026-05-01T09:30:00Z" };
  const logged = line(read(event), "presso/nyc/{{ cookiecutter.name }}");
  const [metric] = logged._aws.CloudWatchMetrics;
  assert.equal(logged._aws.Timestamp, 1_777_627_800_000);
  assert.equal(metric.Namespace, "presso/nyc/{{ cookiecutter.name }}");
  assert.equal(logged[metric.Dimensions[0][0]], event["detail-type"]);
  assert.equal(logged[metric.Metrics[0].Name], 1);
});

test("what is not an event fails, so that it is tried again", async () => {
  await assert.rejects(handler({ detail: {} }), { name: "BadEventError" });
});

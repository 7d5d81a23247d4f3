import { begin, browser, settled } from "./browser.mjs";
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { trouble } from "pages/frame";
import { Queue } from "pages/queue";

const ANNA = { id: "anna", groups: ["barista"], token: async () => "t" };
const BERT = { ...ANNA, id: "bert" };
const order = (orderId, state, updated = 1, more = {}) => ({ orderId, state, updated, TS: updated, orderNumber: orderId, ...more });
/** The bar: its orders, whether it answers, and what it was asked to do. */
let bar;

beforeEach(() => {
  begin();
  mock.timers.enable({ apis: ["Date", "setTimeout"] });
  mock.method(AbortSignal, "timeout", () => undefined);
  trouble.value = "";
  bar = { orders: [], there: true, done: [], lists: 0, refuses: false };
  browser.answers = [answer];
});
afterEach(() => (mock.timers.reset(), mock.restoreAll()));

function answer({ url, method }) {
  if (!bar.there) return new TypeError("no network");
  const [, what, id] = url.pathname.split("/");
  if (what !== "orders") return new TypeError("not in these tests");
  if (!id) {
    bar.lists++;
    return { body: bar.orders.filter((each) => each.state === url.searchParams.get("state")).slice(0, 100) };
  }
  const found = bar.orders.find((each) => each.orderId === id);
  if (method !== "PUT") return { ...found };
  if (bar.refuses) return { status: 409, type: "urn:presso:wrong-state", detail: "x" };
  const action = url.searchParams.get("action");
  bar.done.push([id, action]);
  Object.assign(found, { state: { make: "MAKING", unmake: "CREATED", complete: "COMPLETED" }[action], updated: found.updated + 1 });
  return { ...found };
}

async function queue(user = ANNA) {
  const made = new Queue(user);
  await made.load();
  return made;
}
const ids = (orders) => orders.map((each) => each.orderId);

test("the oldest order is first", async () => {
  bar.orders = [order("2", "CREATED", 2), order("1", "CREATED", 1), order("3", "MAKING", 3)];
  const { waiting, making } = await queue();
  assert.deepEqual([ids(waiting.value), ids(making.value)], [["1", "2"], ["3"]]);
});

test("a list that is older than what was read meanwhile does not replace it", async () => {
  bar.orders = [order("1", "CREATED", 1)];
  const made = await queue();
  const old = bar.orders.map((each) => ({ ...each }));
  let list;
  browser.answers = [(request) => (request.method === "GET" && !request.url.pathname.endsWith("/1") ? new Promise((done) => (list ??= []).push(done)) : answer(request))];
  const loading = made.load();
  await settled();
  made.act("1", "make");
  await settled();
  list.forEach((done, place) => done({ body: place ? [] : old }));
  await loading;
  assert.deepEqual([ids(made.waiting.value), ids(made.making.value)], [[], ["1"]]);
});

test("of more orders than a list has, the rest comes when half are done", async () => {
  bar.orders = Array.from({ length: 120 }, (_, number) => order(String(number), "CREATED", number + 1));
  const made = await queue();
  assert.equal(made.waiting.value.length, 100);
  for (let number = 0; number < 60; number++) {
    made.act(String(number), "make");
    await settled();
  }
  await settled();
  assert.ok(ids(made.waiting.value).includes("119"));
});

test("what ends an order is sent after five seconds, and can be taken back until then", async () => {
  bar.orders = [order("1", "MAKING"), order("2", "MAKING")];
  const made = await queue();
  made.act("1", "complete");
  made.act("2", "complete");
  assert.deepEqual(ids(made.making.value), []);
  made.undo(made.pending.value[0]);
  assert.deepEqual(ids(made.making.value), ["1"]);
  mock.timers.tick(5_000);
  await settled();
  assert.deepEqual(bar.done, [["2", "complete"]]);
});

test("what is being sent can no longer be taken back", async () => {
  bar.orders = [order("1", "MAKING")];
  const made = await queue();
  let arrives;
  browser.answers = [(request) => (request.method === "PUT" ? new Promise((done) => (arrives = () => done(answer(request)))) : answer(request))];
  made.act("1", "complete");
  mock.timers.tick(5_000);
  await settled();
  // A page offers no button for what is due.
  assert.equal(made.pending.value[0].due, 0);
  arrives();
  await settled();
  assert.deepEqual([bar.done, made.pending.value], [[["1", "complete"]], []]);
});

test("without a network actions wait in their order, and are kept for the next page", async () => {
  bar.orders = [order("1", "CREATED")];
  const made = await queue();
  bar.there = false;
  made.act("1", "make");
  made.act("1", "unmake");
  made.act("1", "make");
  await settled();
  assert.deepEqual([bar.done, ids(made.making.value)], [[], ["1"]]);
  bar.there = true;
  await queue();
  await settled();
  assert.deepEqual(bar.done, [["1", "make"], ["1", "unmake"], ["1", "make"]]);
});

test("what one barista did is not sent by a colleague on the same tablet", async () => {
  bar.orders = [order("1", "CREATED")];
  const made = await queue();
  bar.there = false;
  made.act("1", "make");
  await settled();
  bar.there = true;
  await queue(BERT);
  await settled();
  assert.deepEqual(bar.done, []);
});

test("an action that the bar refuses is shown with its reason, and not sent again", async () => {
  bar.orders = [order("1", "CREATED")];
  const made = await queue();
  bar.refuses = true;
  made.act("1", "make");
  await settled();
  assert.match(trouble.value, /1/);
  assert.deepEqual([made.pending.value, ids(made.waiting.value)], [[], ["1"]]);
});

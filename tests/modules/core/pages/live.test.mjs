import { begin, browser, settled } from "./browser.mjs";
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Live } from "pages/live";

const USER = { token: async () => "t" };
let heard, loads;

beforeEach(() => {
  begin();
  mock.timers.enable({ apis: ["Date", "setTimeout"] });
  mock.method(AbortSignal, "timeout", () => undefined);
  [heard, loads] = [[], 0];
  browser.answers = [{ url: "wss://x/bar?ticket=a", channels: ["queue"] }];
});
afterEach(() => (mock.timers.reset(), mock.restoreAll()));

async function connected(from) {
  const live = new Live(USER, (message) => heard.push(message.number), () => void loads++, from);
  await settled();
  const socket = browser.sockets[0];
  socket.onopen();
  return [live, socket];
}
const missed = (socket, last, numbers, complete = true) =>
  socket.receives({ channel: "queue", missed: numbers.map((number) => ({ number })), last, complete });
const tells = (socket, number) => socket.receives({ channel: "queue", number });

test("a page begins with what comes next, and loads what there is", async () => {
  const [live, socket] = await connected();
  assert.ok(socket.sent[0].channels.queue > 10 ** 9);
  assert.equal(live.connected.value, false);
  missed(socket, 17, [], false);
  tells(socket, 18);
  assert.deepEqual([heard, loads, live.connected.value], [[18], 1, true]);
});

test("nothing is heard twice, and a gap is asked for", async () => {
  const [, socket] = await connected("last hour");
  assert.equal(socket.sent[0].channels.queue, 0);
  missed(socket, 2, [1, 2]);
  for (const number of [2, 3, 3, 5]) tells(socket, number);
  assert.deepEqual(heard, [1, 2, 3]);
  assert.deepEqual(socket.sent.at(-1).channels, { queue: 3 });
  missed(socket, 5, [4, 5]);
  tells(socket, 5);
  assert.deepEqual(heard, [1, 2, 3, 4, 5]);
});

test("what does not fit an answer is asked for until all is there", async () => {
  const [, socket] = await connected("last hour");
  missed(socket, 4, [1, 2]);
  assert.deepEqual(socket.sent.at(-1).channels, { queue: 2 });
  missed(socket, 4, [3, 4]);
  assert.equal(socket.sent.length, 2);
});

test("a page that was away asks for what it missed; of too much it loads everything", async () => {
  const [live, first] = await connected();
  missed(first, 17, [], false);
  first.close();
  await settled();
  assert.equal(live.connected.value, false);
  mock.timers.tick(500);
  await settled();
  const second = browser.sockets[1];
  second.onopen();
  assert.deepEqual(second.sent[0].channels, { queue: 17 });
  missed(second, 19, [18, 19]);
  assert.deepEqual([heard, loads], [[18, 19], 1]);
  missed(second, 90, [41, 42], false);
  assert.deepEqual([heard, loads], [[18, 19, 41, 42], 2]);
});

test("a connection that answers no longer is given up", async () => {
  const [live, socket] = await connected();
  missed(socket, 1, [], false);
  mock.timers.tick(50_000);
  assert.equal(socket.readyState, 1);
  mock.timers.tick(10_000);
  assert.equal(socket.readyState, 3);
  await settled();
  assert.equal(live.connected.value, false);
});

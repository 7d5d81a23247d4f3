import "./browser.mjs";
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Board } from "pages/board";

const NOON = Date.parse("2026-05-01T12:00:00Z");
const ago = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();
const told = (kind, orderId, time, more) => ({ event: `OrderManager.${kind}`, orderId, orderNumber: orderId, time, ...more });
let board;

beforeEach(() => {
  mock.timers.enable({ apis: ["Date", "setInterval"], now: NOON });
  board = new Board();
});
afterEach(() => mock.timers.reset());

test("an order is in progress until it is ready, and ready for five minutes", () => {
  board.hear(told("WaitingCompletion", "7", ago(0)));
  board.hear(told("MakeOrder", "7", ago(0), { making: true }));
  assert.deepEqual([board.making.value, board.ready.value], [["7"], []]);
  board.hear(told("OrderCompleted", "7", ago(0)));
  assert.deepEqual([board.making.value, board.ready.value], [[], ["7"]]);
  mock.timers.tick(4 * 60_000);
  assert.deepEqual(board.ready.value, ["7"]);
  mock.timers.tick(70_000);
  assert.deepEqual(board.ready.value, []);
});

test("a display that is turned on shows what is ready now, not what was within the hour", () => {
  for (const [order, minutes] of [["1", 55], ["2", 6], ["3", 4]]) {
    board.hear(told("WaitingCompletion", order, ago(minutes + 3)));
    board.hear(told("OrderCompleted", order, ago(minutes)));
  }
  board.hear(told("WaitingCompletion", "4", ago(41)));
  board.hear(told("WaitingCompletion", "5", ago(39)));
  assert.deepEqual([board.making.value, board.ready.value], [["5"], ["3"]]);
});

test("what is over stays over, in whatever order its messages come", () => {
  board.hear(told("OrderCompleted", "7", ago(0)));
  board.hear(told("MakeOrder", "7", ago(1), { making: true }));
  board.hear(told("OrderCancelled", "8", ago(0)));
  board.hear(told("WaitingCompletion", "8", ago(1)));
  board.hear(told("OrderCompleted", "9", ago(20)));
  mock.timers.tick(20_000);
  board.hear(told("WaitingCompletion", "9", ago(22)));
  assert.deepEqual([board.making.value, board.ready.value], [[], ["7"]]);
});

test("numbers are in the order of their values, and the newest twelve are ready", () => {
  for (let number = 14; number > 0; number--) board.hear(told("OrderCompleted", String(number), ago(0)));
  assert.deepEqual(board.ready.value, ["3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14"]);
});

test("the waiting time is the mean of the drinks, where something measures it", () => {
  assert.equal(board.average.value, null);
  for (const [drink, duration] of [["Espresso", 60_000], ["Latte", 120_000], ["Espresso", 100_000]])
    board.hear({ event: "OrderManager.DrinkAverageTime", drink, duration });
  assert.equal(board.average.value, 110_000);
});

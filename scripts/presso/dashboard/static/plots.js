// Plots: events per second, and how long orders wait.

import { h } from "./preact.js";
import { duration, number, quantile, time } from "./words.js";

const WIDTH = 560, HEIGHT = 170, LEFT = 52, BOTTOM = 24, TOP = 12;
const BIN = 5; // seconds in one bar

// The next round number above a value.
export function ceiling(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((round) => round >= value);
}

function frame(label, most, unit, from, to, content) {
  const ticks = [0, most / 2, most];
  const y = (value) => HEIGHT - BOTTOM - (value / most) * (HEIGHT - BOTTOM - TOP);
  return h("svg", { class: "plot", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label },
    ticks.map((value) => h("g", { key: value },
      h("line", { class: "grid", x1: LEFT, x2: WIDTH, y1: y(value), y2: y(value) }),
      h("text", { x: LEFT - 8, y: y(value) + 4, "text-anchor": "end" }, unit(value)))),
    h("text", { x: LEFT, y: HEIGHT - 6 }, from),
    h("text", { x: WIDTH, y: HEIGHT - 6, "text-anchor": "end" }, to),
    content(y));
}

export function rates(figures) {
  const bars = [];
  for (let start = 0; start < figures.per_second.length; start += BIN) {
    bars.push(figures.per_second.slice(start, start + BIN).reduce((sum, count) => sum + count, 0) / BIN);
  }
  const most = ceiling(Math.max(...bars)), width = (WIDTH - LEFT) / bars.length;
  const label = `Events per second in the last five minutes, at most ${number(Math.max(...bars))}`;
  return frame(label, most, (value) => (most < 4 ? value : number(Math.round(value))), "5 minutes ago", time(figures.until), (y) =>
    bars.map((count, index) => count > 0 && h("rect", { class: "bar", key: index, x: LEFT + index * width + 0.5, width: width - 1, y: y(count), height: Math.max(1, HEIGHT - BOTTOM - y(count)) })));
}

export function waits(figures) {
  if (!figures.waits.length) return h("p", { class: "empty" }, "No order has been completed yet.");
  const seconds = figures.waits.map(([, wait]) => wait);
  const most = ceiling(Math.max(...seconds, 1)), median = quantile(seconds, 0.5);
  const from = figures.waits[0][0], span = Math.max(1, figures.until - from);
  const label = `Waiting times of the last ${seconds.length} orders: median ${duration(median)}, longest ${duration(Math.max(...seconds))}`;
  return frame(label, most, duration, time(from), time(figures.until), (y) => [
    figures.waits.map(([at, wait], index) => h("circle", { class: "dot", key: index, cx: LEFT + 4 + ((at - from) / span) * (WIDTH - LEFT - 8), cy: y(wait), r: 3 })),
    h("line", { class: "median", x1: LEFT, x2: WIDTH, y1: y(median), y2: y(median), key: "median" }),
  ]);
}

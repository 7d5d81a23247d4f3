// One tenant, live: figures, the bus, plots, the player, and the list of events.

import { h } from "./preact.js";
import { events } from "./events.js";
import { flow } from "./flow.js";
import { state } from "./news.js";
import { rates, waits } from "./plots.js";
import { ago, duration, many, number, quantile } from "./words.js";

const REPLAYS = 2; // beside those that are running

function figure(value, name) {
  return h("li", { key: name }, h("strong", null, value ?? "–"), h("span", null, name));
}

function summary(figures) {
  const ten = figures.per_second.slice(-11, -1).reduce((sum, count) => sum + count, 0) / 10;
  const all = figures.per_second.reduce((sum, count) => sum + count, 0);
  const seconds = (figures.waits ?? []).map(([, wait]) => wait);
  const [median, slow] = [quantile(seconds, 0.5), quantile(seconds, 0.9)];
  return h("ul", { class: "figures" },
    figure(ten < 10 ? ten.toFixed(1) : number(Math.round(ten)), "events a second"),
    figure(number(all), "events in 5 minutes"),
    figures.waits && [
      figure(number(figures.waiting), "orders waiting"),
      figure(median === null ? null : duration(median), "median wait"),
      figure(slow === null ? null : duration(slow), "9 of 10 wait at most")]);
}

function replay({ id, scenario, speed, status, started, sent, total }) {
  const words = { RUNNING: "running", SUCCEEDED: "done", ABORTED: "stopped", FAILED: "failed", TIMED_OUT: "timed out" };
  return h("li", { key: id },
    h("p", null, h("strong", null, scenario || id), ` at speed ${speed}`, h("span", { class: "faint" }, ` · ${words[status] ?? status} · ${ago(started)}`)),
    h("progress", { value: sent, max: Math.max(total, sent, 1), "aria-label": `Replay of ${scenario}` }),
    h("p", { class: "faint" }, total ? `${number(sent)} of ${many(total, "event")}` : many(sent, "event")));
}

function card(title, content, more = "") {
  return h("section", { class: `card ${more}`, "aria-label": title }, h("div", { class: "card-head" }, h("h2", null, title)), content);
}

export function live() {
  const { figures, replays, ...news } = state.news;
  const problems = ["problem:events", "problem:reads"].map((kind) => news[kind]).filter(Boolean);
  if (!figures && problems.length) return h("p", { class: "problem", role: "alert" }, problems[0]);
  if (!figures) return h("p", { class: "empty" }, state.route.tenant ? "Reading events …" : "No tenant yet.");
  return h("div", { class: "stack" },
    [...new Set(problems)].map((text) => h("p", { class: "problem", role: "alert", key: text }, text)),
    summary(figures),
    card("The bus", flow()),
    h("div", { class: "pair" },
      card("Events per second", rates(figures)),
      figures.waits && card("How long orders wait", waits(figures))),
    replays?.length > 0 && card("Player", h("ul", { class: "replays" }, replays.filter(({ status }, index) => status === "RUNNING" || index < REPLAYS).map(replay))),
    events());
}

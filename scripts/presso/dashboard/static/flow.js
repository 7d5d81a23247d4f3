// The bus: producers on the left, rules and their targets on the right. Events light their way.

import { h } from "./preact.js";
import { isLit, state } from "./news.js";
import { many } from "./words.js";

const COLUMN = { producer: 0, bus: 214, rule: 268, target: 500, feed: 732 };
const BOX = { width: 180, height: 40, gap: 12 };
const BUS = 18;

const cut = (text, most = 24) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

function box({ x, y, kind, title, about, key, tip }) {
  const chosen = state.chosen && isOnWay(key);
  return h("g", { key: `${kind}:${x}:${y}`, class: `box ${kind}${isLit(key) ? " lit" : ""}${chosen ? " chosen" : ""}`, transform: `translate(${x} ${y})`, "data-key": key },
    h("title", null, tip ?? title),
    h("rect", { width: BOX.width, height: BOX.height, rx: 8 }),
    h("text", { x: 12, y: about ? 17 : 25, class: "strong" }, cut(title)),
    about && h("text", { x: 12, y: 32, class: "about" }, cut(about, 28)));
}

function line(from, to, key, stage, dashed = false) {
  const [x1, y1] = from, [x2, y2] = to, middle = (x1 + x2) / 2;
  const chosen = state.chosen && isOnWay(key);
  const path = Math.abs(y1 - y2) < 1 ? `M${x1} ${y1}H${x2}` : `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
  return h("path", { key: `${stage}:${x1}:${y1}:${y2}`, d: path, "data-key": key,
    class: `way stage-${stage}${dashed ? " dashed" : ""}${isLit(key) ? " lit" : ""}${chosen ? " chosen" : ""}` });
}

function isOnWay(key) {
  const { row } = state.chosen;
  return key === "bus" || key === `producer:${row.producer}` || row.rules.some((rule) => key === `rule:${rule}`);
}

// Each rule has as many lines as it has targets, or functions that its targets feed.
function placed(rules) {
  let y = 0;
  return rules.map((rule, index) => {
    const targets = rule.targets.map((target) => {
      const lines = Math.max(1, target.feeds.length);
      const found = { ...target, y, lines };
      y += lines * (BOX.height + BOX.gap);
      return found;
    });
    if (!targets.length) y += BOX.height + BOX.gap;
    const top = targets[0]?.y ?? y - BOX.height - BOX.gap;
    return { ...rule, index, targets, y: top };
  });
}

export function flow() {
  const { graph, figures } = state.news;
  if (!graph) return h("p", { class: "empty" }, "Reading the rules of the bus …");
  const rules = placed(graph);
  const producers = Object.keys(figures?.producers ?? {}).sort();
  const step = BOX.height + BOX.gap;
  const lines = rules.reduce((sum, rule) => sum + Math.max(1, rule.targets.reduce((n, target) => n + target.lines, 0)), 0);
  const height = Math.max(lines, producers.length, 1) * step - BOX.gap;
  const left = (height - producers.length * step + BOX.gap) / 2;
  const middle = BOX.height / 2;
  const ways = [], boxes = [];
  producers.forEach((name, index) => {
    const key = `producer:${name}`, y = left + index * step;
    ways.push(line([BOX.width, y + middle], [COLUMN.bus, y + middle], key, 1));
    boxes.push(box({ x: COLUMN.producer, y, kind: "producer", title: name, about: many(figures.producers[name], "event"), key }));
  });
  for (const rule of rules) {
    const key = `rule:${rule.index}`, right = COLUMN.rule + BOX.width;
    ways.push(line([COLUMN.bus + BUS, rule.y + middle], [COLUMN.rule, rule.y + middle], key, 2, rule.everything));
    boxes.push(box({ x: COLUMN.rule, y: rule.y, kind: rule.problem ? "rule off" : "rule", title: rule.name, about: rule.problem || (rule.everything ? `${rule.owner} · every event` : rule.owner), key,
      tip: `${rule.owner}: ${JSON.stringify(rule.pattern)}` }));
    for (const target of rule.targets) {
      ways.push(line([right, rule.y + middle], [COLUMN.target, target.y + middle], key, 3, rule.everything));
      boxes.push(box({ x: COLUMN.target, y: target.y, kind: "target", title: target.name, about: target.kind, key }));
      target.feeds.forEach((feed, index) => {
        const y = target.y + index * step;
        ways.push(line([COLUMN.target + BOX.width, target.y + middle], [COLUMN.feed, y + middle], key, 4));
        boxes.push(box({ x: COLUMN.feed, y, kind: "feed", title: feed, about: "function", key }));
      });
    }
  }
  const width = COLUMN.feed + BOX.width;
  const about = `${producers.length} producers, ${rules.length} rules: ${rules.map((rule) => `${rule.owner} ${rule.name}`).join(", ")}`;
  return h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Flow of events" },
    h("svg", { class: "flow", viewBox: `-8 -8 ${width + 16} ${height + 16}`, width: width + 16, height: height + 16, role: "img", "aria-label": about },
      ways,
      h("rect", { class: `bus${isLit("bus") ? " lit" : ""}`, x: COLUMN.bus, y: 0, width: BUS, height, rx: 9 }),
      h("text", { class: "on-bus", transform: `translate(${COLUMN.bus + BUS / 2 + 4} ${height / 2}) rotate(-90)`, "text-anchor": "middle" }, state.route.tenant),
      boxes));
}

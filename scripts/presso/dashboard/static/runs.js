// The last runs of plan, apply and destroy.

import { h } from "./preact.js";
import { state } from "./news.js";
import { many } from "./words.js";

const KINDS = { ok: ["good", "✓"], failed: ["bad", "✕"], killed: ["bad", "✕"], interrupted: ["warn", "△"], running: ["busy", "…"] };

function unit(each) {
  return h("tr", { key: each.unit },
    h("th", { scope: "row" }, each.unit),
    h("td", { "data-label": "Result" }, each.result),
    h("td", { "data-label": "Seconds", class: "right" }, each.seconds.toFixed(1)),
    h("td", { "data-label": "Cause", class: "note" }, each.cause || (each.blocked_by && `waited for ${each.blocked_by}`), each.log && h("span", { class: "faint" }, ` ${each.log}`)));
}

function run(record) {
  const [kind, sign] = KINDS[record.result] ?? ["none", ""];
  return h("details", { class: "card", key: record.id, open: record.result === "failed" && record === state.news.runs[0] },
    h("summary", null,
      h("span", { class: `condition ${kind}` }, h("span", { "aria-hidden": "true" }, sign), record.result),
      h("strong", null, record.action),
      h("span", null, many(record.total, "unit")),
      h("span", { class: "faint" }, `${record.began} UTC${record.seconds === null ? "" : `, ${record.seconds.toFixed(1)} s`}`),
      h("code", null, record.id)),
    record.units.length ? h("table", { class: "stacked" },
      h("caption", { class: "away" }, `Units of run ${record.id}`),
      h("thead", null, h("tr", null, ["Unit", "Result", "Seconds", "Cause and log"].map((name) => h("th", { scope: "col", key: name, class: name === "Seconds" ? "right" : "" }, name)))),
      h("tbody", null, record.units.map(unit))) : h("p", { class: "empty" }, "No unit has ended yet."));
}

export function runs() {
  const { runs: found } = state.news;
  if (!found) return h("p", { class: "empty" }, "Reading runs …");
  return found.length ? h("div", { class: "stack" }, found.map(run)) : h("p", { class: "empty" }, "No run is recorded yet.");
}

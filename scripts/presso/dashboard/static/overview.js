// Tenants and their units.

import { h } from "./preact.js";
import { state } from "./news.js";
import { address } from "./route.js";
import { ago, many } from "./words.js";

// The sign, beside the colour, for who does not see colours.
export const CONDITIONS = {
  broken: ["bad", "✕"], failed: ["bad", "✕"], drifted: ["warn", "≠"], changed: ["warn", "△"],
  orphaned: ["warn", "?"], running: ["busy", "…"], deployed: ["good", "✓"], "not deployed": ["none", "○"],
};

export function condition(name) {
  const [kind, sign] = CONDITIONS[name] ?? ["none", ""];
  return h("span", { class: `condition ${kind}` }, h("span", { "aria-hidden": "true" }, sign), name);
}

function notes(unit) {
  if (unit.broken) return unit.broken;
  if (unit.running) return `${unit.running} runs now`;
  if (unit.condition === "failed") return unit.cause ? `${unit.action}: ${unit.cause}` : "A run on it was cut short: apply it again.";
  if (unit.condition === "orphaned") return "Not in its tenant.yaml: apply --all destroys it.";
  if (unit.drifted) return `${many(unit.drifted, "resource")} changed outside of Terraform`;
  return unit.condition === "changed" && unit.why.length ? `Changed since the last apply: ${unit.why.join(", ")}` : "";
}

function row(unit) {
  return h("tr", { key: unit.unit },
    h("th", { scope: "row" }, unit.part),
    h("td", { "data-label": "State" }, condition(unit.condition)),
    h("td", { "data-label": "Resources", class: "right" }, unit.resources ?? "–"),
    h("td", { "data-label": "Last changed" }, unit.updated ? ago(unit.updated) : "–"),
    h("td", { "data-label": "Note", class: "note" }, notes(unit)));
}

function card(tenant, units) {
  return h("section", { class: "card", key: tenant.name, "aria-labelledby": `t-${tenant.name}` },
    h("div", { class: "card-head" },
      h("h2", { id: `t-${tenant.name}` }, h("a", { href: address("live", tenant.name) }, tenant.name), tenant.title && h("small", null, tenant.title)),
      tenant.target && h("p", { class: "badges" },
        h("span", { class: "badge" }, tenant.target === "aws" ? `aws · ${tenant.region}` : "local"),
        tenant.ends && h("span", { class: "badge" }, `ends ${tenant.ends}`))),
    tenant.fault && h("p", { class: "problem" }, tenant.fault),
    units.length > 0 && h("table", { class: "stacked units" },
      h("caption", { class: "away" }, `Units of ${tenant.name}`),
      h("thead", null, h("tr", null, ["Unit", "State", "Resources", "Last changed", "Note"].map((name) => h("th", { scope: "col", key: name, class: name === "Resources" ? "right" : "" }, name)))),
      h("tbody", null, units.map(row))));
}

export function overview() {
  const { tenants = [], units = [], local } = state.news;
  if (!state.news.tenants) return h("p", { class: "empty" }, "Reading the checkout …");
  const names = new Set(tenants.map(({ name }) => name));
  const gone = [...new Set(units.map((unit) => unit.tenant))].filter((name) => !names.has(name));
  const all = [...tenants, ...gone.map((name) => ({ name, title: "no longer in the checkout" }))];
  const counts = Object.keys(CONDITIONS).map((name) => [name, units.filter((unit) => unit.condition === name).length]);
  return h("div", { class: "stack" },
    h("ul", { class: "figures" }, counts.filter(([, count]) => count).map(([name, count]) =>
      h("li", { key: name }, h("strong", null, count), condition(name)))),
    local === false && tenants.some(({ target }) => target === "local") &&
      h("p", { class: "hint" }, "The local AWS is not running. An apply starts it."),
    all.length ? all.map((tenant) => card(tenant, units.filter((unit) => unit.tenant === tenant.name))) :
      h("p", { class: "empty" }, "No tenant yet: write tenants/<name>/tenant.yaml."),
    h("p", { class: "hint" }, "Drift is what the last ", h("code", null, "presso drift --all"), " has found."));
}

// Extensions, and what the gate finds in them.

import { h } from "./preact.js";
import { state } from "./news.js";
import { many } from "./words.js";

const SIGNS = { proven: ["good", "✓"], "no violation found": ["good", "✓"], waived: ["warn", "△"], broken: ["bad", "✕"] };
const PROMISES = { P1: "touches only its own", P2: "routes an event", P3: "stands alone" };

function verdict({ passed }) {
  if (passed === null) return h("span", { class: "condition none" }, "being checked");
  return h("span", { class: `condition ${passed ? "good" : "bad"}` }, h("span", { "aria-hidden": "true" }, passed ? "✓" : "✕"), passed ? "passed" : "refused");
}

function finding(each) {
  const kind = each.waiver ? "waived" : each.severity;
  return h("li", { key: `${each.check}${each.file}${each.line}${each.found}` },
    h("p", null, h("strong", null, `${kind} ${each.check}`), ` ${each.found}.`),
    h("p", { class: "faint" }, h("code", null, `${each.file}:${each.line}`), ` ${each.waiver ? `Waived until ${each.waiver.expires}: ${each.waiver.reason}` : `Fix: ${each.fix}`}`));
}

function card(extension) {
  const { name, title, tenants, judged, promises, findings } = extension;
  return h("section", { class: "card", key: name, "aria-label": name },
    h("div", { class: "card-head" }, h("h2", null, name, title && h("small", null, title)), verdict(extension)),
    h("ul", { class: "badges" },
      Object.entries(PROMISES).filter(([key]) => key in promises).map(([key, words]) => {
        const [kind, sign] = SIGNS[promises[key]] ?? ["none", ""];
        return h("li", { key, class: `condition ${kind}` }, h("span", { "aria-hidden": "true" }, sign), `${words}: ${promises[key]}`);
      })),
    h("p", { class: "faint" }, tenants.length ? `In ${tenants.join(", ")}. ` : "In no tenant. ",
      judged.length ? `Its plan was judged for ${judged.join(", ")}.` : tenants.length > 0 && "Its plan is judged at the next apply."),
    findings.length > 0 && h("ul", { class: "findings" }, findings.map(finding)));
}

export function extensions() {
  const { extensions: found } = state.news;
  if (!found) return h("p", { class: "empty" }, "The gate reads the extensions …");
  return h("div", { class: "stack" },
    h("p", { class: "hint" }, `${many(found.length, "extension")}, checked on their text (level static). For the plan and the sandbox: `, h("code", null, "presso check --all --level sandbox")),
    h("div", { class: "pair" }, found.map(card)));
}

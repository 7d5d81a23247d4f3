// Dead letters: what was not taken, why, and once more.

import { h } from "./preact.js";
import { openLetters, sendAgain, state } from "./news.js";
import { many } from "./words.js";

function samples(found) {
  if (!found) return h("p", { class: "empty" }, "Reading …");
  if (found.error) return h("p", { class: "problem", role: "alert" }, found.error);
  if (!found.length) return h("p", { class: "empty" }, "They are being sent at the moment.");
  return h("ol", { class: "samples" }, found.map(({ cause, body }, index) => h("li", { key: index },
    h("p", null, h("strong", null, "Cause: "), cause || "not recorded; see the log of what reads the queue"),
    h("pre", { tabindex: 0, "aria-label": `Dead letter ${index + 1}` }, typeof body === "string" ? body : JSON.stringify(body, null, 2)))));
}

function outcome(result) {
  if (!result || result.busy) return null;
  if (result.error) return h("p", { class: "problem", role: "alert" }, result.error);
  return h("div", { role: "status" },
    h("p", { class: result.faults.length ? "faint" : "done" }, `${many(result.sent, "letter")} sent again.`),
    result.faults.map((fault) => h("p", { class: "problem", key: fault }, fault)));
}

function card(letters, actions) {
  const key = `${letters.part}/${letters.name}`, opened = state.opened.has(key), result = state.sent.get(key);
  return h("section", { class: "card", key, "aria-label": key },
    h("div", { class: "card-head" },
      h("h2", null, letters.part, h("small", null, letters.name)),
      h("div", { class: "tools" },
        h("span", { class: "condition bad" }, h("span", { "aria-hidden": "true" }, "✉"), many(letters.count, "dead letter")),
        h("button", { type: "button", "aria-expanded": opened ? "true" : "false", onClick: () => openLetters(letters) }, opened ? "Hide" : "Show causes"),
        actions && h("button", { type: "button", class: "strong", disabled: result?.busy, onClick: () => sendAgain(letters) }, result?.busy ? "Sending …" : "Send again"))),
    outcome(result),
    opened && samples(state.opened.get(key)));
}

export function letters() {
  const { letters: found, settings } = state.news;
  const problem = state.news["problem:reads"];
  if (!found && problem) return h("p", { class: "problem", role: "alert" }, problem);
  if (!found) return h("p", { class: "empty" }, "Looking for dead letters …");
  const gone = [...state.sent].filter(([key]) => !found.some(({ part, name }) => key === `${part}/${name}`));
  return h("div", { class: "stack" },
    problem && h("p", { class: "problem", role: "alert" }, problem),
    gone.map(([key, result]) => h("section", { class: "card", key, "aria-label": key }, h("div", { class: "card-head" }, h("h2", null, key)), outcome(result))),
    found.map((each) => card(each, settings?.actions)),
    !found.length && !gone.length && h("p", { class: "empty" }, `${state.route.tenant} has no dead letters: all that was delivered was taken.`),
    found.length > 0 && h("p", { class: "hint" }, settings?.actions ? "Mend the cause first: what fails again stays in its queue." :
      "This dashboard only shows. To send letters again: presso dashboard --allow-actions"));
}

// The list of events: the newest first, with a filter, and one of them in full.

import { h } from "./preact.js";
import { choose, MOST_ROWS, redraw, state } from "./news.js";
import { number, time } from "./words.js";

const SHOWN = 100;

export function matching(rows, filter) {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return rows;
  return rows.filter((row) => {
    const text = `${row.type} ${row.producer} ${row.about} ${row.story}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

function row(event) {
  const chosen = state.chosen?.row.number === event.number;
  return h("tr", { key: event.number, class: chosen ? "chosen" : "", "data-event": event.id },
    h("td", { "data-label": "Time", class: "time" }, time(event.at)),
    h("td", { "data-label": "Event" }, h("button", { type: "button", class: "link", "aria-pressed": chosen ? "true" : "false", onClick: () => (chosen ? close() : choose(event)) }, event.type)),
    h("td", { "data-label": thing(), class: "time" }, event.about.slice(-6)),
    h("td", { "data-label": "What happened", class: "note" }, event.story));
}

function close() {
  state.chosen = null;
  redraw();
}

function detail() {
  const { row: event, text } = state.chosen;
  return h("section", { class: "detail", "aria-label": "The event in full" },
    h("div", { class: "card-head" }, h("h3", null, event.type), h("button", { type: "button", onClick: close }, "Close")),
    h("ul", { class: "steps", "aria-label": "Its way" }, event.rules.length ? event.rules.map((index) => h("li", { key: index }, way(event, index))) : h("li", null, "No rule takes it.")),
    h("pre", { tabindex: 0, "aria-label": "JSON" }, text));
}

// In words what the graph lights: producer → rule → targets → functions that they feed.
function way({ producer }, index) {
  const rule = state.news.graph?.[index];
  if (!rule) return `${producer} → rule ${index}`;
  const targets = rule.targets.map(({ kind, name, feeds }) => [`${kind} ${name}`, ...feeds.map((feed) => `function ${feed}`)].join(" → "));
  return `${producer} → ${rule.owner}: ${rule.name} → ${targets.join(", ") || "no target"}`;
}

function pause() {
  state.paused = state.paused ? null : state.rows;
  redraw();
}

// What most events are about, as a heading: Order, Parcel.
function thing() {
  const word = state.news.figures?.thing ?? "thing";
  return word[0].toUpperCase() + word.slice(1);
}

export function events() {
  const rows = state.paused ?? state.rows;
  const found = matching(rows, state.filter);
  const shown = found.slice(-SHOWN).reverse();
  const kept = rows.length < MOST_ROWS ? "" : ` of the last ${number(MOST_ROWS)}`;
  return h("section", { class: "card", "aria-label": "Events" },
    h("div", { class: "card-head" },
      h("h2", null, "Events"),
      h("div", { class: "tools" },
        h("input", { type: "search", placeholder: "Filter: a type, a producer, a word", "aria-label": "Filter events", value: state.filter,
          onInput: (change) => { state.filter = change.target.value; redraw(); } }),
        h("button", { type: "button", "aria-pressed": state.paused ? "true" : "false", onClick: pause }, state.paused ? "Continue" : "Pause"))),
    h("p", { class: "faint" }, state.filter ? `${number(found.length)} match${kept}` : `${number(rows.length)} kept`,
      found.length > SHOWN && `, the newest ${SHOWN} are shown`,
      state.missed > 0 && `; ${number(state.missed)} were left out, as this page was too slow`,
      state.news.gap && `; none was read from ${time(state.news.gap.from)} to ${time(state.news.gap.until)}`),
    state.chosen && detail(),
    shown.length ? h("table", { class: "stacked events" },
      h("caption", { class: "away" }, "Events, the newest first"),
      h("thead", null, h("tr", null, ["Time", "Event", thing(), "What happened"].map((name) => h("th", { scope: "col", key: name }, name)))),
      h("tbody", null, shown.map(row))) :
      h("p", { class: "empty" }, state.filter ? "No event matches." : "No event yet. Replay some: presso play " + state.route.tenant + " --speed 60"));
}

// What the page knows: the last value of each kind of news, and the newest rows of events.

import { routeOf } from "./route.js";

export const MOST_ROWS = 2000;
const LIT_MS = 1100;

export const state = {
  news: {},
  rows: [],
  missed: 0,
  lit: new Map(), // what events have just passed, and until when it is lit
  connection: "connecting",
  route: routeOf(location.hash),
  filter: "",
  paused: null, // the rows that are shown while the list is paused
  chosen: null, // {row, text}
  opened: new Map(), // dead letters that are shown, by "unit/name"
  sent: new Map(), // what became of those that were sent again
};

let source = null;
let changed = () => {};
let show = () => {};

// `soon` draws the page when it is due, `now` at once: after what its reader does.
export function onChange(soon, now) {
  changed = soon;
  show = now;
}

export function redraw() {
  show();
}

export function follow(tenant) {
  source?.close();
  Object.assign(state, { rows: [], missed: 0, paused: null, chosen: null, connection: "connecting" });
  for (const kind of ["graph", "figures", "replays", "letters", "gap", "problem:events", "problem:reads"]) delete state.news[kind];
  state.lit.clear();
  state.opened.clear();
  state.sent.clear();
  source = new EventSource(`/api/stream?tenant=${encodeURIComponent(tenant)}`);
  source.addEventListener("open", () => {
    Object.assign(state, { rows: [], connection: "live" }); // the stream begins with the rows so far
    changed();
  });
  source.addEventListener("error", () => {
    state.connection = source.readyState === EventSource.CLOSED ? "ended" : "connecting";
    changed();
  });
  source.addEventListener("news", (message) => {
    take(JSON.parse(message.data));
    changed();
  });
}

function take({ kind, value }) {
  if (kind !== "events") {
    state.news[kind] = value;
    return;
  }
  const newest = state.rows.at(-1)?.number ?? 0;
  const rows = value.rows.filter((row) => row.number > newest);
  const first = newest === 0;
  state.rows = [...state.rows, ...rows].slice(-MOST_ROWS);
  state.missed += value.missed;
  if (!first || rows.length === 1) light(rows);
}

function light(rows) {
  const until = performance.now() + LIT_MS;
  for (const row of rows) {
    state.lit.set("bus", until).set(`producer:${row.producer}`, until);
    for (const rule of row.rules) state.lit.set(`rule:${rule}`, until);
  }
}

export const isLit = (key) => (state.lit.get(key) ?? 0) >= performance.now();

// Forget what is not lit any more; whether something still is.
export function dim() {
  const now = performance.now();
  for (const [key, until] of state.lit) if (until < now) state.lit.delete(key);
  return state.lit.size > 0;
}

export async function ask(path, options = {}) {
  try {
    const answer = await fetch(path, options);
    const found = await answer.json();
    return answer.ok ? found : { error: found.error };
  } catch {
    return { error: "The dashboard does not answer." };
  }
}

export async function choose(row) {
  state.chosen = { row, text: "Loading …" };
  changed();
  const found = await ask(`/api/tenants/${state.route.tenant}/events/${encodeURIComponent(row.id)}`);
  if (state.chosen?.row === row) state.chosen = { row, text: found.error ?? JSON.stringify(found, null, 2) };
  changed();
}

const place = ({ part, name }) => `/api/tenants/${state.route.tenant}/dead-letters/${part}/${encodeURIComponent(name)}`;

export async function openLetters(letters) {
  const key = `${letters.part}/${letters.name}`;
  if (state.opened.delete(key)) return changed();
  state.opened.set(key, null);
  changed();
  const found = await ask(place(letters));
  if (state.opened.has(key)) state.opened.set(key, found);
  return changed();
}

export async function sendAgain(letters) {
  const key = `${letters.part}/${letters.name}`;
  state.sent.set(key, { busy: true });
  changed();
  const post = { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" };
  state.sent.set(key, await ask(`${place(letters)}/send`, post));
  state.opened.delete(key);
  changed();
}

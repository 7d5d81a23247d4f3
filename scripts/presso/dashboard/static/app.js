// The control room: the frame, and which view is in it.

import { h, render } from "./preact.js";
import { extensions } from "./extensions.js";
import { letters } from "./letters.js";
import { live } from "./live.js";
import { dim, follow, onChange, state } from "./news.js";
import { overview } from "./overview.js";
import { VIEWS, address, routeOf } from "./route.js";
import { runs } from "./runs.js";

const CONTENT = { overview, live, letters, extensions, runs };
const CONNECTION = {
  live: "Connected",
  connecting: "Connecting …",
  ended: "Ended: open the link of a new presso dashboard",
};
const PAUSE_MS = 150;
const root = document.getElementById("page");
let followed = null;
let due = null;

function frame() {
  const { news, route, connection } = state;
  const tenants = news.tenants ?? [];
  const dead = (news.letters ?? []).reduce((sum, each) => sum + each.count, 0);
  return h("div", { class: "frame" },
    h("header", { class: "top" },
      h("a", { class: "brand", href: address("overview", route.tenant) },
        h("img", { src: "/assets/favicon.svg", alt: "", width: 32, height: 32 }), h("span", null, "Control room")),
      h("label", { class: "tenant" }, h("span", null, "Tenant"),
        h("select", { value: route.tenant, onChange: (event) => { location.hash = address(route.view, event.target.value); } },
          tenants.map(({ name, title }) => h("option", { key: name, value: name, selected: name === route.tenant }, title ? `${name} – ${title}` : name)))),
      h("p", { class: `connection ${connection}`, role: "status" }, CONNECTION[connection]),
      news.settings && h("p", { class: "badge" }, news.settings.actions ? "Actions allowed" : "Read-only")),
    h("nav", { class: "views", "aria-label": "Views" },
      Object.entries(VIEWS).map(([view, name]) =>
        h("a", { key: view, href: address(view, route.tenant), "aria-current": view === route.view ? "page" : undefined },
          name, view === "letters" && dead > 0 && h("span", { class: "count" }, dead)))),
    h("main", { id: "main" },
      h("h1", { class: "away" }, VIEWS[route.view]),
      ["checkout", "gate"].map((what) => news[`problem:${what}`] && h("p", { class: "problem", role: "alert", key: what }, news[`problem:${what}`])),
      CONTENT[route.view]()));
}

function show() {
  clearTimeout(due);
  due = null;
  const tenants = state.news.tenants ?? [];
  if (!state.route.tenant && tenants.length) {
    history.replaceState(null, "", address(state.route.view, tenants[0].name));
    state.route = routeOf(location.hash);
  }
  if (followed !== state.route.tenant) {
    followed = state.route.tenant;
    follow(followed);
  }
  document.title = `${VIEWS[state.route.view]} – presso control room`;
  const again = dim() && state.route.view === "live";
  render(frame(), root);
  if (again) soon();
}

// At most six times a second: two hundred events a second are no reason for two hundred pictures.
function soon() {
  due ??= setTimeout(() => requestAnimationFrame(show), document.hidden ? 1000 : PAUSE_MS);
}

addEventListener("hashchange", () => {
  state.route = routeOf(location.hash);
  show();
});
onChange(soon, show);
root.replaceChildren();
show();

// The page's address: #/view/tenant.

export const VIEWS = { overview: "Overview", live: "Live", letters: "Dead letters", extensions: "Extensions", runs: "Runs" };

export function routeOf(hash) {
  const [, view, tenant = ""] = hash.split("/");
  return { view: Object.hasOwn(VIEWS, view) ? view : "overview", tenant: /^[a-z0-9-]*$/.test(tenant) ? tenant : "" };
}

export const address = (view, tenant) => `#/${view}${tenant ? `/${tenant}` : ""}`;

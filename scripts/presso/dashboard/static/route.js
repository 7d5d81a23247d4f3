// The page's address: #/view/tenant.

export const VIEWS = { overview: "Overview", live: "Live", letters: "Dead letters", extensions: "Extensions", runs: "Runs" };

export function routeOf(hash) {
  const [, view, tenant = ""] = decodeURIComponent(hash).split("/");
  return { view: view in VIEWS ? view : "overview", tenant: /^[a-z0-9-]*$/.test(tenant) ? tenant : "" };
}

export const address = (view, tenant) => `#/${view}${tenant ? `/${tenant}` : ""}`;

/** What the function that serves the page tells it about its bar. */
interface Settings {
  /** The tenant. */
  tenant: string;
  /** The client of the user pool. */
  client: string;
  /** Where Cognito is. */
  users: string;
  /** Where the WebSocket API is. */
  sockets: string;
}

const meta = document.querySelector<HTMLMetaElement>('meta[name="bar"]');
export const settings: Settings = {
  tenant: "",
  client: "",
  users: "/",
  sockets: "/",
  ...(JSON.parse(meta?.content || "{}") as Partial<Settings>),
};

/** The name of something that this browser keeps for the bar: on the local AWS two bars have one origin. */
export const kept = (name: string) => `bar/${settings.client}/${name}`;

const unkept = new Map<string, string | null>();

/** What this browser keeps. Where it may keep nothing, or has no room, that lasts as long as the page. */
export const storage = {
  get(key: string): string | null {
    if (unkept.has(key)) return unkept.get(key) ?? null;
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  },
  set(key: string, value: string | null): void {
    unkept.delete(key);
    try {
      if (value === null) localStorage.removeItem(key);
      else localStorage.setItem(key, value);
    } catch {
      unkept.set(key, value);
    }
  },
};

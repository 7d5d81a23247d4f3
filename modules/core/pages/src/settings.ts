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

/** The bar's API, which has the page's own origin. */
import type { NewImage } from "./events/ConfigServiceConfigChanged";
import type { DrinkOrder } from "./events/OrderManagerWaitingCompletion";
import type { User } from "./users";

/** A request that the bar has refused, with its reason. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly kind: string,
    detail: string,
  ) {
    super(detail);
  }
}

export type State = "STARTED" | "ORDERED" | "CREATED" | "MAKING" | "COMPLETED" | "CANCELLED" | "TIMEDOUT";

export interface Order {
  orderId: string;
  userId: string;
  state: State;
  orderNumber?: string;
  drinkOrder?: DrinkOrder;
  baristaUserId?: string;
  TS: number;
  updated: number;
}

/** The settings of the shop; a guest is shown some of them. */
export type Shop = Required<NewImage>;

export interface Request {
  method?: "DELETE" | "GET" | "POST" | "PUT";
  query?: Record<string, string>;
  body?: unknown;
  /** The same key: the same request, sent again. */
  key?: string;
  /** Whether it is sent again when the network fails. */
  patient?: boolean;
}

const TRIES = 4;

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** How far the server's clock is ahead of this one, in milliseconds. */
export let ahead = 0;

/**
 * Send a request; each may be sent again as it is. One that no server has answered, or that it could not, is
 * sent again a few times.
 *
 * @throws Problem when the bar refuses it, TypeError when there is no network.
 */
export async function ask<T>(user: User, path: string, request: Request = {}): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await once<T>(user, path, request, false);
    } catch (error) {
      const passing = error instanceof Problem ? error.status === 429 || error.status >= 500 : true;
      if (!passing || tried === TRIES || request.patient === false) throw error;
      await pause(300 * 2 ** tried);
    }
  }
}

async function once<T>(user: User, path: string, request: Request, again: boolean): Promise<T> {
  const url = new URL(path, document.baseURI);
  for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, value);
  const headers: Record<string, string> = { authorization: `Bearer ${await user.token(again)}` };
  if (request.key) headers["idempotency-key"] = request.key;
  const answer = await fetch(url, {
    method: request.method ?? "GET",
    headers,
    body: request.body === undefined ? null : JSON.stringify(request.body),
    // A change is sent also when its page is closed.
    keepalive: request.method === "PUT",
    signal: AbortSignal.timeout(15_000),
  });
  const said = Date.parse(answer.headers.get("date") ?? "");
  if (said) ahead = said - Date.now();
  if (answer.status === 401 && !again) return once<T>(user, path, request, true);
  const content = await answer.json();
  if (!answer.ok) {
    throw new Problem(answer.status, String(content.type ?? "").replace("urn:presso:", ""), content.detail ?? content.message);
  }
  return content as T;
}

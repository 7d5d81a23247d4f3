/**
 * Live updates: which orders have changed. A page that was away asks for what it missed and hears nothing twice.
 *
 * Messages of a channel are numbered without a gap. A page does not know the first number: it asks for those
 * after a very high one, and is told the last.
 */
import { signal } from "@preact/signals";
import type { DetailType as Claimed } from "./events/OrderManagerMakeOrder";
import type { DetailType as Placed } from "./events/OrderManagerWaitingCompletion";
import type { DetailType as Completed } from "./events/OrderManagerOrderCompleted";
import type { DetailType as Cancelled } from "./events/OrderManagerOrderCancelled";
import type { DetailType as TimedOut } from "./events/OrderProcessorOrderTimeOut";
import type { DetailType as Started } from "./events/OrderProcessorWorkflowStarted";
import type { DetailType as Finished } from "./events/OrderProcessorOrderFinished";
import type { DetailType as Unavailable } from "./events/OrderProcessorShopUnavailable";
import type { DetailType as Average } from "./events/OrderManagerDrinkAverageTime";
import type { DetailType as Changed, NewImage } from "./events/ConfigServiceConfigChanged";
import { ask } from "./api";
import { settings } from "./settings";
import type { User } from "./users";

type Kind = Placed | Claimed | Completed | Cancelled | TimedOut | Started | Finished | Unavailable | Average | Changed;

export interface Message {
  channel: string;
  number: number;
  event: Kind;
  /** When an order's event happened. */
  time?: string;
  orderId?: string;
  orderNumber?: string;
  making?: boolean;
  drink?: string;
  duration?: number;
  settings?: Partial<NewImage>;
}

interface Missed {
  channel: string;
  missed: Message[];
  last: number;
  complete: boolean;
}

interface Ticket {
  url: string;
  channels: string[];
}

const NEWEST = 999_999_999_998;
const LOOKS_EVERY = 50_000;
const ANSWERS_WITHIN = 10_000;
const LONGEST_PAUSE = 15_000;

export class Live {
  /** Whether the page hears what happens now. */
  readonly connected = signal(false);
  #numbers = new Map<string, number>();
  #seen = new Map<string, number>();
  #failures = 0;

  /**
   * @param user Who listens.
   * @param hear Takes each message once.
   * @param load Loads everything anew: at the beginning, and where too much was missed.
   * @param from Whether a page begins with what comes next, or with the messages of the last hour.
   */
  constructor(
    private readonly user: User,
    private readonly hear: (message: Message) => void,
    private readonly load: () => void,
    private readonly from: "next" | "last hour" = "next",
  ) {
    void this.#run();
  }

  async #run(): Promise<never> {
    for (;;) {
      await this.#connection().catch(() => undefined);
      this.connected.value = false;
      const longest = Math.min(LONGEST_PAUSE, 500 * 2 ** this.#failures++);
      await online(longest * (0.5 + Math.random() / 2));
    }
  }

  /** One connection, from its ticket to its end. */
  async #connection(): Promise<void> {
    const { url, channels } = await ask<Ticket>(this.user, "live", { patient: false });
    const place = new URL(settings.sockets, location.href);
    place.protocol = place.protocol.replace("http", "ws");
    place.search = new URL(url).search;
    const socket = new WebSocket(place);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = () => {
      this.#look(socket, channels);
      timer = setTimeout(() => socket.close(), ANSWERS_WITHIN);
    };
    socket.onopen = look;
    socket.onmessage = (event) => {
      clearTimeout(timer);
      timer = setTimeout(look, LOOKS_EVERY);
      this.#receive(socket, JSON.parse(event.data));
    };
    const over = new AbortController();
    // A connection whose network is gone may take minutes to close.
    await new Promise((end) => {
      socket.onclose = end;
      addEventListener("offline", (event) => (socket.close(), end(event)), { signal: over.signal });
    });
    over.abort();
    clearTimeout(timer);
    socket.onmessage = null;
  }

  /** Ask for what was missed; the answer also shows that the connection is still there. */
  #look(socket: WebSocket, channels: string[]): void {
    if (socket.readyState !== WebSocket.OPEN) return;
    const first = this.from === "next" ? NEWEST : 0;
    const numbers = channels.map((name) => [name, this.#numbers.get(name) ?? first]);
    socket.send(JSON.stringify({ action: "since", channels: Object.fromEntries(numbers) }));
  }

  #receive(socket: WebSocket, message: Message | Missed): void {
    const { channel } = message;
    const before = this.#numbers.get(channel);
    if ("missed" in message) {
      this.#catchUp(message, before);
      const now = this.#numbers.get(channel) ?? 0;
      if (now < Math.max(message.last, this.#seen.get(channel) ?? 0)) this.#look(socket, [channel]);
      return;
    }
    this.#seen.set(channel, Math.max(message.number, this.#seen.get(channel) ?? 0));
    if (before !== undefined && message.number > before + 1) this.#look(socket, [channel]);
    if (before !== undefined && message.number === before + 1) this.#take(message);
  }

  #catchUp({ channel, missed, last, complete }: Missed, before: number | undefined): void {
    this.#failures = 0;
    this.connected.value = true;
    const anew = !complete || before === undefined;
    if (anew) {
      this.#numbers.set(channel, (missed[0]?.number ?? last + 1) - 1);
      this.#seen.delete(channel);
    }
    for (const message of missed) {
      if (message.number > (this.#numbers.get(channel) ?? 0)) this.#take({ ...message, channel });
    }
    if (anew) this.load();
  }

  #take(message: Message): void {
    this.#numbers.set(message.channel, message.number);
    this.hear(message);
  }
}

/** Wait, at most until the network is there again. */
function online(milliseconds: number): Promise<unknown> {
  const over = new AbortController();
  const waited = new Promise((done) => {
    const timer = setTimeout(done, milliseconds);
    addEventListener("online", (event) => (clearTimeout(timer), done(event)), { signal: over.signal });
  });
  return waited.finally(() => over.abort());
}

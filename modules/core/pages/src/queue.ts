/**
 * A barista's queue: the orders as the bar has them, and what the barista has done that the bar does not know yet.
 *
 * An action is kept until the bar has answered it, also when the page is loaded anew, and is sent as whose it is: a
 * colleague may sign in meanwhile. One that cannot be taken back is sent after five seconds, in which it can be undone.
 */
import { computed, signal } from "@preact/signals";
import { ask, Problem, type Order } from "./api";
import { reason, trouble } from "./frame";
import { Live, type Message } from "./live";
import { kept, storage } from "./settings";
import type { User } from "./users";
import { words } from "./words";

export type Action = "make" | "unmake" | "complete" | "cancel";

export interface Pending {
  orderId: string;
  action: Action;
  /** When it is sent. */
  due: number;
}

export const UNDO = 5_000;
const AGAIN = 2_000;
/** As many orders of a state the bar lists at once. */
const LISTED = 100;
const TO = { make: "MAKING", unmake: "CREATED", complete: "COMPLETED", cancel: "CANCELLED" } as const;

export class Queue {
  readonly live: Live;
  readonly pending = signal<Pending[]>([]);
  readonly loaded = signal(false);
  readonly #orders = signal<Map<string, Order>>(new Map());
  readonly #outbox: string;
  #sending = false;
  #unlisted = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** The orders as they are once the bar knows what was done here, oldest first. */
  readonly orders = computed(() =>
    [...this.#orders.value.values()].map((order) => this.#done(order)).sort((one, other) => one.TS - other.TS),
  );
  readonly waiting = computed(() => this.orders.value.filter((order) => order.state === "CREATED"));
  readonly making = computed(() => this.orders.value.filter((order) => order.state === "MAKING"));

  constructor(readonly user: User) {
    this.#outbox = kept(`outbox/${user.id}`);
    this.pending.value = JSON.parse(storage.get(this.#outbox) ?? "[]");
    this.live = new Live(
      user,
      (message) => this.#hear(message),
      () => void this.load().catch(() => undefined),
    );
    addEventListener("online", () => this.#send());
    addEventListener("pagehide", () => {
      this.#keep(this.pending.value.map((each) => ({ ...each, due: 0 })));
      this.#send();
    });
    this.#send();
  }

  /** Load the open orders. */
  async load(): Promise<void> {
    const known = this.#orders.value;
    const lists = await Promise.all(
      ["CREATED", "MAKING"].map((state) => ask<Order[]>(this.user, "orders", { query: { state } })),
    );
    const loaded = new Map(lists.flat().map((order) => [order.orderId, order]));
    for (const [id, order] of this.#orders.value) {
      // What was read meanwhile counts: lists may be older.
      if (known.get(id) !== order && order.updated > (loaded.get(id)?.updated ?? 0)) loaded.set(id, order);
    }
    this.#orders.value = loaded;
    this.#unlisted = lists.some((list) => list.length === LISTED);
    this.loaded.value = true;
  }

  /** Do something with an order, here at once and at the bar as soon as it can be. */
  act(orderId: string, action: Action): void {
    const later = action === "complete" || action === "cancel";
    this.#keep([...this.pending.value, { orderId, action, due: later ? Date.now() + UNDO : 0 }]);
    this.#send();
  }

  /** Take an action back that is not sent yet. */
  undo(pending: Pending): void {
    this.#keep(this.pending.value.filter((each) => each !== pending));
  }

  /** The number of an order. */
  number(orderId: string): string {
    return this.#orders.value.get(orderId)?.orderNumber ?? "";
  }

  #done(order: Order): Order {
    return this.pending.value
      .filter((each) => each.orderId === order.orderId)
      .reduce((before, { action }) => {
        const barista = action === "make" ? { baristaUserId: this.user.id } : {};
        return { ...before, ...barista, state: TO[action] };
      }, order);
  }

  #hear(message: Message): void {
    if (message.orderId) void this.#read(message.orderId).catch(() => undefined);
  }

  async #read(orderId: string): Promise<void> {
    this.#take(await ask<Order>(this.user, `orders/${orderId}`));
  }

  #take(order: Order): void {
    const before = this.#orders.value.get(order.orderId);
    if (before && before.updated > order.updated) return;
    this.#orders.value = new Map(this.#orders.value).set(order.orderId, order);
    if (!this.#unlisted || Math.min(this.waiting.value.length, this.making.value.length) > LISTED / 2) return;
    this.#unlisted = false;
    void this.load().catch(() => (this.#unlisted = true));
  }

  #keep(pending: Pending[]): void {
    this.pending.value = pending;
    storage.set(this.#outbox, pending.length ? JSON.stringify(pending) : null);
  }

  /** Send what is due, one after the other; without a network, again later. */
  async #send(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    clearTimeout(this.#timer);
    let answered = true;
    for (let next = this.#next(); next && answered; next = this.#next()) answered = await this.#sent(next);
    this.#sending = false;
    const soonest = Math.min(...this.pending.value.map((each) => each.due));
    if (!Number.isFinite(soonest)) return;
    this.#timer = setTimeout(() => void this.#send(), Math.max(soonest - Date.now(), answered ? 0 : AGAIN));
  }

  #next(): Pending | undefined {
    const all = this.pending.value;
    return all.find((each, place) => {
      const first = all.findIndex((other) => other.orderId === each.orderId) === place;
      return first && each.due <= Date.now();
    });
  }

  /** Send an action; whether the bar has answered. */
  async #sent(next: Pending): Promise<boolean> {
    const { orderId, action } = next;
    // From here on the bar may have done it.
    const sent = { ...next, due: 0 };
    this.#keep(this.pending.value.map((each) => (each === next ? sent : each)));
    try {
      const query = { action };
      const order = await ask<Order>(this.user, `orders/${orderId}`, { method: "PUT", query, patient: false });
      this.#take(order);
    } catch (error) {
      if (!(error instanceof Problem) || error.status >= 500 || error.status === 429) return false;
      trouble.value = words("barista.refused", { number: this.number(orderId), reason: reason(error) });
      await this.#read(orderId).catch(() => undefined);
    }
    this.undo(sent);
    return true;
  }
}

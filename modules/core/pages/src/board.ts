/**
 * The orders that a display shows, from messages alone: it may read no order.
 *
 * Messages may come in another order than what happened, so an order that is over stays over.
 */
import { computed, signal } from "@preact/signals";
import { ahead } from "./api";
import type { Message } from "./live";

type Shown = "waiting" | "making" | "ready" | "gone";

interface Entry {
  number: string;
  shown: Shown;
  /** When it happened, by the server's clock: a display that is turned on hears of the last hour. */
  at: number;
}

const READY_FOR = 5 * 60_000;
const OPEN_FOR = 40 * 60_000;
/** Longer than the bar repeats messages: one that comes late must not bring back what is gone. */
const KEPT_FOR = 2 * 3_600_000;
const MOST_READY = 12;

function shownBy(message: Message): Shown | null {
  switch (message.event) {
    case "OrderManager.WaitingCompletion":
      return "waiting";
    case "OrderManager.MakeOrder":
      return message.making ? "making" : "waiting";
    case "OrderManager.OrderCompleted":
      return "ready";
    case "OrderManager.OrderCancelled":
    case "OrderProcessor.OrderTimeOut":
      return "gone";
    default:
      return null;
  }
}

export class Board {
  readonly #entries = signal<Map<string, Entry>>(new Map());
  readonly #averages = signal<Map<string, number>>(new Map());

  readonly making = computed(() => this.#numbers("waiting", "making"));
  readonly ready = computed(() => this.#numbers("ready").slice(-MOST_READY));

  /** How long a drink takes, in milliseconds; null where nothing measures it. */
  readonly average = computed(() => {
    const found = [...this.#averages.value.values()];
    return found.length ? found.reduce((sum, each) => sum + each, 0) / found.length : null;
  });

  constructor() {
    setInterval(() => this.#forget(), 10_000);
  }

  hear(message: Message): void {
    if (message.event === "OrderManager.DrinkAverageTime" && message.drink && message.duration !== undefined) {
      this.#averages.value = new Map(this.#averages.value).set(message.drink, message.duration);
    }
    const shown = shownBy(message);
    if (!shown || !message.orderId || !message.orderNumber) return;
    const before = this.#entries.value.get(message.orderId);
    if (before?.shown === "ready" || before?.shown === "gone") return;
    // A claim may be heard of before the order.
    if (before?.shown === "making" && message.event === "OrderManager.WaitingCompletion") return;
    const entry = { number: message.orderNumber, shown, at: Date.parse(message.time ?? "") || now() };
    this.#entries.value = new Map(this.#entries.value).set(message.orderId, current(entry));
  }

  #numbers(...shown: Shown[]): string[] {
    return [...this.#entries.value.values()]
      .filter((entry) => shown.includes(entry.shown))
      .map((entry) => entry.number)
      .sort((one, other) => Number(one) - Number(other));
  }

  #forget(): void {
    const before = this.#entries.value;
    const kept = [...before].filter(([, entry]) => now() - entry.at < KEPT_FOR);
    const next = new Map(kept.map(([order, entry]) => [order, current(entry)]));
    if (next.size < before.size || [...next].some(([order, entry]) => before.get(order) !== entry)) this.#entries.value = next;
  }
}

const now = () => Date.now() + ahead;

/** An entry as it is now: what was shown for its time is gone. */
function current(entry: Entry): Entry {
  const over = now() - entry.at >= (entry.shown === "ready" ? READY_FOR : OPEN_FOR);
  return over && entry.shown !== "gone" ? { ...entry, shown: "gone" } : entry;
}

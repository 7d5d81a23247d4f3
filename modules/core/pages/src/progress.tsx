/** How far a guest's order is. */
import type { Order, State } from "./api";
import { words, type Key } from "./words";

const WORDS: Record<State, Key> = {
  STARTED: "guest.choose",
  ORDERED: "state.ordered",
  CREATED: "state.created",
  MAKING: "state.making",
  COMPLETED: "state.completed",
  CANCELLED: "state.cancelled",
  TIMEDOUT: "state.timed-out",
};
const STEPS: State[] = ["CREATED", "MAKING", "COMPLETED"];

interface ProgressProps {
  order: Order;
  sending: boolean;
  cancel: () => void;
  again: () => void;
}

export function Progress({ order, sending, cancel, again }: ProgressProps) {
  const over = ["COMPLETED", "CANCELLED", "TIMEDOUT"].includes(order.state);
  const reached = STEPS.indexOf(order.state);
  return (
    <section class={`card progress ${order.state.toLowerCase()}`}>
      {order.orderNumber && (
        <p class="number">
          <span>{words("guest.number")}</span> <strong>{order.orderNumber}</strong>
        </p>
      )}
      <h2 aria-live="polite">{words(WORDS[order.state])}</h2>
      <p>{[order.drinkOrder?.drink, ...(order.drinkOrder?.modifiers ?? [])].filter(Boolean).join(", ")}</p>
      {!["CANCELLED", "TIMEDOUT"].includes(order.state) && (
        <ol class="steps" aria-hidden="true">
          {STEPS.map((step, number) => (
            <li key={step} class={number <= reached ? "reached" : ""} />
          ))}
        </ol>
      )}
      {order.state === "CREATED" && (
        <button type="button" disabled={sending} onClick={cancel}>
          {words("guest.cancel")}
        </button>
      )}
      {over && (
        <button type="button" class="main" onClick={again}>
          {words("guest.again")}
        </button>
      )}
    </section>
  );
}

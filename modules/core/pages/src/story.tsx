/** The story of one order, from its events: each step with its time, and who acted, as far as events have it. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask } from "./api";
import type { DrinkOrder } from "./events/OrderManagerWaitingCompletion";
import { reason } from "./frame";
import type { User } from "./users";
import { language, span, words, type Key } from "./words";

interface Detail {
  orderNumber?: string;
  drinkOrder?: DrinkOrder;
  /** Not for guests. */
  baristaUserId?: string;
  making?: boolean;
  cause?: string;
  robot?: boolean;
}

interface StoryEvent {
  time: string;
  event: string;
  source: string;
  detail: Detail;
}

type Actor = "who.guest" | "who.barista" | "who.bar" | "who.robot";

const LOOKS_EVERY = 3_000;
const ENDS = ["OrderManager.OrderCompleted", "OrderManager.OrderCancelled"];
/** The last event of an order, whichever way it goes; an end of the manager's may still follow the first. */
const LAST = ["OrderProcessor.orderFinished", "OrderProcessor.OrderTimeOut", "OrderProcessor.ShopUnavailable"];

/** The words for an event of the bar, and who acted. The event of a cancelled order does not have who cancelled it. */
function step({ event, detail }: StoryEvent): [Key, Actor?] | null {
  switch (event) {
    case "Validator.NewOrder":
      return ["story.scanned", "who.guest"];
    case "OrderProcessor.WorkflowStarted":
      return ["story.begun", "who.bar"];
    case "OrderProcessor.WaitingCompletion":
      return ["story.numbered", "who.bar"];
    case "OrderManager.WaitingCompletion":
      return ["story.ordered", detail.robot ? "who.robot" : "who.guest"];
    case "OrderManager.MakeOrder":
      return [detail.making ? "story.claimed" : "story.put-back", "who.barista"];
    case "OrderManager.OrderCompleted":
      return ["story.completed", "who.barista"];
    case "OrderManager.OrderCancelled":
      return ["story.cancelled"];
    case "OrderProcessor.OrderTimeOut":
      return [detail.cause === "Customer timedout" ? "story.not-chosen" : "story.not-made", "who.bar"];
    case "OrderProcessor.ShopUnavailable":
      return ["story.refused", "who.bar"];
    case "OrderProcessor.orderFinished":
      return ["story.finished", "who.bar"];
    case "OrderRobot.FulfillOrder":
    case "ProducerRobot.FulfillOrder":
      return ["story.by-robot", "who.robot"];
    default:
      return null;
  }
}

interface StoryProps {
  user: User;
  /** The order. */
  id: string;
}

/** An order's story, which goes on while the order does. */
export function Story({ user, id }: StoryProps) {
  const events = useSignal<StoryEvent[]>([]);
  const trouble = useSignal("");
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let left = false;
    const look = async () => {
      try {
        const found = await ask<{ events: StoryEvent[] }>(user, `orders/${id}/journey`, { patient: false });
        if (left) return;
        events.value = found.events;
        trouble.value = "";
      } catch (error) {
        if (!left) trouble.value = reason(error);
      }
      if (!left && !isOver(events.value)) timer = setTimeout(() => void look(), LOOKS_EVERY);
    };
    void look();
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [user, id]);
  return (
    <>
      {trouble.value && (
        <div class="notice" role="alert">
          <p class="trouble">{trouble.value}</p>
        </div>
      )}
      {!trouble.value && !events.value.length && <p class="waiting">{words("bar.loading")}</p>}
      {events.value.length > 0 && <Steps events={events.value} user={user} />}
    </>
  );
}

function isOver(events: StoryEvent[]): boolean {
  const last = events.find(({ event }) => LAST.includes(event));
  return last !== undefined && (last.event !== LAST[0] || events.some(({ event }) => ENDS.includes(event)));
}

function Steps({ events, user }: { events: StoryEvent[]; user: User }) {
  const number = events.find(({ detail }) => detail.orderNumber)?.detail.orderNumber;
  const drink = events.find(({ detail }) => detail.drinkOrder)?.detail.drinkOrder;
  const last = events.find(({ event }) => ENDS.includes(event)) ?? events.find(({ event }) => LAST.includes(event));
  const day = new Intl.DateTimeFormat(language.value, { dateStyle: "long" }).format(new Date(events[0]?.time ?? 0));
  let barista: string | undefined;
  return (
    <>
      <dl class="figures facts">
        <Fact name={words("guest.number")} text={number} />
        <Fact name={words("story.drink")} text={drink && [drink.drink, ...drink.modifiers].join(", ")} />
        <Fact name={words("story.end")} text={words((last && step(last)?.[0]) ?? "story.open")} />
        <Fact name={words("story.day")} text={day} />
      </dl>
      <ol class="plain story">
        {events.map((told, place) => {
          if (told.event === "OrderManager.MakeOrder") barista = told.detail.baristaUserId || barista;
          return <Step key={place} told={told} before={events[place - 1]} who={actor(told, barista, user)} />;
        })}
      </ol>
    </>
  );
}

function Fact({ name, text }: { name: string; text: string | undefined }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{text ?? "–"}</dd>
    </div>
  );
}

/** Who acted: for the staff also which barista; to guests, and without a barista's id, any barista is the same. */
function actor(told: StoryEvent, barista: string | undefined, user: User): string {
  const found = step(told);
  const who = found ? found[1] : undefined;
  if (!found) return told.source;
  if (!who) return "";
  if (who !== "who.barista" || !barista || !user.groups.length) return words(who);
  return barista === user.id ? words("who.you") : `${words(who)} ${barista.slice(0, 8)}`;
}

function Step({ told, before, who }: { told: StoryEvent; before: StoryEvent | undefined; who: string }) {
  const found = step(told);
  const time = new Intl.DateTimeFormat(language.value, { timeStyle: "medium" }).format(new Date(told.time));
  return (
    <li>
      <div>
        <time dateTime={told.time}>{time}</time>
        {before && <p class="faint">+ {span(Date.parse(told.time) - Date.parse(before.time))}</p>}
      </div>
      <div>
        <strong>{found ? words(found[0]) : told.event}</strong>
        <p class="faint">{who}</p>
      </div>
    </li>
  );
}

/** The story of a guest's own order, loaded when it is opened. */
export function OwnStory(props: StoryProps) {
  const open = useSignal(false);
  return (
    <details class="card" onToggle={(event) => (open.value = event.currentTarget.open)}>
      <summary>{words("story.own")}</summary>
      {open.value && <Story {...props} />}
    </details>
  );
}

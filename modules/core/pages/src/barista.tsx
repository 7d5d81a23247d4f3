/** A barista's page: the queue, oldest first, and what is being made. */
import { signal } from "@preact/signals";
import { ahead, ask, type Order, type Shop } from "./api";
import { Frame } from "./frame";
import { Queue, type Pending } from "./queue";
import { settings } from "./settings";
import { showToStaff, SignOut } from "./sign_in";
import type { User } from "./users";
import { offer, words, minutes } from "./words";

const now = signal(Date.now());
setInterval(() => (now.value = Date.now() + ahead), 10_000);

const title = () => words("barista.title", { tenant: settings.tenant });

function Barista({ queue }: { queue: Queue }) {
  const unsent = queue.pending.value.length;
  return (
    <Frame
      title={title()}
      connected={queue.loaded.value ? queue.live.connected.value : null}
      offline={words("barista.offline", { count: unsent })}
      aside={<SignOut />}
    >
      {queue.loaded.value ? (
        <div class="columns">
          <Column title={words("barista.waiting")} orders={queue.waiting.value} queue={queue} />
          <Column title={words("barista.making")} orders={queue.making.value} queue={queue} />
        </div>
      ) : (
        <p class="waiting">{words("bar.loading")}</p>
      )}
      <div class="undo" role="status">
        {queue.pending.value.filter(ends).map((pending) => (
          <p key={`${pending.orderId} ${pending.action}`}>
            <span>
              {words(pending.action === "complete" ? "barista.completed" : "barista.cancelled", {
                number: queue.number(pending.orderId),
              })}
            </span>
            {pending.due > 0 && (
              <button type="button" onClick={() => queue.undo(pending)}>
                {words("barista.undo")}
              </button>
            )}
          </p>
        ))}
      </div>
    </Frame>
  );
}

const ends = ({ action }: Pending) => action === "complete" || action === "cancel";

interface ColumnProps {
  title: string;
  orders: Order[];
  queue: Queue;
}

function Column({ title, orders, queue }: ColumnProps) {
  return (
    <section>
      <h2>
        {title} <span class="count">{orders.length}</span>
      </h2>
      {orders.length === 0 && <p class="faint">{words("barista.none")}</p>}
      <ul class="plain orders">
        {orders.map((order) => (
          <Card key={order.orderId} order={order} queue={queue} />
        ))}
      </ul>
    </section>
  );
}

function Card({ order, queue }: { order: Order; queue: Queue }) {
  const mine = order.baristaUserId === queue.user.id;
  const act = (action: "make" | "unmake" | "complete" | "cancel") => () => queue.act(order.orderId, action);
  return (
    <li class="card order">
      <p class="head">
        <strong>{order.orderNumber}</strong>
        <span class="faint">{minutes(now.value - order.TS)}</span>
      </p>
      <h3>{order.drinkOrder?.drink}</h3>
      {(order.drinkOrder?.modifiers.length ?? 0) > 0 && <p>{order.drinkOrder?.modifiers.join(", ")}</p>}
      {order.state === "MAKING" && !mine && <p class="faint">{words("barista.of-colleague")}</p>}
      <div class="row">
        {order.state === "CREATED" && (
          <button type="button" class="main" onClick={act("make")}>
            {words("barista.make")}
          </button>
        )}
        {order.state === "MAKING" && mine && (
          <>
            <button type="button" class="main" onClick={act("complete")}>
              {words("barista.complete")}
            </button>
            <button type="button" onClick={act("unmake")}>
              {words("barista.put-back")}
            </button>
          </>
        )}
        <button type="button" onClick={act("cancel")}>
          {words("barista.cancel")}
        </button>
      </div>
      <a href={`journey#${order.orderId}`}>{words("barista.story")}</a>
    </li>
  );
}

function begin(user: User) {
  void ask<Shop>(user, "config")
    .then((shop) => offer(shop.languages))
    .catch(() => undefined);
  return <Barista queue={new Queue(user)} />;
}

showToStaff(title, ["barista", "admin"], begin);

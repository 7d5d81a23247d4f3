/** A guest's page: code, menu, and the own order until it is collected. */
import { computed, signal } from "@preact/signals";
import { ahead, ask, type Order, type Shop } from "./api";
import { attempt, Frame, show, trouble } from "./frame";
import { Live } from "./live";
import { codeIn, CodeEntry } from "./code_entry";
import { Menu } from "./menu";
import { kept, settings, storage } from "./settings";
import { Progress } from "./progress";
import { OwnStory } from "./story";
import { guest, random } from "./users";
import { offer, words } from "./words";

type PublicShop = Pick<Shop, "storeOpen" | "hours" | "timeZone" | "languages" | "menu">;

const OPEN = ["STARTED", "ORDERED", "CREATED", "MAKING"];
/** The order whose end the guest has seen. */
const SEEN = kept("seen");
/** For so long a page that is opened again shows an order that is over. */
const STALE = 10 * 60_000;

const user = guest();
const shop = signal<PublicShop | null>(null);
const order = signal<Order | null>(null);
/** An order that is scanned, but that the bar has not begun yet. */
const begun = signal("");
/** Whether the bar could not take the last order. */
const busy = signal(false);
const sending = signal(false);
const stage = computed(() => (order.value ? (order.value.state === "STARTED" ? "menu" : "order") : begun.value ? "wait" : "code"));

function take(found: Order): void {
  // An answer that comes late, after the guest has gone on.
  if (found.orderId === storage.get(SEEN)) return;
  if (order.value && found.orderId === order.value.orderId && found.updated < order.value.updated) return;
  if (found.orderId === begun.value) begun.value = "";
  order.value = found;
}

/** Load what the page shows: the shop, and the guest's order that goes on or has just ended. */
async function load(): Promise<void> {
  const [found, orders] = await Promise.all([
    ask<PublicShop>(user, "config"),
    ask<Order[]>(user, "myOrders"),
  ]);
  offer(found.languages);
  shop.value = found;
  const last = orders.at(-1);
  const recent = last && last.orderId !== storage.get(SEEN) && Date.now() + ahead - last.updated < STALE;
  const current = order.value ?? orders.findLast((each) => OPEN.includes(each.state)) ?? (recent ? last : undefined);
  const newest = current && orders.find((each) => each.orderId === current.orderId);
  if (newest) take(newest);
  const waited = orders.find((each) => each.orderId === begun.value);
  if (waited) take(waited);
}

/** An order that may not be kept yet: the message of its beginning goes to the page and to its keeper at once. */
const begins = async (id: string) => (await ask<Order[]>(user, "myOrders")).find((each) => each.orderId === id);

/** The order itself has what changed; a message only says that it did. */
async function read(id: string): Promise<void> {
  const found = id === begun.value ? await begins(id) : await ask<Order>(user, `orders/${id}`);
  if (found) take(found);
}

/** An order that has not begun after this time does not begin any more. */
const BEGINS_WITHIN = 60_000;
let begunAt = 0;

const goesOn = () => order.value !== null && OPEN.includes(order.value.state);

/** Show an order of another window of this phone's, or of this one before it was loaded anew. */
async function follow(id: string): Promise<void> {
  const found = await begins(id);
  // Messages may come late.
  if (found && OPEN.includes(found.state) && !goesOn()) take(found);
  if (found) return;
  begun.value = id;
  begunAt = Date.now();
}

const live = new Live(
  user,
  (message) => {
    if (message.event === "OrderProcessor.ShopUnavailable" && begun.value) {
      busy.value = true;
      begun.value = "";
      return;
    }
    if (!message.orderId) return;
    if (message.event === "OrderProcessor.WorkflowStarted" && !begun.value && !goesOn()) {
      void follow(message.orderId).catch(() => undefined);
    } else if ([order.value?.orderId, begun.value].includes(message.orderId)) {
      void read(message.orderId).catch(() => undefined);
    }
  },
  () => void attempt(load),
);

/** Without live updates, and where the shop is closed, the page asks now and then. */
setInterval(() => {
  if (begun.value && Date.now() - begunAt > BEGINS_WITHIN) {
    busy.value = true;
    begun.value = "";
  }
  const waits = begun.value || goesOn();
  if (document.hidden || (live.connected.value && shop.value?.storeOpen && !begun.value)) return;
  if (waits || !shop.value?.storeOpen) void load().catch(() => undefined);
}, 4_000);

/** A scan has a key, so that one that is sent again is the same order. */
async function scan(code: string): Promise<void> {
  if (sending.value) return;
  sending.value = true;
  busy.value = false;
  order.value = null;
  const key = random();
  await attempt(async () => {
    const answer = await ask<{ orderId: string }>(user, "qr-code", { method: "POST", query: { token: code }, key });
    begun.value = answer.orderId;
    begunAt = Date.now();
  });
  // There may be an order that this page does not show, which is why it may have no other.
  if (!begun.value) void load().catch(() => undefined);
  sending.value = false;
}

async function change(query: Record<string, string>, body?: object): Promise<void> {
  const id = order.value?.orderId;
  if (!id || sending.value) return;
  sending.value = true;
  const done = await attempt(async () => take(await ask<Order>(user, `orders/${id}`, { method: "PUT", query, body })));
  // The order has gone on, or the menu is another one.
  if (!done) await Promise.all([read(id), load()]).catch(() => undefined);
  sending.value = false;
}

function again(): void {
  storage.set(SEEN, order.value?.orderId ?? null);
  order.value = null;
  trouble.value = "";
}

function Guest() {
  const open = shop.value?.storeOpen;
  return (
    <Frame title={words("bar.title", { tenant: settings.tenant })} connected={shop.value ? live.connected.value : null}>
      {!shop.value && <p class="waiting">{words("bar.loading")}</p>}
      {shop.value && stage.value === "code" && busy.value && <p class="card">{words("guest.busy")}</p>}
      {shop.value && stage.value === "code" && !open && <Closed />}
      {shop.value && stage.value === "code" && open && <CodeEntry take={scan} sending={sending.value} />}
      {stage.value === "wait" && <p class="waiting">{words("guest.beginning")}</p>}
      {shop.value && stage.value === "menu" && (
        <Menu
          menu={shop.value.menu}
          sending={sending.value}
          choose={(drink, modifiers) => void change({}, { drink, modifiers })}
          cancel={() => void change({ action: "cancel" })}
        />
      )}
      {order.value && stage.value === "order" && (
        <>
          <Progress order={order.value} sending={sending.value} cancel={() => void change({ action: "cancel" })} again={again} />
          <OwnStory key={order.value.orderId} user={user} id={order.value.orderId} />
        </>
      )}
    </Frame>
  );
}

function Closed() {
  const hours = shop.value?.hours ?? [];
  return (
    <section class="card">
      <h2>{words("guest.closed")}</h2>
      {hours.length > 0 && (
        <>
          <p>{words("guest.hours", { zone: shop.value?.timeZone ?? "" })}</p>
          <ul class="plain">
            {hours.map((span, number) => (
              <li key={number}>
                {span.days.map((day) => DAYS[day]?.()).join(", ")}: {span.opens}–{span.closes}
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

const DAYS: Record<string, () => string> = {
  mon: () => words("day.mon"),
  tue: () => words("day.tue"),
  wed: () => words("day.wed"),
  thu: () => words("day.thu"),
  fri: () => words("day.fri"),
  sat: () => words("day.sat"),
  sun: () => words("day.sun"),
};

/** A code in the address, as the display's has it: it stays on this phone, out of logs. */
function scanAddress(): void {
  const code = codeIn(location.hash);
  if (!code) return;
  history.replaceState(null, "", location.pathname);
  if (!goesOn()) void scan(code);
}

addEventListener("hashchange", scanAddress);
show(<Guest />);
void attempt(load).then(scanAddress);

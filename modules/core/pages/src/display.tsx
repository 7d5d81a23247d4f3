/** The display: the code to scan, and the orders by their numbers. */
import { computed, signal } from "@preact/signals";
import { generate } from "lean-qr";
import { toSvgDataURL } from "lean-qr/extras/svg";
import { ahead, ask, type Shop } from "./api";
import { Board } from "./board";
import { Frame } from "./frame";
import { Live } from "./live";
import { settings } from "./settings";
import { showToStaff, SignOut } from "./sign_in";
import type { User } from "./users";
import { language, minutes, offer, words } from "./words";

interface Code {
  last_code: string;
  end_ts: number;
  availableTokens: number;
}

const LOOKS_EVERY = 15_000;
const TRIES_AGAIN = 2_000;
/** For so long after its end a code is taken. */
const GRACE = 60_000;

const title = () => words("bar.title", { tenant: settings.tenant });
const code = signal<Code | null>(null);
const open = signal<boolean | null>(null);
const board = new Board();

/** The address that a phone opens: what follows # stays on the phone. */
const address = computed(() => (code.value ? `${new URL(".", document.baseURI)}#${code.value.last_code}` : ""));
const picture = computed(() => (address.value ? toSvgDataURL(generate(address.value), { on: "#000", off: "#fff" }) : ""));

/** Follow the code; the last one is taken for a minute more, so that one is always shown that is good. */
async function followCode(user: User): Promise<never> {
  for (;;) {
    let pause = TRIES_AGAIN;
    try {
      code.value = await ask<Code>(user, "qr-code", { patient: false });
      pause = Math.min(LOOKS_EVERY, Math.max(0, code.value.end_ts - Date.now() - ahead));
    } catch {
      const over = code.value && Date.now() + ahead > code.value.end_ts + GRACE;
      if (over) code.value = null;
    }
    await new Promise((next) => setTimeout(next, pause + 200));
  }
}

function Display({ live }: { live: Live }) {
  return (
    <Frame title={title()} connected={open.value === null ? null : live.connected.value} aside={<SignOut />}>
      <div class="board">
        <section class="card code">{open.value === false ? <h2>{words("display.closed")}</h2> : <Picture />}</section>
        <Numbers title={words("display.making")} numbers={board.making.value} kind="making" />
        <Numbers title={words("display.ready")} numbers={board.ready.value} kind="ready" />
      </div>
      {board.average.value !== null && (
        <p class="average">{words("display.wait", { time: minutes(Math.max(60_000, board.average.value)) })}</p>
      )}
    </Frame>
  );
}

function Picture() {
  if (!code.value) return <p class="waiting">{words("bar.loading")}</p>;
  const { last_code, end_ts, availableTokens } = code.value;
  const time = new Intl.DateTimeFormat(language.value, { timeStyle: "short" }).format(end_ts - ahead);
  return (
    <>
      <h2>{words("display.order")}</h2>
      <img class="qr" src={picture.value} alt={words("display.alt", { code: last_code })} />
      <p class="letters">{words("display.code", { code: last_code })}</p>
      <p class="faint">
        {availableTokens > 0 ? words("display.left", { count: availableTokens }) : words("display.none-left", { time })}
      </p>
    </>
  );
}

function Numbers({ title, numbers, kind }: { title: string; numbers: string[]; kind: string }) {
  return (
    <section class={`numbers ${kind}`} aria-live="polite">
      <h2>{title}</h2>
      <ul class="plain">
        {numbers.map((number) => (
          <li key={number}>{number}</li>
        ))}
      </ul>
    </section>
  );
}

function begin(user: User) {
  const load = async () => {
    const shop = await ask<Shop>(user, "config");
    offer(shop.languages);
    open.value = shop.storeOpen;
  };
  const live = new Live(
    user,
    (message) => {
      if (message.settings?.storeOpen !== undefined) open.value = message.settings.storeOpen;
      board.hear(message);
    },
    () => void load().catch(() => undefined),
    "last hour",
  );
  void followCode(user);
  return <Display live={live} />;
}

showToStaff(title, ["display"], begin);

/** An admin's page: open and close, today's figures, menu, limits, staff. */
import { signal } from "@preact/signals";
import { ask, type Shop } from "./api";
import { Figures, type Today } from "./figures";
import { attempt, Frame } from "./frame";
import { LimitsForm } from "./limits_form";
import { Live } from "./live";
import { MenuForm } from "./menu_form";
import { settings } from "./settings";
import { showToStaff, SignOut } from "./sign_in";
import { StaffForm } from "./staff_form";
import type { User } from "./users";
import { offer, words } from "./words";

const COUNTS_EVERY = 30_000;

const title = () => words("admin.title", { tenant: settings.tenant });
const shop = signal<Shop | null>(null);
const today = signal<Today | null>(null);

/** Change some settings; the answer is all of them. */
const change = (user: User) => (body: Partial<Shop>) =>
  attempt(async () => (shop.value = await ask<Shop>(user, "config", { method: "PUT", body })));

function Admin({ user, live }: { user: User; live: Live }) {
  const found = shop.value;
  const turn = (state: string) =>
    void attempt(async () => (shop.value = await ask<Shop>(user, "store", { method: "PUT", query: { state } })));
  return (
    <Frame title={title()} connected={found ? live.connected.value : null} aside={<SignOut />}>
      {!found && <p class="waiting">{words("bar.loading")}</p>}
      {found && (
        <>
          <section class="card turn">
            <h2 aria-live="polite">{words(found.storeOpen ? "admin.is-open" : "admin.is-closed")}</h2>
            <button type="button" class="main" onClick={() => turn(found.storeOpen ? "closed" : "open")}>
              {words(found.storeOpen ? "admin.close" : "admin.open")}
            </button>
          </section>
          {today.value && <Figures today={today.value} />}
          <div class="columns">
            <MenuForm menu={found.menu} save={(menu) => change(user)({ menu })} />
            <LimitsForm shop={found} save={change(user)} />
          </div>
          <StaffForm user={user} />
        </>
      )}
    </Frame>
  );
}

function begin(user: User) {
  const count = async () => {
    today.value = await ask<Today>(user, "figures");
  };
  const load = async () => {
    shop.value = await ask<Shop>(user, "admin-config");
    offer(shop.value.languages);
    await count();
  };
  const live = new Live(
    user,
    (message) => message.settings && void load().catch(() => undefined),
    () => void attempt(load),
  );
  setInterval(() => document.hidden || void count().catch(() => undefined), COUNTS_EVERY);
  return <Admin user={user} live={live} />;
}

showToStaff(title, ["admin"], begin);

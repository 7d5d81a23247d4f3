/** The staff's page of one order's story. The order's id is in the address, after #. */
import { signal } from "@preact/signals";
import { ask, type Shop } from "./api";
import { Frame } from "./frame";
import { settings } from "./settings";
import { showToStaff, SignOut } from "./sign_in";
import { Story } from "./story";
import type { User } from "./users";
import { offer, words } from "./words";

const ID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}";

/** The order's id in what was pasted: the id itself, or an address or a line of a log with it; "" without one. */
const idIn = (text: string) => new RegExp(ID).exec(text)?.[0].toLowerCase() ?? "";

const title = () => words("story.title", { tenant: settings.tenant });
const order = signal(idIn(location.hash));
const typed = signal(order.value);

addEventListener("hashchange", () => (typed.value = order.value = idIn(location.hash)));

function Journey({ user }: { user: User }) {
  return (
    <Frame title={title()} aside={<SignOut />}>
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          location.hash = idIn(typed.value);
        }}
      >
        <label>
          {words("story.id")}
          <input
            value={typed.value}
            onInput={(event) => (typed.value = event.currentTarget.value)}
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            pattern={`.*${ID}.*`}
            required
          />
        </label>
        <button class="main">{words("story.show")}</button>
      </form>
      {order.value && (
        <section class="card">
          <Story key={order.value} user={user} id={order.value} />
        </section>
      )}
    </Frame>
  );
}

function begin(user: User) {
  void ask<Shop>(user, "config")
    .then((shop) => offer(shop.languages))
    .catch(() => undefined);
  return <Journey user={user} />;
}

showToStaff(title, ["barista", "admin"], begin);

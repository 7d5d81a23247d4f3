/** Sign-in of the staff, before a page of theirs is shown. */
import { signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { attempt, Frame, reason, show, trouble } from "./frame";
import { rememberedMember, signedIn, SignInRefused, signOut, type User } from "./users";
import { words, type Key } from "./words";

/** A member who is remembered needs no password once the network is there. */
const TRIES_AGAIN = 5_000;

interface SignInProps {
  taken: (name: string, password: string) => Promise<void>;
}

function SignIn({ taken }: SignInProps) {
  const name = useSignal("");
  const password = useSignal("");
  const sending = useSignal(false);
  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault();
        sending.value = true;
        void taken(name.value, password.value).finally(() => (sending.value = false));
      }}
    >
      <h2>{words("staff.sign-in")}</h2>
      <label>
        {words("staff.name")}
        <input
          value={name.value}
          onInput={(event) => (name.value = event.currentTarget.value)}
          autocomplete="username"
          autocapitalize="none"
          required
        />
      </label>
      <label>
        {words("staff.password")}
        <input
          type="password"
          value={password.value}
          onInput={(event) => (password.value = event.currentTarget.value)}
          autocomplete="current-password"
          required
        />
      </label>
      <button class="main" disabled={sending.value}>
        {words("staff.sign-in")}
      </button>
    </form>
  );
}

/** The button that ends a member's time at this page. */
export function SignOut() {
  return (
    <button type="button" class="small" onClick={signOut}>
      {words("staff.sign-out")}
    </button>
  );
}

/**
 * Show a page to members of some groups; to others, the sign-in.
 *
 * @param title The page's title.
 * @param groups Those who may use it.
 * @param begin Makes the page for a member.
 */
export function showToStaff(title: () => string, groups: string[], begin: (user: User) => ComponentChildren): void {
  const page = signal<ComponentChildren>(null);
  const enter = async (user: User, name: string) => {
    await user.token();
    if (user.groups.some((group) => groups.includes(group))) page.value = begin(user);
    else trouble.value = words("staff.not-yours", { name });
  };
  const taken = async (name: string, password: string) => {
    await attempt(
      async () => enter(await signedIn(name, password), name),
      (error) => (error instanceof SignInRefused ? words("staff.wrong" satisfies Key) : undefined),
    );
  };
  const Page = () =>
    page.value ?? (
      <Frame title={title()}>
        <SignIn taken={taken} />
      </Frame>
    );
  const again = async (user: User): Promise<void> => {
    if (page.value) return;
    try {
      await enter(user, "");
      if (page.value) trouble.value = "";
    } catch (error) {
      if (error instanceof SignInRefused) return;
      trouble.value = reason(error);
      setTimeout(() => void again(user), TRIES_AGAIN);
    }
  };
  const known = rememberedMember();
  const entered = known ? again(known) : Promise.resolve();
  void entered.finally(() => show(<Page />));
}

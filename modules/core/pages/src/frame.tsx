/** What every page has: its head, its languages, and what it says when something goes wrong. */
import { signal, useSignalEffect } from "@preact/signals";
import { render, type ComponentChildren } from "preact";
import { Problem } from "./api";
import { settings } from "./settings";
import { choose, language, languages, words, type Key } from "./words";

/** Why the last action had no effect; "" when it had. */
export const trouble = signal("");

const REASONS: Record<string, Key> = {
  "shop-closed": "reason.closed",
  "old-code": "reason.old-code",
  "unknown-code": "reason.unknown-code",
  "no-tokens": "reason.no-tokens",
  "too-many-orders": "reason.too-many",
  "invalid-order": "reason.not-on-menu",
  "wrong-state": "reason.too-late",
  "unknown-order": "reason.gone",
  "name-taken": "reason.name-taken",
  "unknown-member": "reason.no-member",
  forbidden: "reason.forbidden",
};

/** Why an action failed, in the reader's language. */
export function reason(error: unknown): string {
  if (error instanceof Problem) {
    const key = REASONS[error.kind];
    return key ? words(key) : error.message;
  }
  return words("reason.network");
}

/** Do something; where it fails, show why. */
export async function attempt(
  action: () => Promise<unknown>,
  known: (error: unknown) => string | undefined = () => undefined,
): Promise<boolean> {
  trouble.value = "";
  try {
    await action();
    return true;
  } catch (error) {
    trouble.value = known(error) ?? reason(error);
    return false;
  }
}

interface FrameProps {
  title: string;
  /** Whether updates arrive; null where there are none yet. */
  connected?: boolean | null;
  /** What a page can do without a connection. */
  offline?: string;
  children: ComponentChildren;
  aside?: ComponentChildren;
}

/** A page. */
export function Frame({ title, connected = null, offline, children, aside }: FrameProps) {
  useSignalEffect(() => {
    document.documentElement.lang = language.value;
    document.title = words("bar.title", { tenant: settings.tenant });
  });
  return (
    <>
      <header>
        <h1>
          <img src={new URL("cup.svg", import.meta.url).href} alt="" width="32" height="32" /> {title}
        </h1>
        {aside}
        {languages.value.length > 1 && <Languages />}
      </header>
      <div class="notice" role="status">
        {connected === false && <p class="offline">{offline ?? words("live.lost")}</p>}
        {trouble.value && <p class="trouble">{trouble.value}</p>}
      </div>
      <main>{children}</main>
    </>
  );
}

function Languages() {
  return (
    <select
      aria-label={words("bar.language")}
      value={language.value}
      onChange={(event) => choose(event.currentTarget.value)}
    >
      {languages.value.map(({ code, name }) => (
        <option key={code} value={code} lang={code}>
          {name}
        </option>
      ))}
    </select>
  );
}

/** Show a page in place of the document's own first words. */
export function show(page: ComponentChildren): void {
  const place = document.getElementById("page");
  if (!place) return;
  place.replaceChildren();
  render(page, place);
}

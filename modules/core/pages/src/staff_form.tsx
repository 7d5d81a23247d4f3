/** Who works at the bar. Admins add and remove baristas and displays; admins are the owner's to change. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask } from "./api";
import { attempt } from "./frame";
import { settings } from "./settings";
import type { User } from "./users";
import { words, type Key } from "./words";

type Group = "admin" | "barista" | "display";

interface Member {
  name: string;
  groups: Group[];
  /** Of a new member, once. */
  password?: string;
}

const WORDS: Record<Group, Key> = { admin: "staff.admin", barista: "who.barista", display: "staff.display" };
const ADDED: Group[] = ["barista", "display"];

export function StaffForm({ user }: { user: User }) {
  const members = useSignal<Member[]>([]);
  const name = useSignal("");
  const group = useSignal<Group>("barista");
  const added = useSignal<Member | null>(null);
  const sending = useSignal(false);
  const load = async () => {
    members.value = await ask<Member[]>(user, "staff");
  };
  const change = (method: "PUT" | "DELETE", member: string, query: Record<string, string> = {}) => {
    sending.value = true;
    added.value = null;
    return attempt(async () => {
      const answer = await ask<Member>(user, `staff/${encodeURIComponent(member)}`, { method, query, patient: false });
      if (answer.password) added.value = answer;
      if (method === "PUT") name.value = "";
      await load();
    }).finally(() => (sending.value = false));
  };
  useEffect(() => void load().catch(() => undefined), [user]);
  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault();
        void change("PUT", name.value, { group: group.value });
      }}
    >
      <h2>{words("admin.staff")}</h2>
      <ul class="plain members">
        {members.value.map((member) => (
          <li key={member.name}>
            <strong>{member.name}</strong>
            <span class="faint">{member.groups.map((each) => words(WORDS[each])).join(", ")}</span>
            {!member.groups.includes("admin") && (
              <button
                type="button"
                class="small"
                disabled={sending.value}
                aria-label={words("admin.remove", { drink: member.name })}
                onClick={() => void change("DELETE", member.name)}
              >
                ✕
              </button>
            )}
          </li>
        ))}
      </ul>
      <div class="row">
        <label>
          {words("staff.name")}
          <input
            value={name.value}
            onInput={(event) => (name.value = event.currentTarget.value)}
            autocomplete="off"
            autocapitalize="none"
            maxLength={50}
            pattern="[A-Za-z0-9][A-Za-z0-9._@+\-]*"
            required
          />
        </label>
        <label>
          {words("staff.group")}
          <select value={group.value} onChange={(event) => (group.value = event.currentTarget.value as Group)}>
            {ADDED.map((each) => (
              <option key={each} value={each}>
                {words(WORDS[each])}
              </option>
            ))}
          </select>
        </label>
      </div>
      <button class="main" disabled={sending.value}>
        {words("staff.add")}
      </button>
      <p role="status">
        {added.value && (
          <>
            {words("staff.new-password", { name: added.value.name })} <code>{added.value.password}</code>
          </>
        )}
      </p>
      <p class="faint">{words("admin.staff-how")}</p>
      <code>presso bar staff add {settings.tenant} NAME --group admin</code>
    </form>
  );
}

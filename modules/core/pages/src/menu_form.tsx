/** The menu of a shop, to change. */
import { useSignal } from "@preact/signals";
import type { Shop } from "./api";
import { words } from "./words";

type Menu = Shop["menu"];

interface Row {
  id: number;
  drink: string;
  available: boolean;
  icon: string | undefined;
  /** The modifiers as they are written here, such as `Milk: Regular, Oat; Size: Small, Large`. */
  options: string;
  /** Those that the shop has, and how they are written: a name may have any of these signs. */
  before: { modifiers: NonNullable<Menu[number]["modifiers"]>; options: string };
}

let rows = 0;

const rowsOf = (menu: Menu): Row[] =>
  menu.map(({ drink, available, icon, modifiers = [] }) => {
    const options = modifiers.map((each) => `${each.name}: ${each.options.join(", ")}`).join("; ");
    return { id: rows++, drink, available, icon, options, before: { modifiers, options } };
  });

const parts = (text: string, separator: string) => text.split(separator).map((part) => part.trim()).filter(Boolean);

const modifiersOf = (options: string) =>
  parts(options, ";").map((text) => {
    const [name = "", ...offered] = text.split(":");
    return { name: name.trim(), options: parts(offered.join(":"), ",") };
  });

const NONE = { modifiers: [], options: "" };

function menuOf(edited: Row[]): Menu {
  return edited.map(({ drink, available, icon, options, before }) => ({
    drink: drink.trim(),
    available,
    ...(icon ? { icon } : {}),
    modifiers: options === before.options ? before.modifiers : modifiersOf(options),
  }));
}

interface MenuFormProps {
  menu: Menu;
  save: (menu: Menu) => Promise<boolean>;
}

export function MenuForm({ menu, save }: MenuFormProps) {
  const edited = useSignal<Row[] | null>(null);
  const saved = useSignal(false);
  const known = useSignal<{ menu: Menu; rows: Row[] }>({ menu, rows: rowsOf(menu) });
  if (known.peek().menu !== menu) known.value = { menu, rows: rowsOf(menu) };
  const all = edited.value ?? known.value.rows;
  const edit = (next: Row[]) => {
    edited.value = next;
    saved.value = false;
  };
  const set = (id: number, values: Partial<Row>) =>
    edit(all.map((row) => (row.id === id ? { ...row, ...values } : row)));
  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault();
        void save(menuOf(all)).then((done) => {
          if (done) edited.value = null;
          saved.value = done;
        });
      }}
    >
      <h2>{words("admin.menu")}</h2>
      <p class="faint">{words("admin.options-how")}</p>
      <ul class="plain drinks">
        {all.map((row) => (
          <li key={row.id}>
            <input
              aria-label={words("admin.drink")}
              value={row.drink}
              maxLength={50}
              required
              onInput={(event) => set(row.id, { drink: event.currentTarget.value })}
            />
            <input
              aria-label={words("admin.options")}
              placeholder={words("admin.options")}
              value={row.options}
              onInput={(event) => set(row.id, { options: event.currentTarget.value })}
            />
            <label class="tick">
              <input
                type="checkbox"
                checked={row.available}
                onChange={(event) => set(row.id, { available: event.currentTarget.checked })}
              />
              {words("admin.available")}
            </label>
            <button
              type="button"
              class="small"
              aria-label={words("admin.remove", { drink: row.drink })}
              onClick={() => edit(all.filter((each) => each.id !== row.id))}
            >
              ✕
            </button>
          </li>
        ))}
      </ul>
      <button
        type="button"
        onClick={() => edit([...all, { id: rows++, drink: "", available: true, icon: undefined, options: "", before: NONE }])}
      >
        {words("admin.add")}
      </button>
      <button class="main" disabled={!edited.value || all.length === 0}>
        {words("admin.save")}
      </button>
      <p role="status">{saved.value && words("admin.saved")}</p>
    </form>
  );
}

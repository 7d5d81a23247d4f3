/** The limits of a shop, to change. */
import { useSignal } from "@preact/signals";
import type { Shop } from "./api";
import { words, type Key } from "./words";

type Limit =
  | "drinksPerBarcode"
  | "maxOrdersPerUser"
  | "maxOrdersInQueue"
  | "maxOrdersRunning"
  | "customerSeconds"
  | "baristaSeconds";

/** Each limit, with its most. */
const LIMITS: [Limit, Key, number][] = [
  ["drinksPerBarcode", "admin.per-code", 1000],
  ["maxOrdersPerUser", "admin.per-user", 1000],
  ["maxOrdersInQueue", "admin.in-queue", 1000],
  ["maxOrdersRunning", "admin.running", 1000],
  ["customerSeconds", "admin.customer-seconds", 86_400],
  ["baristaSeconds", "admin.barista-seconds", 86_400],
];

interface LimitsFormProps {
  shop: Shop;
  save: (limits: Partial<Shop>) => Promise<boolean>;
}

export function LimitsForm({ shop, save }: LimitsFormProps) {
  const changed = useSignal<Partial<Record<Limit, number>>>({});
  const saved = useSignal(false);
  return (
    <form
      class="card"
      onSubmit={(event) => {
        event.preventDefault();
        void save(changed.value).then((done) => {
          if (done) changed.value = {};
          saved.value = done;
        });
      }}
    >
      <h2>{words("admin.limits")}</h2>
      {LIMITS.map(([name, key, most]) => (
        <label key={name}>
          {words(key)}
          <input
            type="number"
            min={1}
            max={most}
            required
            value={changed.value[name] ?? shop[name]}
            onInput={(event) => {
              changed.value = { ...changed.value, [name]: event.currentTarget.valueAsNumber };
              saved.value = false;
            }}
          />
        </label>
      ))}
      <button class="main" disabled={Object.keys(changed.value).length === 0}>
        {words("admin.save")}
      </button>
      <p role="status">{saved.value && words("admin.saved")}</p>
    </form>
  );
}

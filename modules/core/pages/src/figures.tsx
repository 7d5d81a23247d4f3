/** Today's figures of a shop, as numbers and as bars by the hour. */
import { language, words, type Key } from "./words";

type Count = "Ordered" | "Completed" | "Cancelled" | "TimedOut" | "Refused";

export interface Today {
  /** The day at the bar, such as 2026-11-28. */
  day: string;
  /** What was counted in each hour in which there was something; times are sums of seconds. */
  hours: ({ hour: number; WaitingTime?: number; Waited?: number; MakingTime?: number; Made?: number } & Partial<
    Record<Count, number>
  >)[];
}

const COUNTS: [Count, Key][] = [
  ["Ordered", "admin.ordered"],
  ["Completed", "admin.completed"],
  ["Cancelled", "admin.cancelled"],
  ["TimedOut", "admin.timed-out"],
  ["Refused", "admin.refused"],
];

const [WIDTH, HEIGHT, FOOT] = [600, 160, 24];

export function Figures({ today }: { today: Today }) {
  const sum = (name: keyof Today["hours"][number]) => today.hours.reduce((all, hour) => all + (hour[name] ?? 0), 0);
  const numbers = new Intl.NumberFormat(language.value);
  return (
    <section class="card">
      <h2>{words("admin.figures")}</h2>
      <dl class="figures">
        {COUNTS.map(([name, key]) => (
          <div key={name}>
            <dt>{words(key)}</dt>
            <dd>{numbers.format(sum(name))}</dd>
          </div>
        ))}
        <Mean name={words("admin.waiting")} seconds={sum("WaitingTime")} of={sum("Waited")} />
        <Mean name={words("admin.making")} seconds={sum("MakingTime")} of={sum("Made")} />
      </dl>
      <Hours today={today} />
    </section>
  );
}

function Mean({ name, seconds, of }: { name: string; seconds: number; of: number }) {
  const format = new Intl.NumberFormat(language.value, { style: "unit", unit: "second", unitDisplay: "narrow" });
  return (
    <div>
      <dt>{name}</dt>
      <dd>{of ? format.format(Math.round(seconds / of)) : "–"}</dd>
    </div>
  );
}

function Hours({ today }: { today: Today }) {
  const counted = new Map(today.hours.map(({ hour, Ordered = 0 }) => [hour, Ordered]));
  const first = Math.min(8, ...counted.keys());
  const last = Math.max(18, ...counted.keys());
  const hours = Array.from({ length: last - first + 1 }, (_, number) => first + number);
  const most = Math.max(1, ...counted.values());
  const step = WIDTH / hours.length;
  const told = [...counted].filter(([, orders]) => orders).map(([hour, orders]) => `${hour}: ${orders}`).join(", ");
  return (
    <figure>
      <figcaption>{words("admin.by-hour")}</figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT + FOOT}`} role="img" aria-label={`${words("admin.by-hour")}. ${told}`}>
        {hours.map((hour, place) => {
          const orders = counted.get(hour) ?? 0;
          const height = ((HEIGHT - 20) * orders) / most;
          const middle = (place + 0.5) * step;
          return (
            <g key={hour}>
              <rect x={place * step + 3} y={HEIGHT - height} width={step - 6} height={height} rx="3" />
              {orders > 0 && (
                <text x={middle} y={HEIGHT - height - 5} class="value">
                  {orders}
                </text>
              )}
              <text x={middle} y={HEIGHT + 18}>
                {hour}
              </text>
            </g>
          );
        })}
        <line x1="0" x2={WIDTH} y1={HEIGHT} y2={HEIGHT} />
      </svg>
    </figure>
  );
}

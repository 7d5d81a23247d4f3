// How values are written.

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const whole = new Intl.NumberFormat();

export const number = (value) => whole.format(value);
export const time = (seconds) => clock.format(seconds * 1000);
export const many = (count, one, several = `${one}s`) => `${number(count)} ${count === 1 ? one : several}`;

export function duration(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

export function ago(seconds, now = Date.now() / 1000) {
  const passed = now - seconds;
  if (passed < 90) return "just now";
  return passed < 172800 ? `${duration(passed)} ago` : `${Math.round(passed / 86400)} days ago`;
}

export function quantile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length ? sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] : null;
}

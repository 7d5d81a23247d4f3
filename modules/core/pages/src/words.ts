/** The words of a page, in the language that its reader prefers among those of the bar. */
import { computed, signal } from "@preact/signals";
import de from "./messages/de.json";
import en from "./messages/en.json";
import es from "./messages/es.json";
import fr from "./messages/fr.json";
import ja from "./messages/ja.json";
import { kept, storage } from "./settings";

export type Key = keyof typeof en;
const TEXTS: Record<string, Record<Key, string>> = { en, de, es, fr, ja };
const NAMES: Record<string, string> = { en: "English", de: "Deutsch", es: "Español", fr: "Français", ja: "日本語" };

/** The languages that the bar offers, the first for those whose own is not among them. */
const offered = signal(Object.keys(TEXTS));
const chosen = signal(storage.get(kept("language")) ?? "");

export const languages = computed(() => offered.value.map((code) => ({ code, name: NAMES[code] ?? code })));

export const language = computed(() => {
  const wanted = [chosen.value, ...navigator.languages.map((each) => each.split("-")[0] ?? "")];
  return wanted.find((code) => offered.value.includes(code)) ?? offered.value[0] ?? "en";
});

/** Offer the languages of the bar's settings, as far as there are messages in them. */
export function offer(codes: string[]): void {
  const known = codes.map((code) => code.split("-")[0] ?? "").filter((code) => code in TEXTS);
  offered.value = known.length ? [...new Set(known)] : ["en"];
}

/** Read in this language from now on. */
export function choose(code: string): void {
  chosen.value = code;
  storage.set(kept("language"), code);
}

/** A message, with values in its places. */
export function words(key: Key, values: Record<string, string | number> = {}): string {
  const text = TEXTS[language.value]?.[key] ?? en[key];
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

function counted(unit: "minute" | "second", count: number): string {
  const format = new Intl.NumberFormat(language.value, { style: "unit", unit, unitDisplay: "short" });
  return format.format(Math.max(0, Math.floor(count)));
}

/** A duration, such as "4 min". */
export function minutes(milliseconds: number): string {
  return counted("minute", milliseconds / 60_000);
}

/** A duration, such as "4 min 12 sec". */
export function span(milliseconds: number): string {
  const seconds = counted("second", (milliseconds / 1000) % 60);
  return milliseconds < 60_000 ? seconds : `${minutes(milliseconds)} ${seconds}`;
}

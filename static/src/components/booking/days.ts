/** Free times by day, on the clock of whoever looks at them. Pure. */
import { formatTime, zoneAbbreviation } from "../../texts/formats";

export interface BookableDay {
  /** The calendar day there, as `2026-03-29`. */
  key: string;
  /** An instant of that day, to format its name from. */
  at: string;
  times: readonly BookableTime[];
}

export interface BookableTime {
  at: string;
  /** Unmistakable within its day: where the clocks are put back one time comes twice, and both say in which zone. */
  label: string;
}

export function groupByDay(times: readonly string[]): BookableDay[] {
  const days = new Map<string, string[]>();
  for (const at of times) {
    const key = dayKey(at);
    days.set(key, [...(days.get(key) ?? []), at]);
  }
  return [...days.entries()].map(([key, ofDay]) => ({ key, at: ofDay[0] ?? "", times: labelled(ofDay) }));
}

export function dayKey(at: string): string {
  const day = new Date(at);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

function labelled(times: readonly string[]): BookableTime[] {
  const plain = times.map((at) => formatTime(at));
  return times.map((at, index) => {
    const label = plain[index] ?? "";
    const isTwice = plain.indexOf(label) !== plain.lastIndexOf(label);
    return { at, label: isTwice ? `${label} ${zoneAbbreviation(at)}` : label };
  });
}

/** Weekly hours of one time zone, told in another. */
interface WeeklyHours {
  weekday: number;
  starts_at: string;
  ends_at: string;
}

interface DayHours {
  weekday: number;
  spans: string[];
}

const DAY_MINUTES = 24 * 60;
const WEEK_MINUTES = 7 * DAY_MINUTES;

/** `weekday` counts from Monday as 0. Hours that cross midnight here are split over both days. */
export function localHours(
  weekly: readonly WeeklyHours[],
  fromZone: string,
  toZone = Intl.DateTimeFormat().resolvedOptions().timeZone,
  at = new Date(),
): DayHours[] {
  const shift = zoneOffsetMinutes(toZone, at) - zoneOffsetMinutes(fromZone, at);
  const days = new Map<number, [number, number][]>();
  for (const hours of weekly) {
    const startsAt = minuteOfDay(hours.starts_at);
    const endsAt = minuteOfDay(hours.ends_at) || DAY_MINUTES;
    const length = endsAt > startsAt ? endsAt - startsAt : endsAt + DAY_MINUTES - startsAt;
    let from = (hours.weekday * DAY_MINUTES + startsAt + shift + WEEK_MINUTES) % WEEK_MINUTES;
    for (let left = length; left > 0; ) {
      const weekday = Math.floor(from / DAY_MINUTES);
      const minute = from % DAY_MINUTES;
      const part = Math.min(left, DAY_MINUTES - minute);
      days.set(weekday, [...(days.get(weekday) ?? []), [minute, minute + part]]);
      left -= part;
      from = (from + part) % WEEK_MINUTES;
    }
  }
  return [...days.entries()]
    .sort(([a], [b]) => a - b)
    .map(([weekday, spans]) => ({
      weekday,
      spans: spans.sort(([a], [b]) => a - b).map(([from, to]) => `${clockText(from)}–${clockText(to)}`),
    }));
}

function minuteOfDay(text: string): number {
  const [hours, minutes] = text.split(":").map(Number);
  return (hours ?? 0) * 60 + (minutes ?? 0);
}

function clockText(minute: number): string {
  const inDay = minute % DAY_MINUTES;
  return new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", timeZone: "UTC" }).format(
    Date.UTC(2024, 0, 1, 0, inDay),
  );
}

function zoneOffsetMinutes(zone: string, at: Date): number {
  try {
    const parts = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
    }).formatToParts(at);
    const number = (type: string) => Number(parts.find((part) => part.type === type)?.value);
    const local = Date.UTC(number("year"), number("month") - 1, number("day"), number("hour"), number("minute"));
    return Math.round((local - at.getTime()) / 60_000);
  } catch {
    // An unknown zone is shown as it was written.
    return 0;
  }
}

/** Money, times and numbers as this visitor writes them. */
const locale = () => navigator.language || "en";

function fractionDigits(currency: string): number {
  return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

/** Minor units become a display text here and nowhere else; nothing is ever calculated with the result. */
export function formatMoney(amountMinor: number, currency: string, options: { isSigned?: boolean } = {}): string {
  return new Intl.NumberFormat(locale(), {
    style: "currency",
    currency,
    signDisplay: options.isSigned ? "exceptZero" : "auto",
  }).format(amountMinor / 10 ** fractionDigits(currency));
}

/** What somebody typed as an amount, in minor units; null when it is not one. */
export function parseMoney(text: string, currency: string): number | null {
  const digits = fractionDigits(currency);
  const match = /^\s*(\d{1,9})(?:[.,](\d+))?\s*$/.exec(text);
  const fraction = match?.[2] ?? "";
  if (match === null || fraction.length > digits) return null;
  return Number(match[1]) * 10 ** digits + Number(fraction.padEnd(digits, "0") || "0");
}

/** An amount as it stands in a text field. */
export function editableMoney(amountMinor: number, currency: string): string {
  const digits = fractionDigits(currency);
  const whole = Math.trunc(amountMinor / 10 ** digits);
  return digits === 0 ? String(whole) : `${whole}.${String(amountMinor % 10 ** digits).padStart(digits, "0")}`;
}

export function currencySymbol(currency: string): string {
  const parts = new Intl.NumberFormat(locale(), { style: "currency", currency }).formatToParts(0);
  return parts.find((part) => part.type === "currency")?.value ?? currency;
}

export function formatTime(at: string | number): string {
  return new Intl.DateTimeFormat(locale(), { hour: "numeric", minute: "2-digit" }).format(new Date(at));
}

export function formatExactTime(at: string): string {
  return new Intl.DateTimeFormat(locale(), { hour: "numeric", minute: "2-digit", second: "2-digit" }).format(
    new Date(at),
  );
}

export function formatDate(at: string): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: "medium" }).format(new Date(at));
}

export function formatDateTime(at: string): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeStyle: "short" }).format(new Date(at));
}

/** Day and time as the clocks of a zone show them; the zone of this browser if none is given. */
export function formatAppointment(at: string, timeZone?: string): string {
  return new Intl.DateTimeFormat(locale(), {
    weekday: "long",
    day: "numeric",
    month: "long",
    hour: "numeric",
    minute: "2-digit",
    ...(timeZone === undefined ? {} : { timeZone }),
  }).format(new Date(at));
}

export function formatShortAppointment(at: string): string {
  return new Intl.DateTimeFormat(locale(), {
    weekday: "short",
    day: "numeric",
    month: "short",
    hour: "numeric",
    minute: "2-digit",
  }).format(new Date(at));
}

export function formatChipWeekday(at: string): string {
  return new Intl.DateTimeFormat(locale(), { weekday: "short" }).format(new Date(at));
}

export function formatChipDay(at: string): string {
  return new Intl.DateTimeFormat(locale(), { day: "numeric", month: "short" }).format(new Date(at));
}

/** `CET`, `GMT+10:30`: which of two equal times is meant, in the hour that comes twice. */
export function zoneAbbreviation(at: string): string {
  const parts = new Intl.DateTimeFormat(locale(), { timeZoneName: "short" }).formatToParts(new Date(at));
  return parts.find((part) => part.type === "timeZoneName")?.value ?? "";
}

/** A heading for one day of a list: today, yesterday, or the date. */
export function formatDay(at: string, now: Date = new Date()): string {
  const day = new Date(at);
  const start = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
  const daysAgo = Math.round((start(now) - start(day)) / 86_400_000);
  if (daysAgo === 0 || daysAgo === 1) {
    const text = new Intl.RelativeTimeFormat(locale(), { numeric: "auto" }).format(-daysAgo, "day");
    return text.charAt(0).toLocaleUpperCase() + text.slice(1);
  }
  return new Intl.DateTimeFormat(locale(), { weekday: "long", day: "numeric", month: "long", year: "numeric" }).format(
    day,
  );
}

export function formatWeekdayTime(at: string): string {
  return new Intl.DateTimeFormat(locale(), { weekday: "short", hour: "2-digit", minute: "2-digit" }).format(
    new Date(at),
  );
}

export function formatShortDay(at: string): string {
  return new Intl.DateTimeFormat(locale(), { weekday: "long", day: "numeric", month: "short" }).format(new Date(at));
}

/** 0:07, 12:40, 1:02:03. */
export function formatClock(totalSeconds: number): string {
  const seconds = Math.max(0, Math.floor(totalSeconds));
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

export function formatNumber(value: number, digits = 0): string {
  return new Intl.NumberFormat(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(
    value,
  );
}

export function languageName(code: string): string {
  if (!/^[a-z]{2,3}(-[A-Za-z0-9]+)*$/.test(code)) return code;
  try {
    return new Intl.DisplayNames([locale()], { type: "language" }).of(code) ?? code;
  } catch {
    return code;
  }
}

export function weekdayName(weekday: number): string {
  // 31 December 2023 was a Sunday, which the protocol counts as 0.
  return new Intl.DateTimeFormat(locale(), { weekday: "long", timeZone: "UTC" }).format(
    Date.UTC(2023, 11, 31 + weekday),
  );
}

/** How two people may go on talking, and what each way costs from the next increment on. Pure. */
import type { Consultation, ConsultationType } from "../protocol";

const BY_PRESENCE: readonly ConsultationType[] = ["chat", "call", "video"];

export interface ModeChange {
  mode: ConsultationType;
  /** More than now: the client decides, a reader only suggests. */
  isMore: boolean;
  ratePerMinuteMinor: number;
}

/** Every other way to talk, up to what was asked for at first; the ones with less first, nearest first. */
export function listModeChanges(consultation: Consultation): ModeChange[] {
  const now = BY_PRESENCE.indexOf(consultation.mode);
  const highest = BY_PRESENCE.indexOf(consultation.type);
  const less = BY_PRESENCE.slice(0, now).reverse();
  const more = BY_PRESENCE.slice(now + 1, highest + 1);
  return [...less, ...more].map((mode) => describeChange(consultation, mode));
}

/** The server's own rule: less is never dearer; more costs what was frozen for it when it was asked for. */
export function describeChange(consultation: Consultation, mode: ConsultationType): ModeChange {
  const { rates, type, rate_per_minute_minor: nowMinor } = consultation;
  const isMore = BY_PRESENCE.indexOf(mode) > BY_PRESENCE.indexOf(consultation.mode);
  const frozenMinor = rates[mode]?.rate_per_minute_minor;
  const ratePerMinuteMinor = isMore
    ? (frozenMinor ?? rates[type]?.rate_per_minute_minor ?? nowMinor)
    : Math.min(frozenMinor ?? nowMinor, nowMinor);
  return { mode, isMore, ratePerMinuteMinor };
}

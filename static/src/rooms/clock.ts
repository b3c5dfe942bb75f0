/** The server's time as this browser can best tell it, and the room's clock computed from it. Pure. */
import type { Consultation } from "../protocol";

/** How far the server's clock is ahead of ours. Samples can only be too small: the answer travelled for a while. */
export class ServerClock {
  private offsetMs: number | null = null;
  private sampledAtMs = 0;

  constructor(private readonly now: () => number) {}

  /** Takes a moment that the server wrote just before we received it. */
  hear(serverMs: number): void {
    if (!Number.isFinite(serverMs)) return;
    const now = this.now();
    const sample = serverMs - now;
    // An old best sample gives way, so that a corrected or drifting clock is followed.
    const isOld = now - this.sampledAtMs > 120_000;
    if (this.offsetMs === null || sample > this.offsetMs || isOld || this.offsetMs - sample > 10_000) {
      this.offsetMs = sample;
      this.sampledAtMs = now;
    }
  }

  nowMs(): number {
    return this.now() + (this.offsetMs ?? 0);
  }
}

export interface RoomClock {
  isRunning: boolean;
  /** Seconds that both were there, as the meter counts them. */
  connectedSeconds: number;
  /** Of the time that is paid already. */
  paidSecondsLeft: number;
}

/** A tick may come this late before the clock waits for the server instead of running on. */
const LATE_TICK_SECONDS = 2;

export function readRoomClock(consultation: Consultation, serverNowMs: number): RoomClock {
  if (consultation.status !== "in_progress") {
    return { isRunning: false, connectedSeconds: consultation.connected_seconds, paidSecondsLeft: 0 };
  }
  const { paid_until_at: paidUntilAt, increment_seconds: incrementSeconds } = consultation;
  const isRunning = !consultation.is_paused && paidUntilAt !== null;
  const left =
    isRunning && paidUntilAt !== null ? (Date.parse(paidUntilAt) - serverNowMs) / 1000 : consultation.paid_seconds_left;
  const lateSeconds = Math.min(LATE_TICK_SECONDS, incrementSeconds);
  const bounded = Math.min(Math.max(left, -lateSeconds), incrementSeconds);
  return {
    isRunning,
    connectedSeconds: Math.max(0, consultation.billed_increments * incrementSeconds - bounded),
    paidSecondsLeft: Math.max(0, bounded),
  };
}

/** Not started, or paused for whatever reason: nobody pays, so nobody talks. */
export function isClockStanding({ started_at, is_paused }: Consultation): boolean {
  return started_at === null || is_paused;
}

/** True when the paid time ended (or a booking should have begun) a while ago and nobody told us: something was missed. */
export function isOverdue(consultation: Consultation, serverNowMs: number): boolean {
  if (consultation.status === "scheduled") return serverNowMs - Date.parse(consultation.scheduled_at ?? "") > 5_000;
  if (consultation.status !== "in_progress" || consultation.is_paused || consultation.paid_until_at === null)
    return false;
  return serverNowMs - Date.parse(consultation.paid_until_at) > 5_000;
}

/** Whether its waiting room may be entered. */
export function isRoomOpen(booking: Consultation, serverNowMs: number): boolean {
  return booking.waiting_room_opens_at !== null && Date.parse(booking.waiting_room_opens_at) <= serverNowMs;
}

/** Whole billing minutes that a balance pays, beyond what is paid already. */
export function minutesPaidBy(balanceMinor: number, ratePerMinuteMinor: number): number {
  return ratePerMinuteMinor <= 0 ? 0 : Math.floor(balanceMinor / ratePerMinuteMinor);
}

export function secondsUntil(at: string | null | undefined, serverNowMs: number): number | null {
  if (at === null || at === undefined) return null;
  return Math.max(0, Math.ceil((Date.parse(at) - serverNowMs) / 1000));
}

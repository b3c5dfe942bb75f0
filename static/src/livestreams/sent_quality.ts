/** How well the publisher's sound and picture get away, judged from two looks at the browser's statistics. */
import type { QualityLevel } from "../media/types";

export interface SentQuality {
  level: QualityLevel;
  /** Sound and picture together. */
  sentKbps: number | null;
  /** Of what we send, as the other side reports it. */
  lossPercent: number | null;
  roundTripMs: number | null;
  /** Lines of the picture as it is sent. */
  lines: number | null;
  framesPerSecond: number | null;
}

export const UNKNOWN_SENT: SentQuality = {
  level: "unknown",
  sentKbps: null,
  lossPercent: null,
  roundTripMs: null,
  lines: null,
  framesPerSecond: null,
};

/** Above the first viewers notice, above the second it is hard to watch. */
const LOSS_PERCENT = [3, 10] as const;
const ROUND_TRIP_MS = [400, 1_000] as const;
/** A moving picture below this is hard to watch. */
const WATCHABLE_KBPS = 120;
/** So many better looks in a row lift the level; one worse look lowers it. */
const BETTER_LOOKS = 2;
const LEVELS = ["good", "fair", "poor"] as const satisfies readonly QualityLevel[];

/** The fields that browsers give (W3C, "Identifiers for WebRTC's Statistics API"). */
interface Entry {
  type: string;
  kind?: string;
  bytesSent?: number;
  frameWidth?: number;
  frameHeight?: number;
  framesPerSecond?: number;
  qualityLimitationReason?: string;
  fractionLost?: number;
  roundTripTime?: number;
  currentRoundTripTime?: number;
  availableOutgoingBitrate?: number;
  nominated?: boolean;
}

export interface SentLook {
  bytesSent: number;
  availableKbps: number | null;
  lossPercent: number | null;
  roundTripMs: number | null;
  lines: number | null;
  framesPerSecond: number | null;
  isShortOfBandwidth: boolean;
}

export function readSent(report: RTCStatsReport): SentLook {
  const entries: Entry[] = [];
  report.forEach((entry: Entry) => void entries.push(entry));
  const outbound = entries.filter(({ type }) => type === "outbound-rtp");
  const video = outbound.find(({ kind }) => kind === "video");
  const remote = entries.filter(({ type }) => type === "remote-inbound-rtp");
  const pair = entries.find(({ type, nominated }) => type === "candidate-pair" && nominated === true);
  const loss = largest(remote.map(({ fractionLost }) => fractionLost));
  const roundTrip = pair?.currentRoundTripTime ?? largest(remote.map(({ roundTripTime }) => roundTripTime));
  const available = pair?.availableOutgoingBitrate;
  return {
    bytesSent: outbound.reduce((total, { bytesSent }) => total + (bytesSent ?? 0), 0),
    availableKbps: available === undefined ? null : Math.round(available / 1_000),
    lossPercent: loss === null ? null : Math.round(loss * 1_000) / 10,
    roundTripMs: roundTrip === null ? null : Math.round(roundTrip * 1_000),
    lines: video?.frameHeight ?? null,
    framesPerSecond: video?.framesPerSecond ?? null,
    isShortOfBandwidth: video?.qualityLimitationReason === "bandwidth",
  };
}

export class SentMeter {
  private before: { bytesSent: number; atMs: number } | null = null;
  private level: QualityLevel = "unknown";
  private betterLooks = 0;

  /** Another connection counts from nothing. */
  reset(): void {
    this.before = null;
    this.level = "unknown";
    this.betterLooks = 0;
  }

  /** `hasPicture`: a camera or screen is being sent, so much is to be expected. */
  look(seen: SentLook, atMs: number, hasPicture: boolean): SentQuality {
    const { before } = this;
    this.before = { bytesSent: seen.bytesSent, atMs };
    const { lossPercent, roundTripMs, lines, framesPerSecond } = seen;
    if (before === null || atMs <= before.atMs) return { ...UNKNOWN_SENT, lossPercent, roundTripMs };
    const sentKbps = Math.round((Math.max(0, seen.bytesSent - before.bytesSent) * 8) / (atMs - before.atMs));
    this.settle(judge(seen, sentKbps, hasPicture));
    return { level: this.level, sentKbps, lossPercent, roundTripMs, lines, framesPerSecond };
  }

  private settle(seen: (typeof LEVELS)[number]): void {
    const isBetter = this.level !== "unknown" && LEVELS.indexOf(seen) < LEVELS.indexOf(this.level);
    this.betterLooks = isBetter ? this.betterLooks + 1 : 0;
    if (isBetter && this.betterLooks < BETTER_LOOKS) return;
    this.betterLooks = 0;
    this.level = seen;
  }
}

function judge(seen: SentLook, sentKbps: number, hasPicture: boolean): (typeof LEVELS)[number] {
  const isStarved = sentKbps === 0 || (hasPicture && seen.isShortOfBandwidth && sentKbps < WATCHABLE_KBPS);
  if (isStarved) return "poor";
  const ranks = [rank(seen.lossPercent, LOSS_PERCENT), rank(seen.roundTripMs, ROUND_TRIP_MS)];
  if (hasPicture && seen.isShortOfBandwidth) ranks.push(1);
  return LEVELS[Math.max(...ranks)] ?? "poor";
}

function rank(value: number | null, [fair, poor]: readonly [number, number]): number {
  if (value === null || value <= fair) return 0;
  return value <= poor ? 1 : 2;
}

function largest(values: readonly (number | undefined)[]): number | null {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? null : Math.max(...known);
}

/** How well two people can hear and see each other, judged from two looks at the statistics. */
import type { Statistics } from "./statistics";
import type { Quality, QualityLevel } from "./types";

export const UNKNOWN_QUALITY: Quality = {
  level: "unknown",
  roundTripMs: null,
  lossPercent: null,
  receivedKbps: null,
  sentKbps: null,
  isRelayed: null,
};

/**
 * Above the first a talk begins to suffer, above the second it is hard to hold: the round trip after ITU-T G.114 (150
 * ms one way is fine, 400 ms is the most), the loss after what Opus conceals.
 */
const BOUNDS = {
  roundTripMs: [300, 700],
  lossPercent: [3, 10],
  jitterMs: [40, 100],
} as const;
const LEVELS = ["good", "fair", "poor"] as const satisfies readonly QualityLevel[];
/** So many better looks in a row lift the level; one worse look lowers it. */
const BETTER_LOOKS = 2;

export class QualityMeter {
  private before: { statistics: Statistics; atMs: number } | null = null;
  private level: QualityLevel = "unknown";
  private betterLooks = 0;

  /** Forgets the former path: counts of another are not comparable. */
  reset(): void {
    this.before = null;
    this.level = "unknown";
    this.betterLooks = 0;
  }

  look(statistics: Statistics, atMs: number): Quality {
    const { before } = this;
    this.before = { statistics, atMs };
    const { roundTripMs, isRelayed } = statistics;
    if (before === null || atMs <= before.atMs) return { ...UNKNOWN_QUALITY, roundTripMs, isRelayed };
    const elapsedMs = atMs - before.atMs;
    const risen = (name: "packetsReceived" | "packetsLost" | "bytesReceived" | "bytesSent") =>
      Math.max(0, statistics[name] - before.statistics[name]);
    const arrived = risen("packetsReceived");
    const lost = risen("packetsLost");
    const lossPercent = arrived + lost === 0 ? null : (100 * lost) / (arrived + lost);
    this.settle(judge(statistics, before.statistics, { arrived, lossPercent }));
    return {
      level: this.level,
      roundTripMs,
      lossPercent: lossPercent === null ? null : Math.round(lossPercent * 10) / 10,
      receivedKbps: Math.round((risen("bytesReceived") * 8) / elapsedMs),
      sentKbps: Math.round((risen("bytesSent") * 8) / elapsedMs),
      isRelayed,
    };
  }

  private settle(seen: (typeof LEVELS)[number]): void {
    const isBetter = this.level !== "unknown" && LEVELS.indexOf(seen) < LEVELS.indexOf(this.level);
    this.betterLooks = isBetter ? this.betterLooks + 1 : 0;
    if (isBetter && this.betterLooks < BETTER_LOOKS) return;
    this.betterLooks = 0;
    this.level = seen;
  }
}

function judge(
  now: Statistics,
  before: Statistics,
  heard: { arrived: number; lossPercent: number | null },
): (typeof LEVELS)[number] {
  // Sound is always sent, so nothing at all means that nothing arrives.
  if (heard.arrived === 0) return "poor";
  const isPictureStuck = now.framesReceived > before.framesReceived && now.framesDecoded === before.framesDecoded;
  if (isPictureStuck) return "poor";
  const sentLossPercent = now.sentLoss === null ? null : now.sentLoss * 100;
  const ranks = [
    rank(now.roundTripMs, BOUNDS.roundTripMs),
    rank(heard.lossPercent, BOUNDS.lossPercent),
    rank(sentLossPercent, BOUNDS.lossPercent),
    rank(now.jitterMs, BOUNDS.jitterMs),
  ];
  return LEVELS[Math.max(...ranks)] ?? "poor";
}

function rank(value: number | null, [fair, poor]: readonly [number, number]): number {
  if (value === null || value <= fair) return 0;
  return value <= poor ? 1 : 2;
}

/** Reading the browser's statistics of one path (W3C, "Identifiers for WebRTC's Statistics API") into plain sums. */

/** Sums over all streams of a kind since they began; times in milliseconds. */
export interface Statistics {
  packetsSent: number;
  packetsReceived: number;
  packetsLost: number;
  bytesSent: number;
  bytesReceived: number;
  framesReceived: number;
  framesDecoded: number;
  jitterMs: number | null;
  roundTripMs: number | null;
  /** 0..1 of what we send, as the other side reports it. */
  sentLoss: number | null;
  isRelayed: boolean | null;
  /** Packets of each stream by its name, for counts that never go back. */
  sentByStream: ReadonlyMap<string, number>;
  receivedByStream: ReadonlyMap<string, number>;
}

/** The fields that browsers give; TypeScript's own types know only some. */
interface Entry {
  id: string;
  type: string;
  kind?: string;
  packetsSent?: number;
  packetsReceived?: number;
  packetsLost?: number;
  bytesSent?: number;
  bytesReceived?: number;
  framesReceived?: number;
  framesDecoded?: number;
  jitter?: number;
  roundTripTime?: number;
  fractionLost?: number;
  currentRoundTripTime?: number;
  selectedCandidatePairId?: string;
  selected?: boolean;
  nominated?: boolean;
  state?: string;
  candidateType?: string;
  localCandidateId?: string;
  remoteCandidateId?: string;
}

export function readStatistics(report: RTCStatsReport): Statistics {
  const entries: Entry[] = [];
  report.forEach((entry: Entry) => void entries.push(entry));
  const of = (type: string) => entries.filter((entry) => entry.type === type);
  const outbound = of("outbound-rtp");
  const inbound = of("inbound-rtp");
  const remote = of("remote-inbound-rtp");
  const pair = findSelectedPair(entries);
  return {
    packetsSent: sum(outbound, "packetsSent"),
    packetsReceived: sum(inbound, "packetsReceived"),
    packetsLost: sum(inbound, "packetsLost"),
    bytesSent: sum(outbound, "bytesSent"),
    bytesReceived: sum(inbound, "bytesReceived"),
    framesReceived: sum(inbound, "framesReceived"),
    framesDecoded: sum(inbound, "framesDecoded"),
    jitterMs: inMs(largest(inbound, "jitter")),
    roundTripMs: inMs(pair?.currentRoundTripTime ?? largest(remote, "roundTripTime")),
    sentLoss: largest(remote, "fractionLost"),
    isRelayed: pair === null ? null : isRelayed(entries, pair),
    sentByStream: new Map(outbound.map((entry) => [entry.id, entry.packetsSent ?? 0])),
    receivedByStream: new Map(inbound.map((entry) => [entry.id, entry.packetsReceived ?? 0])),
  };
}

function findSelectedPair(entries: readonly Entry[]): Entry | null {
  const selectedId = entries.find((entry) => entry.selectedCandidatePairId !== undefined)?.selectedCandidatePairId;
  const pairs = entries.filter((entry) => entry.type === "candidate-pair");
  return (
    pairs.find((pair) => pair.id === selectedId) ??
    pairs.find((pair) => pair.selected === true) ??
    pairs.find((pair) => pair.nominated === true && pair.state === "succeeded") ??
    null
  );
}

function isRelayed(entries: readonly Entry[], pair: Entry): boolean {
  const ends = [pair.localCandidateId, pair.remoteCandidateId];
  return entries.some((entry) => ends.includes(entry.id) && entry.candidateType === "relay");
}

type Count =
  | "packetsSent"
  | "packetsReceived"
  | "packetsLost"
  | "bytesSent"
  | "bytesReceived"
  | "framesReceived"
  | "framesDecoded";

function sum(entries: readonly Entry[], name: Count): number {
  return entries.reduce((total, entry) => total + Math.max(0, entry[name] ?? 0), 0);
}

function largest(entries: readonly Entry[], name: "jitter" | "roundTripTime" | "fractionLost"): number | null {
  const values = entries.map((entry) => entry[name]).filter((value) => value !== undefined);
  return values.length === 0 ? null : Math.max(...values);
}

function inMs(seconds: number | null): number | null {
  return seconds === null ? null : Math.round(seconds * 1_000);
}

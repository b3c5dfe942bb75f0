import { describe, expect, test } from "vitest";
import { QualityMeter } from "../../src/media/quality";
import { readStatistics, type Statistics } from "../../src/media/statistics";

function report(...entries: object[]): RTCStatsReport {
  return new Map(
    entries.map((entry, index) => [`${index}`, { id: `${index}`, ...entry }]),
  ) as unknown as RTCStatsReport;
}

const EMPTY = readStatistics(report());
const look = (change: Partial<Statistics>): Statistics => ({ ...EMPTY, ...change });

/** The second of two looks, two seconds apart; a hundred packets arrive unless the case says otherwise. */
function levelOf(change: Partial<Statistics>): string {
  const meter = new QualityMeter();
  meter.look(EMPTY, 0);
  return meter.look(look({ packetsReceived: 100, roundTripMs: 50, ...change }), 2_000).level;
}

describe("reading", () => {
  test("sums the streams of both kinds and ignores what is not a stream", () => {
    const read = readStatistics(
      report(
        { type: "outbound-rtp", kind: "audio", packetsSent: 100, bytesSent: 1_000 },
        { type: "outbound-rtp", kind: "video", packetsSent: 20, bytesSent: 9_000 },
        { type: "inbound-rtp", kind: "audio", packetsReceived: 90, packetsLost: 3, jitter: 0.012 },
        { type: "inbound-rtp", kind: "video", packetsReceived: 10, packetsLost: -1, jitter: 0.03, framesDecoded: 7 },
        { type: "remote-inbound-rtp", fractionLost: 0.25, roundTripTime: 0.4 },
        { type: "data-channel", messagesSent: 5 },
      ),
    );
    expect(read).toMatchObject({ packetsSent: 120, packetsReceived: 100, packetsLost: 3, bytesSent: 10_000 });
    expect(read).toMatchObject({ jitterMs: 30, framesDecoded: 7, sentLoss: 0.25, roundTripMs: 400, isRelayed: null });
  });

  test("takes the pair that the transport names before one that was nominated once", () => {
    const pairs = [
      { id: "old", type: "candidate-pair", nominated: true, state: "succeeded", currentRoundTripTime: 0.9 },
      { id: "now", type: "candidate-pair", currentRoundTripTime: 0.07, localCandidateId: "l", remoteCandidateId: "r" },
      { id: "l", type: "local-candidate", candidateType: "relay" },
      { id: "r", type: "remote-candidate", candidateType: "host" },
      { id: "t", type: "transport", selectedCandidatePairId: "now" },
    ];
    expect(readStatistics(report(...pairs))).toMatchObject({ roundTripMs: 70, isRelayed: true });
    expect(readStatistics(report(...pairs.slice(0, 1)))).toMatchObject({ roundTripMs: 900, isRelayed: false });
  });
});

describe("judging", () => {
  test.each<[string, Partial<Statistics>, string]>([
    ["a good line", {}, "good"],
    ["a long way", { roundTripMs: 450 }, "fair"],
    ["a very long way", { roundTripMs: 900 }, "poor"],
    ["one in twenty lost", { packetsReceived: 95, packetsLost: 5 }, "fair"],
    ["one in five lost", { packetsReceived: 80, packetsLost: 20 }, "poor"],
    ["the other side loses ours", { sentLoss: 0.2 }, "poor"],
    ["unsteady", { jitterMs: 60 }, "fair"],
    ["very unsteady", { jitterMs: 150 }, "poor"],
    ["nothing arrives", { packetsReceived: 0 }, "poor"],
    ["pictures arrive that cannot be shown", { framesReceived: 30, framesDecoded: 0 }, "poor"],
  ])("%s", (_name, change, level) => {
    expect(levelOf(change)).toBe(level);
  });

  test("gives rates in kilobits a second and the loss of the time between two looks", () => {
    const meter = new QualityMeter();
    meter.look(look({ bytesReceived: 1_000, packetsReceived: 1_000, packetsLost: 500 }), 0);
    const now = look({ bytesReceived: 251_000, bytesSent: 50_000, packetsReceived: 1_099, packetsLost: 501 });
    expect(meter.look(now, 2_000)).toMatchObject({ receivedKbps: 1_000, sentKbps: 200, lossPercent: 1 });
  });

  test("is unknown after the first look", () => {
    expect(new QualityMeter().look(EMPTY, 0).level).toBe("unknown");
  });

  test("falls at once and rises after two better looks, so that it does not flicker", () => {
    const meter = new QualityMeter();
    const roundTrips = [50, 50, 900, 50, 50, 50];
    const levels = roundTrips.map(
      (roundTripMs, index) => meter.look(look({ packetsReceived: 100 * index, roundTripMs }), index * 2_000).level,
    );
    expect(levels).toEqual(["unknown", "good", "poor", "poor", "good", "good"]);
  });
});

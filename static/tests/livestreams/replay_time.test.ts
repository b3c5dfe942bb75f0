import { expect, test } from "vitest";
import { countSaid, layOut, partAt, totalSeconds, wallTimeMs } from "../../src/livestreams/replay_time";
import { sampleLine } from "../support/livestream_samples";

const at = (clock: string) => `2026-01-01T${clock}Z`;
const file = (part: number, seconds: number, clock: string) => ({
  part,
  url: `/${part}`,
  bytes: 1_000,
  seconds,
  started_at: at(clock),
  has_video: true,
});
const parts = layOut([file(2, 60, "10:05:00"), file(1, 120, "10:00:00")]);

test("parts follow each other without the time between them", () => {
  expect(parts.map(({ offsetSeconds }) => offsetSeconds)).toEqual([0, 120]);
  expect(totalSeconds(parts)).toBe(180);
  expect([0, 119, 120, 500].map((position) => partAt(parts, position))).toEqual([0, 0, 1, 1]);
});

test("what was said appears at the wall clock's time of the part that plays", () => {
  const messages = ["10:00:30", "10:03:00", "10:05:30"].map((clock, index) =>
    sampleLine(index + 1, { created_at: at(clock) }),
  );
  const said = (position: number) => countSaid(messages, wallTimeMs(parts, position));
  expect([0, 29, 30, 119, 120, 149, 150].map(said)).toEqual([0, 0, 1, 1, 2, 2, 3]);
});

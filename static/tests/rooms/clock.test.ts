import { describe, expect, test } from "vitest";
import { isOverdue, minutesPaidBy, readRoomClock, ServerClock, secondsUntil } from "../../src/rooms/clock";
import { sampleConsultation } from "../support/samples";

const started = Date.parse("2026-01-01T10:00:10Z");

describe("the room's clock", () => {
  test("counts connected seconds from the server's times", () => {
    const clock = readRoomClock(sampleConsultation(), started + 25_000);
    expect(clock).toEqual({ isRunning: true, connectedSeconds: 25, paidSecondsLeft: 35 });
  });

  test("stands still while paused, whatever the time is", () => {
    const paused = sampleConsultation({
      is_paused: true,
      pause_reason: "connection",
      paid_until_at: null,
      paid_seconds_left: 42,
    });
    const early = readRoomClock(paused, started + 25_000);
    expect(early).toEqual(readRoomClock(paused, started + 500_000));
    expect(early).toEqual({ isRunning: false, connectedSeconds: 18, paidSecondsLeft: 42 });
  });

  test("waits at the end of the paid time instead of running on by itself", () => {
    const late = readRoomClock(sampleConsultation(), started + 300_000);
    expect(late.connectedSeconds).toBe(62);
    expect(late.paidSecondsLeft).toBe(0);
    expect(isOverdue(sampleConsultation(), started + 300_000)).toBe(true);
    expect(isOverdue(sampleConsultation(), started + 30_000)).toBe(false);
  });

  test("shows nothing spent before it starts", () => {
    const waiting = sampleConsultation({
      started_at: null,
      paid_until_at: null,
      paid_seconds_left: 0,
      billed_increments: 0,
    });
    expect(readRoomClock(waiting, started).connectedSeconds).toBe(0);
  });

  test("says after the end what the server counted", () => {
    const ended = sampleConsultation({ status: "completed", paid_until_at: null, connected_seconds: 61 });
    expect(readRoomClock(ended, started + 500_000)).toEqual({
      isRunning: false,
      connectedSeconds: 61,
      paidSecondsLeft: 0,
    });
  });
});

describe("the server's clock", () => {
  test("is told best by the event that travelled shortest", () => {
    const clock = new ServerClock(() => 1_000_000);
    clock.hear(1_004_000);
    clock.hear(1_004_800);
    clock.hear(1_003_000);
    expect(clock.nowMs()).toBe(1_004_800);
  });

  test("follows a browser clock that was set forward", () => {
    let now = 1_000_000;
    const clock = new ServerClock(() => now);
    clock.hear(1_000_000);
    now += 3_600_000;
    clock.hear(1_005_000);
    expect(clock.nowMs()).toBe(1_005_000);
  });
});

test("minutes that a balance pays are whole ones", () => {
  expect(minutesPaidBy(1000, 399)).toBe(2);
  expect(minutesPaidBy(398, 399)).toBe(0);
});

test("a countdown ends at zero and is absent without a time", () => {
  expect(secondsUntil("2026-01-01T10:00:12Z", started)).toBe(2);
  expect(secondsUntil("2026-01-01T10:00:00Z", started)).toBe(0);
  expect(secondsUntil(null, started)).toBeNull();
});

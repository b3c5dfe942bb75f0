import { signal } from "@preact/signals";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { watchLevel } from "../../src/media/level_meter";
import { asTrack, FakeTrack } from "../support/fake_media";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function openMeter(refusal: Error | null = null) {
  const contexts: { isClosed: boolean }[] = [];
  const track = signal<MediaStreamTrack | null>(asTrack(new FakeTrack("audio")));
  const makeContext = () => {
    const context = {
      isClosed: false,
      state: "running",
      createAnalyser: () => ({ fftSize: 0, getFloatTimeDomainData: (samples: Float32Array) => samples.fill(1) }),
      createMediaStreamSource: () => {
        if (refusal !== null) throw refusal;
        return { connect: () => undefined, disconnect: () => undefined };
      },
      close: async () => {
        context.isClosed = true;
      },
    };
    contexts.push(context);
    return context as unknown as AudioContext;
  };
  return { level: watchLevel(track, makeContext, () => ({}) as MediaStream), track, contexts };
}

test("the microphone is measured only while somebody looks, and each time anew", () => {
  const { level, contexts } = openMeter();
  expect(contexts).toHaveLength(0);
  const seen: number[] = [];
  const stop = level.subscribe((value) => seen.push(value));
  vi.advanceTimersByTime(200);
  expect(seen).toEqual([0, 1]);
  stop();
  expect(contexts.map(({ isClosed }) => isClosed)).toEqual([true]);
  expect(level.value).toBe(0);
  level.subscribe(() => undefined)();
  expect(contexts).toHaveLength(2);
});

test("without a microphone the level is nothing, and follows the next one", () => {
  const { level, track } = openMeter();
  const stop = level.subscribe(() => undefined);
  vi.advanceTimersByTime(200);
  track.value = null;
  expect(level.value).toBe(0);
  track.value = asTrack(new FakeTrack("audio"));
  vi.advanceTimersByTime(200);
  expect(level.value).toBe(1);
  stop();
});

test("a microphone that the browser cannot measure breaks nothing", () => {
  const { level } = openMeter(new DOMException("", "NotSupportedError"));
  const stop = level.subscribe(() => undefined);
  vi.advanceTimersByTime(200);
  expect(level.value).toBe(0);
  stop();
});

/** When the media go through the server's relay, and when they come back. */
import { signal } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { PathState } from "../../src/media/paths/path";
import type { RelayPath } from "../../src/media/paths/relay";
import { RelaySwitch } from "../../src/media/relay_switch";

class FakeRelay {
  readonly state = signal<PathState>("new");
  connects = 0;

  constructor(readonly withVideo: boolean) {}

  async connect(): Promise<void> {
    this.connects += 1;
    this.state.value = "connecting";
  }

  close(): void {
    this.state.value = "closed";
  }
}

function prepare() {
  const made: FakeRelay[] = [];
  let through: FakeRelay | null = null;
  const relaySwitch = new RelaySwitch({
    makePath: (withVideo) => {
      const path = new FakeRelay(withVideo);
      made.push(path);
      return path as unknown as RelayPath;
    },
    sendThrough: async (path) => {
      through = path as unknown as FakeRelay | null;
    },
  });
  return { relaySwitch, made, through: () => through };
}

const asked = { id: "r", state: "asked" } as const;
const connecting = { id: "r", state: "connecting" } as const;
const recording = { id: "r", state: "recording" } as const;
const stopped = { id: "r", state: "stopped" } as const;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("the relay", () => {
  test("is not touched before both agreed", () => {
    const { relaySwitch, made } = prepare();
    relaySwitch.follow(null, true);
    relaySwitch.follow(asked, true);
    expect(made).toHaveLength(0);
  });

  test("carries the media once both sides are connected to it, and not before", () => {
    const { relaySwitch, made, through } = prepare();
    relaySwitch.follow(connecting, true);
    const [path] = made;
    expect(path?.connects).toBe(1);
    if (path !== undefined) path.state.value = "connected";
    expect(through()).toBeNull();
    relaySwitch.follow(recording, true);
    expect(through()).toBe(path);
  });

  test("is left at once when either side stops, and closed", async () => {
    const { relaySwitch, made, through } = prepare();
    relaySwitch.follow(recording, true);
    const [path] = made;
    if (path !== undefined) path.state.value = "connected";
    expect(through()).toBe(path);
    relaySwitch.follow(stopped, true);
    expect(through()).toBeNull();
    await vi.advanceTimersByTimeAsync(0);
    expect(path?.state.value).toBe("closed");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(made).toHaveLength(1);
  });

  test("that fails is tried again, with the direct way in between", async () => {
    const { relaySwitch, made, through } = prepare();
    relaySwitch.follow(recording, true);
    if (made[0] !== undefined) made[0].state.value = "connected";
    if (made[0] !== undefined) made[0].state.value = "failed";
    expect(through()).toBeNull();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(made).toHaveLength(2);
    if (made[1] !== undefined) made[1].state.value = "connected";
    expect(through()).toBe(made[1]);
  });

  test("is connected to anew when a picture comes to the sound, and for another recording", () => {
    const { relaySwitch, made } = prepare();
    relaySwitch.follow(recording, false);
    relaySwitch.follow(recording, true);
    relaySwitch.follow({ id: "another", state: "recording" }, true);
    expect(made.map(({ withVideo }) => withVideo)).toEqual([false, true, true]);
    relaySwitch.follow({ id: "another", state: "recording" }, true);
    expect(made).toHaveLength(3);
  });

  test("is kept when the picture goes and comes back", () => {
    const { relaySwitch, made } = prepare();
    relaySwitch.follow(recording, true);
    relaySwitch.follow(recording, false);
    relaySwitch.follow(recording, true);
    expect(made).toHaveLength(1);
  });
});

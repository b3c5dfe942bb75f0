import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CallPages, pass, soon } from "../support/call_pages";
import { FakeTrack } from "../support/fake_media";

let pages: CallPages;

beforeEach(() => {
  vi.useFakeTimers();
  pages = new CallPages();
});

afterEach(() => {
  pages.close();
  vi.useRealTimers();
});

describe("what the server is told", () => {
  const states = (side: 0 | 1) => pages.signalling.sides[side].reports.map(({ state }) => state);

  test("nothing before the media are connected, then counts that rise every two seconds", async () => {
    pages.open(0);
    await pass(10_000);
    expect(states(0)).toEqual([]);
    pages.open(1);
    await pass(6_100);
    const counts = pages.signalling.sides[0].reports.map(({ stats }) => stats?.packets_sent ?? 0);
    expect(counts.length).toBeGreaterThanOrEqual(4);
    expect(counts).toEqual([...counts].sort((one, other) => one - other));
    expect(new Set(counts).size).toBe(counts.length);
  });

  test("a loss at once and only once, and the media's return at once", async () => {
    await pages.connected();
    pages.signalling.sides[0].reports.length = 0;
    pages.network.cut();
    await vi.advanceTimersByTimeAsync(0);
    expect(states(0)).toEqual(["disconnected"]);
    await pass(2_100);
    expect(states(0).slice(0, 2)).toEqual(["disconnected", "connected"]);
  });

  test("that they failed, after it was said that they were disconnected", async () => {
    const [client] = await pages.connected();
    pages.signalling.sides[0].reports.length = 0;
    pages.network.isUp = false;
    client.peers[0]?.loseMedia("disconnected");
    await vi.advanceTimersByTimeAsync(0);
    client.peers[0]?.loseMedia("failed");
    await vi.advanceTimersByTimeAsync(0);
    expect(states(0)).toEqual(["disconnected", "failed"]);
  });

  test("counts do not go back when the peer connection is a new one", async () => {
    const [, reader] = await pages.connected();
    await pass(8_000);
    pages.leave(reader, 1);
    pages.open(1);
    await pass(4_000);
    const counts = pages.signalling.sides[0].reports.flatMap(({ stats }) =>
      stats === undefined ? [] : [stats.packets_sent],
    );
    expect(counts).toEqual([...counts].sort((one, other) => one - other));
  });

  test("that they are gone, when the call is closed", async () => {
    const [client] = await pages.connected();
    client.call.close();
    expect(states(0).at(-1)).toBe("disconnected");
    expect(client.call.stage.value).toBe("closed");
  });
});

describe("while the clock stands", () => {
  test("nothing is sent and nothing is played, also not what comes later", async () => {
    const [client] = await pages.connected();
    const sent = () => [client.devices.microphone.value?.enabled, client.call.localVideo.value?.enabled];
    const heard = () => client.call.remoteStream.value?.getTracks().map((track) => track.enabled);
    client.call.setHeld(true);
    expect(sent()).toEqual([false, false]);
    expect(heard()).toEqual([false, false]);
    client.devices.microphone.value = new FakeTrack("audio") as unknown as MediaStreamTrack;
    client.call.setMicrophone(true);
    expect(sent()[0]).toBe(false);
    client.call.setHeld(false);
    expect(sent()).toEqual([true, true]);
    expect(heard()).toEqual([true, true]);
  });

  test("the other side's media stay silent even when their page is loaded again", async () => {
    const [client, reader] = await pages.connected();
    client.call.setHeld(true);
    pages.leave(reader, 1);
    pages.open(1);
    await soon();
    expect(client.call.stage.value).toBe("connected");
    expect(client.call.remoteStream.value?.getTracks().map((track) => track.enabled)).toEqual([false, false]);
  });

  test("somebody who is muted stays muted when it goes on", async () => {
    const [client] = await pages.connected();
    client.call.setMicrophone(false);
    client.call.setHeld(true);
    client.call.setHeld(false);
    expect(client.devices.microphone.value?.enabled).toBe(false);
    expect(client.call.isMicrophoneOn.value).toBe(false);
  });

  test("closing gives the devices back as they were", async () => {
    const [client] = await pages.connected();
    client.call.setHeld(true);
    client.call.close();
    expect(client.devices.microphone.value?.enabled).toBe(true);
  });
});

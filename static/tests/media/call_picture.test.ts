import { signal } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CallPages, type Page, soon } from "../support/call_pages";
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

describe("the picture", () => {
  const sentBy = (page: Page) => page.peers.at(-1)?.senders[1]?.track ?? null;

  test("camera off and on again is told to the other side at once and negotiates nothing", async () => {
    const [client, reader] = await pages.connected();
    expect(reader.call.isRemoteVideoOn.value).toBe(true);
    const before = pages.signalling.passed.length;
    await client.call.setCamera(false);
    await soon();
    expect([sentBy(client), reader.call.isRemoteVideoOn.value, client.call.isCameraOn.value]).toEqual([
      null,
      false,
      false,
    ]);
    await client.call.setCamera(true);
    await soon();
    expect(sentBy(client)).toBe(client.devices.camera.value);
    expect(reader.call.isRemoteVideoOn.value).toBe(true);
    expect(pages.signalling.passed.length).toBe(before);
  });

  test("a screen goes before the camera, and the camera comes back when sharing ends in the browser's own bar", async () => {
    const [client] = await pages.connected();
    const screen = new FakeTrack("video");
    client.browser.screen = screen;
    await client.call.shareScreen(true);
    expect(sentBy(client)).toBe(screen);
    expect(client.call.isSharingScreen.value).toBe(true);
    screen.end();
    expect(sentBy(client)).toBe(client.devices.camera.value);
    expect(client.call.isSharingScreen.value).toBe(false);
  });

  test("who closes the chooser of screens goes on with the camera", async () => {
    const [client] = await pages.connected();
    await client.call.shareScreen(true);
    expect(sentBy(client)).toBe(client.devices.camera.value);
  });

  test("only sound from here on: camera and screen are closed, and the other side cannot switch them on", async () => {
    const [client] = await pages.connected();
    const camera = client.devices.camera.value as unknown as FakeTrack;
    client.call.setMode("call");
    expect([sentBy(client), camera.readyState, client.call.isRemoteVideoOn.value]).toEqual([null, "ended", false]);
    await client.call.setCamera(true);
    await client.call.shareScreen(true);
    expect(sentBy(client)).toBeNull();
    client.call.setMode("video");
    await client.call.setCamera(true);
    expect(sentBy(client)).not.toBeNull();
  });

  test("is capped", async () => {
    const [client] = await pages.connected();
    await soon();
    expect(client.peers[0]?.senders[1]?.limits?.maxBitrate).toBe(1_200_000);
  });

  test("what the other browser says about it is not believed to be well formed", async () => {
    const [client, reader] = await pages.connected();
    for (const text of ["{", "null", '"x"', '{"isVideoOn":"yes"}', "x".repeat(5_000)])
      client.peers[0]?.channel.send(text);
    await soon();
    expect(reader.call.isRemoteVideoOn.value).toBe(true);
    expect(reader.call.stage.value).toBe("connected");
  });
});

describe("another path", () => {
  function fakePath() {
    return {
      state: signal<"connected" | "failed">("connected"),
      remoteTracks: signal([new FakeTrack("audio") as unknown as MediaStreamTrack]),
      audio: null as MediaStreamTrack | null,
      video: null as MediaStreamTrack | null,
      async setAudio(track: MediaStreamTrack | null) {
        this.audio = track;
      },
      async setVideo(track: MediaStreamTrack | null) {
        this.video = track;
      },
      setVideoLimits: async () => undefined,
      readStats: async () => null,
      close: () => undefined,
    };
  }

  test("takes the media over while the direct one stays and sends nothing, and gives them back", async () => {
    const [client] = await pages.connected();
    const relay = fakePath();
    const peer = client.peers[0];
    const sentDirectly = () => peer?.senders.map(({ track }) => track);
    await client.call.sendThrough(relay);
    expect([relay.audio, relay.video]).toEqual([client.devices.microphone.value, client.devices.camera.value]);
    expect(sentDirectly()).toEqual([null, null]);
    expect(peer?.isClosed).toBe(false);
    expect(client.call.remoteStream.value?.getTracks()).toEqual(relay.remoteTracks.value);
    relay.state.value = "failed";
    expect(client.call.stage.value).toBe("reconnecting");
    await client.call.sendThrough(null);
    expect(sentDirectly()).toEqual([client.devices.microphone.value, client.devices.camera.value]);
    expect(client.call.stage.value).toBe("connected");
  });
});

describe("the words that both read to each other", () => {
  test("are the same on both sides, and others after one page was loaded again", async () => {
    const [client, reader] = await pages.connected();
    await vi.waitFor(() => expect(client.call.safetyWords.value).toHaveLength(4));
    await vi.waitFor(() => expect(reader.call.safetyWords.value).toEqual(client.call.safetyWords.value));
    const before = client.call.safetyWords.value;
    pages.leave(reader, 1);
    pages.open(1);
    await soon();
    await vi.waitFor(() => expect(client.call.safetyWords.value).toHaveLength(4));
    expect(client.call.safetyWords.value).not.toEqual(before);
  });
});

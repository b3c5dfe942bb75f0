import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { askedKbps } from "../../src/livestreams/publishing_connection";
import { asTrack, FakeTrack } from "../support/fake_media";
import { openPublisher, refusal, sampleLivestream } from "../support/fake_publishing";

type Opened = ReturnType<typeof openPublisher>;
let opened: Opened | null = null;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  opened?.publisher.close();
  vi.useRealTimers();
});

const settle = (milliseconds = 0) => vi.advanceTimersByTimeAsync(milliseconds);

function open(options: Parameters<typeof openPublisher>[0] = {}): Opened {
  opened = openPublisher(options);
  return opened;
}

async function live(options: Parameters<typeof openPublisher>[0] = {}): Promise<Opened> {
  const now = open(options);
  now.publisher.start();
  await settle();
  now.peer().become("connected");
  return now;
}

describe("beginning", () => {
  test("one offer with sound and picture one way, and live once they arrive", async () => {
    const { publisher, peer, sent, snapshots } = open();
    expect(publisher.stage.value).toBe("idle");
    publisher.start();
    expect(publisher.stage.value).toBe("starting");
    await settle();
    expect(sent).toEqual([{ livestream_id: "livestream-1", description: { type: "offer", sdp: "v=0 offer" } }]);
    expect(peer().senders.map(({ direction }) => direction)).toEqual(["sendonly", "sendonly"]);
    expect(snapshots).toHaveLength(1);
    expect(publisher.stage.value).toBe("starting");
    peer().become("connected");
    expect(publisher.stage.value).toBe("live");
  });

  test("the picture stays below what the answer asks for, and as small as that is enough for", async () => {
    const { peer, devices } = open();
    const camera = new FakeTrack("video");
    camera.getSettings = () => ({ width: 1280, height: 720 });
    devices.camera.value = asTrack(camera);
    opened?.publisher.start();
    await settle();
    expect(peer().video.parameters.encodings[0]?.scaleResolutionDownBy).toBeCloseTo(720 / 540);
    expect(peer().video.parameters.encodings[0]?.maxBitrate).toBe((900 - 64) * 1_000);
    expect(askedKbps("m=video 9\r\nb=TIAS:700000\r\n")).toBe(700);
    expect(askedKbps("m=video 9\r\n")).toBeNull();
  });

  test.each([
    ["livestream.already_live", 409, "already_live"],
    ["reader.busy", 409, "busy"],
    ["reader.unverified", 409, "unverified"],
    ["resource.not_found", 404, "not_yours"],
    ["request.invalid", 422, "not_understood"],
  ])("%s is not tried again", async (code, status, reason) => {
    const { publisher, answers, sent } = open();
    answers[0] = () => refusal(code, status);
    publisher.start();
    await settle(60_000);
    expect([publisher.stage.value, publisher.refusal.value, sent.length]).toEqual(["failed", reason, 1]);
  });

  test("an answer that the browser does not understand is a failure with its reason", async () => {
    const { publisher, answers } = open();
    answers[0] = () => "rubbish";
    publisher.start();
    await settle();
    expect([publisher.stage.value, publisher.refusal.value]).toEqual(["failed", "not_understood"]);
  });

  test("who does not answer is asked a few times, and then again by hand", async () => {
    const { publisher, answers, sent, peer } = open();
    answers[0] = () => refusal("livestream.unavailable", 503, true);
    publisher.start();
    await settle(60_000);
    expect([publisher.stage.value, publisher.refusal.value, sent.length]).toEqual(["failed", "unavailable", 4]);
    answers[0] = () => sampleLivestream();
    publisher.start();
    await settle();
    peer().become("connected");
    expect([publisher.stage.value, publisher.refusal.value]).toEqual(["live", null]);
  });

  test("media that find no way are given up with their own reason", async () => {
    const { publisher, sent } = open();
    publisher.start();
    await settle(60_000);
    expect([publisher.stage.value, publisher.refusal.value, sent.length]).toEqual(["failed", "no_way", 4]);
  });

  test("a place that is full is said at once", async () => {
    const { publisher, answers, sent } = open();
    answers[0] = () => refusal("livestream.full", 503, true);
    publisher.start();
    await settle(30_000);
    expect([publisher.refusal.value, sent.length]).toEqual(["full", 1]);
  });
});

describe("a lost connection", () => {
  test("that does not mend itself is made anew, as long as it takes", async () => {
    const { publisher, peers, peer, answers } = await live();
    peer().become("disconnected");
    await settle(2_400);
    expect([publisher.stage.value, peers.length]).toEqual(["live", 1]);
    answers[0] = () => refusal("livestream.unavailable", 503, true);
    await settle(200);
    expect(publisher.stage.value).toBe("reconnecting");
    await settle(120_000);
    expect(publisher.stage.value).toBe("reconnecting");
    const tries = peers.length;
    expect(tries).toBeGreaterThan(10);
    expect(tries).toBeLessThan(25);
    expect(peers.slice(0, -1).every(({ isClosed }) => isClosed)).toBe(true);
    answers[0] = () => sampleLivestream();
    await settle(8_000);
    peer().become("connected");
    expect(publisher.stage.value).toBe("live");
  });

  test("that mends itself changes nothing", async () => {
    const { publisher, peers, peer } = await live();
    peer().become("disconnected");
    await settle(1_000);
    peer().become("connected");
    await settle(10_000);
    expect([publisher.stage.value, peers.length]).toEqual(["live", 1]);
  });

  test("without the socket waits for it, and goes on at once when it is back", async () => {
    const { publisher, peers, peer, state, reconnectSocket } = await live();
    state.value = "lost";
    peer().become("failed");
    await settle(30_000);
    expect([publisher.stage.value, peers.length]).toEqual(["reconnecting", 1]);
    reconnectSocket();
    await settle();
    expect(peers).toHaveLength(2);
    peer().become("connected");
    expect(publisher.stage.value).toBe("live");
  });

  test("is not waited for after a change of the network", async () => {
    const { publisher, peers, changeNetwork } = await live();
    changeNetwork();
    expect(publisher.stage.value).toBe("reconnecting");
    await settle();
    expect(peers).toHaveLength(2);
  });

  test("ends when the livestream has ended meanwhile", async () => {
    const { publisher, peer, answers, sent } = await live();
    answers[0] = () => refusal("livestream.ended", 409);
    peer().become("failed");
    await settle(60_000);
    expect([publisher.stage.value, sent.length]).toEqual(["ended", 2]);
    expect(peer().isClosed).toBe(true);
  });

  test("in which the first answers come late does not let the old connection speak for the new one", async () => {
    const { publisher, peers, peer, changeNetwork } = await live();
    changeNetwork();
    await settle();
    peers[0]?.become("failed");
    peer().become("connected");
    await settle(20_000);
    expect([publisher.stage.value, peers.length]).toEqual(["live", 2]);
  });
});

describe("what the server says", () => {
  test("a private consultation lets the media go, and nothing is tried", async () => {
    const { publisher, peers, peer } = await live();
    publisher.follow(sampleLivestream({ is_paused: true, pause_reason: "private", media_id: null }));
    expect([publisher.stage.value, peer().isClosed]).toEqual(["paused", true]);
    await settle(60_000);
    expect(peers).toHaveLength(1);
    publisher.start();
    await settle();
    peer().become("connected");
    expect(publisher.stage.value).toBe("live");
  });

  test("media that it misses although we think that they flow are sent anew", async () => {
    const { publisher, peers } = await live();
    publisher.follow(sampleLivestream({ is_paused: true, pause_reason: "connection", version: 3 }));
    await settle(5_100);
    expect([publisher.stage.value, peers.length]).toEqual(["reconnecting", 2]);
  });

  test("media that it missed for a moment are not", async () => {
    const { publisher, peers } = await live();
    publisher.follow(sampleLivestream({ is_paused: true, pause_reason: "connection", version: 3 }));
    await settle(2_000);
    publisher.follow(sampleLivestream({ version: 4 }));
    await settle(10_000);
    expect([publisher.stage.value, peers.length]).toEqual(["live", 1]);
  });

  test("another place is another beginning", async () => {
    const { publisher, peers, answers, peer } = await live();
    answers[0] = () => sampleLivestream({ media_id: "media-2", version: 4 });
    publisher.follow(sampleLivestream({ media_id: "media-2", version: 3 }));
    await settle(1_100);
    peer().become("connected");
    publisher.follow(sampleLivestream({ media_id: "media-2", version: 4 }));
    await settle(10_000);
    expect([publisher.stage.value, peers.length]).toEqual(["live", 2]);
  });

  test("a page that goes on by itself says as which one, and one that was pressed does not", async () => {
    const { publisher, peer, sent, publishing } = await live();
    const ids = () => sent.map((payload) => (payload as { publishing_id?: string }).publishing_id);
    expect([ids(), publishing.kept]).toEqual([[undefined], "publishing-1"]);
    peer().become("failed");
    await settle(2_000);
    expect(ids()).toEqual([undefined, "publishing-1"]);
    publisher.start();
    await settle();
    expect(ids()).toEqual([undefined, "publishing-1", undefined]);
  });

  test("one that comes back after another took over rests", async () => {
    const { publisher, answers, sent, peer } = await live();
    answers[0] = () => refusal("livestream.taken_over", 409);
    peer().become("failed");
    await settle(60_000);
    expect([publisher.stage.value, sent.length]).toEqual(["taken_over", 2]);
  });

  test("its own number told before the answer is no takeover, another's is", async () => {
    const own = open();
    own.publisher.start();
    await settle();
    own.publisher.start();
    own.publisher.hearTakeover("publishing-1");
    await settle();
    own.peer().become("connected");
    expect(own.publisher.stage.value).toBe("live");
    own.publisher.hearTakeover("publishing-1");
    expect(own.publisher.stage.value).toBe("live");
    own.answers[0] = () => new Promise((resolve) => setTimeout(() => resolve(sampleLivestream()), 500));
    own.publisher.start();
    await settle(100);
    own.publisher.hearTakeover("publishing-2");
    expect(own.publisher.stage.value).toBe("reconnecting");
    await settle(1_000);
    expect(own.publisher.stage.value).toBe("taken_over");
  });

  test("another device that took over is left alone until somebody presses", async () => {
    const { publisher, peers, peer, reconnectSocket } = await live();
    publisher.hearTakeover("publishing-2");
    peer().become("closed");
    reconnectSocket();
    publisher.follow(sampleLivestream({ media_id: "media-9", version: 9 }));
    await settle(60_000);
    expect([publisher.stage.value, peers.length]).toEqual(["taken_over", 1]);
    publisher.start();
    await settle();
    peer().become("connected");
    expect(publisher.stage.value).toBe("live");
  });

  test("an end is the end", async () => {
    const { publisher, peers, peer } = await live();
    publisher.follow(sampleLivestream({ status: "ended" }));
    expect([publisher.stage.value, peer().isClosed]).toEqual(["ended", true]);
    await settle(60_000);
    expect(peers).toHaveLength(1);
  });
});

describe("what is sent", () => {
  test("another camera or microphone needs no new offer", async () => {
    const { devices, peer } = await live();
    const camera = asTrack(new FakeTrack("video"));
    const microphone = asTrack(new FakeTrack("audio"));
    devices.camera.value = camera;
    devices.microphone.value = microphone;
    await settle();
    expect([peer().video.track, peer().audio.track, peer().offers]).toEqual([camera, microphone, 1]);
  });

  test("a screen is sent as it is, with its letters sharp, and the camera comes back after it", async () => {
    const { publisher, devices, peer, screenTrack } = await live();
    await publisher.outgoing.shareScreen(true);
    await settle();
    expect(peer().video.track).toBe(screenTrack);
    expect(peer().video.parameters.degradationPreference).toBe("maintain-resolution");
    screenTrack.end();
    await settle();
    expect(peer().video.track).toBe(devices.camera.value);
    expect([peer().video.parameters.degradationPreference, peer().offers]).toEqual(["balanced", 1]);
  });

  test("a camera that is off leaves a quiet picture, so that somebody who comes late has one", async () => {
    const { publisher, peer, cardTrack } = await live();
    await publisher.outgoing.setCamera(false);
    await settle();
    expect(peer().video.track).toBe(cardTrack);
  });

  test("who has no camera goes live all the same", async () => {
    const { peer, cardTrack, publisher } = await live({ camera: false });
    expect([publisher.stage.value, peer().video.track]).toEqual(["live", cardTrack]);
  });

  test("a microphone that is off sends silence", async () => {
    const { publisher, devices } = await live();
    publisher.outgoing.setMicrophone(false);
    expect(devices.microphone.value?.enabled).toBe(false);
  });

  test("a picture that the network does not carry becomes smaller, and what is sent is measured", async () => {
    const { publisher, peer, devices } = await live({ askedKbps: 1_500 });
    const camera = new FakeTrack("video");
    camera.getSettings = () => ({ width: 1280, height: 720 });
    devices.camera.value = asTrack(camera);
    const outbound = (bytesSent: number) => [
      { type: "outbound-rtp", kind: "video", bytesSent, frameHeight: 720, framesPerSecond: 24 },
      { type: "remote-inbound-rtp", kind: "video", fractionLost: 0.05 },
      { type: "candidate-pair", nominated: true, availableOutgoingBitrate: 400_000, currentRoundTripTime: 0.08 },
    ];
    peer().stats = outbound(0);
    await settle(2_000);
    peer().stats = outbound(100_000);
    await settle(2_000);
    expect(publisher.quality.value).toEqual({
      level: "fair",
      sentKbps: 400,
      lossPercent: 5,
      roundTripMs: 80,
      lines: 720,
      framesPerSecond: 24,
    });
    expect(peer().video.parameters.encodings[0]?.scaleResolutionDownBy).toBe(1);
    await settle(2_000);
    expect(peer().video.parameters.encodings[0]?.scaleResolutionDownBy).toBeCloseTo(720 / 540);
    await settle(6_000);
    expect(peer().video.parameters.encodings[0]?.scaleResolutionDownBy).toBe(2);
  });
});

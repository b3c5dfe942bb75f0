import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LivestreamRoom } from "../../src/livestreams/room";
import { ServerClock } from "../../src/rooms/clock";
import { LIVESTREAM_ID, own } from "../support/livestream_samples";
import { FakeViewerPeer, ModelLivestream, refusal } from "../support/model_livestream";

const NOW_MS = Date.parse("2026-01-01T10:00:30Z");

function enter(model = new ModelLivestream(), options: { withPicture?: boolean } = {}) {
  const peers: FakeViewerPeer[] = [];
  const room = new LivestreamRoom(
    {
      live: model.live as never,
      resources: model.resources as never,
      storage: localStorage,
      serverClock: new ServerClock(() => Date.now()),
      wallet: { tell: () => undefined },
    },
    LIVESTREAM_ID,
    own.id,
    {
      ...options,
      connect: () => {
        const peer = new FakeViewerPeer();
        peers.push(peer);
        return peer as never;
      },
      makeStream: (tracks) => ({ of: tracks[0] }) as never,
      random: () => 0,
    },
  );
  room.open();
  const contents = () => room.messages.value.map(({ content }) => content);
  return { model, room, peers, contents };
}

const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  localStorage.clear();
  vi.useFakeTimers();
  vi.setSystemTime(NOW_MS);
});
afterEach(() => vi.useRealTimers());

describe("messages", () => {
  test("what was said while the network was away comes with the next join, once", async () => {
    const { model, room, contents } = enter();
    model.say("one");
    model.deliver();
    await settle();
    model.state.value = "lost";
    model.say("two");
    model.deliver(() => false);
    model.reconnect();
    model.say("three");
    model.deliver();
    await settle();
    expect(contents()).toEqual(["one", "two", "three"]);
    expect(room.messages.value.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  test("a message behind a lost one waits for it, and both are shown in order", async () => {
    const { model, contents } = enter();
    await settle();
    model.say("one");
    model.say("two");
    model.say("three");
    model.deliver((event) => !JSON.stringify(event).includes("two"));
    expect(contents()).toEqual(["one"]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(contents()).toEqual(["one", "two", "three"]);
  });

  test("the last message before a silence is fetched when a snapshot tells of it", async () => {
    const { model, contents } = enter();
    await settle();
    model.say("lost");
    model.deliver(() => false);
    model.change("changed", { title: "Another title" });
    model.deliver();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(contents()).toEqual(["lost"]);
  });

  test("whoever was away for long goes on with the newest hundred instead of fetching thousands", async () => {
    const { model, room } = enter();
    await settle();
    model.say("before");
    model.deliver();
    model.state.value = "lost";
    for (let count = 0; count < 700; count += 1) model.say(`${count}`);
    model.deliver(() => false);
    model.reconnect();
    await settle();
    expect(room.messages.value).toHaveLength(100);
    expect(room.messages.value.at(-1)?.content).toBe("699");
    model.say("next");
    model.deliver();
    expect(room.messages.value.at(-1)?.content).toBe("next");
  });

  test("a deleted message stays in its place without its words", async () => {
    const { model, room } = enter();
    await settle();
    model.say("rude");
    model.say("kind");
    model.delete(1);
    model.deliver();
    expect(room.messages.value[0]).toMatchObject({ is_deleted: true, content: "" });
    expect(room.messages.value[1]?.content).toBe("kind");
  });
});

describe("saying", () => {
  test("a text whose answer got lost is sent again under its nonce and shown once", async () => {
    const { model, room, contents } = enter();
    await settle();
    model.isAnswerLost = true;
    room.say("hello");
    await settle();
    model.deliver();
    expect(contents()).toEqual(["hello"]);
    model.isAnswerLost = false;
    await vi.advanceTimersByTimeAsync(2_500);
    expect(contents()).toEqual(["hello"]);
    expect(room.unsent.value).toEqual([]);
    const nonces = model.sent.filter(({ name }) => name === "livestream.say").map(({ payload }) => payload.nonce);
    expect(new Set(nonces).size).toBe(1);
  });

  test("the stored copy hides the one that still waits for its answer", async () => {
    const { model, room } = enter();
    await settle();
    room.say("hello");
    expect(room.unsent.value).toHaveLength(1);
    model.deliver();
    expect(room.unsent.value).toHaveLength(0);
  });

  test("what is written without a network is kept through a reload and sent at the next join", async () => {
    const { model, room } = enter();
    model.state.value = "lost";
    room.say("kept");
    room.writeDraft("half a sen");
    room.close();
    const again = enter(model);
    expect(again.room.draft.value).toBe("half a sen");
    expect(again.room.unsent.value.map(({ content }) => content)).toEqual(["kept"]);
    model.reconnect();
    await settle();
    expect(model.lines.map(({ content }) => content)).toEqual(["kept"]);
  });

  test("slow mode counts from the own last text, and a waiting text goes out when it is over", async () => {
    const model = new ModelLivestream();
    model.livestream.slow_mode_seconds = 30;
    const { room } = enter(model);
    await settle();
    room.say("first");
    await settle();
    // Written at 10:00:20, ten seconds ago.
    expect(room.chat.value).toEqual({ kind: "slow", untilMs: NOW_MS + 20_000 });
    room.say("second");
    await settle();
    expect(model.lines).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(model.lines).toHaveLength(2);
  });

  test("a refused text says why and can be discarded", async () => {
    const { model, room } = enter();
    await settle();
    model.refusals.set("livestream.say", refusal("livestream.muted", 403, "you may not write"));
    room.say("hello");
    await settle();
    expect(room.unsent.value[0]).toMatchObject({ state: "refused" });
    room.discard(room.unsent.value[0]?.nonce ?? "");
    expect(room.unsent.value).toEqual([]);
  });

  test("whoever is muted is told until when, and lifted again", async () => {
    const { model, room } = enter();
    await settle();
    model.tell("livestream.sanctioned", { kind: "muted", until_at: "2026-01-01T10:05:00Z", reason: "spam" });
    model.deliver();
    expect(room.chat.value).toMatchObject({ kind: "muted", reason: "spam" });
    model.tell("livestream.sanctioned", { kind: "none", until_at: null, reason: "" });
    model.deliver();
    expect(room.chat.value).toEqual({ kind: "open" });
  });
});

describe("the picture", () => {
  test("the offer is answered, and the same place needs nothing when the picture resumes", async () => {
    const { model, room, peers } = enter();
    await settle();
    expect(model.sent.at(-1)).toMatchObject({
      name: "livestream.answer",
      payload: { description: { type: "answer", sdp: "answer to offer 1 of media-1" } },
    });
    expect(room.media.value).toBe("connecting");
    peers[0]?.become("connected");
    expect(room.media.value).toBe("playing");
    model.change("paused", { is_paused: true, pause_reason: "connection" });
    model.change("resumed", { is_paused: false, pause_reason: null });
    model.deliver();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(model.count("livestream.join")).toBe(1);
    expect(peers).toHaveLength(1);
  });

  test("another place is asked for once, and the old picture stays until the new one is there", async () => {
    const { model, room, peers } = enter();
    await settle();
    peers[0]?.become("connected");
    const before = room.stream.value;
    model.change("changed", { media_id: "media-2" });
    model.change("resumed", { media_id: "media-2" });
    model.deliver();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(model.count("livestream.join")).toBe(2);
    expect(peers[1]?.offer).toBe("offer 2 of media-2");
    expect(room.stream.value).toBe(before);
    expect(peers[0]?.isClosed).toBe(false);
    peers[1]?.become("connected");
    expect(room.stream.value).not.toBe(before);
    expect(peers[0]?.isClosed).toBe(true);
  });

  test("a failed connection is asked for anew, each time a little later", async () => {
    const { model, room, peers } = enter();
    await settle();
    peers[0]?.become("connected");
    peers[0]?.become("failed");
    expect(room.media.value).toBe("failed");
    await vi.advanceTimersByTimeAsync(600);
    expect(peers).toHaveLength(2);
    peers[1]?.become("failed");
    await vi.advanceTimersByTimeAsync(600);
    expect(peers).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(600);
    expect(peers).toHaveLength(3);
    expect(model.count("livestream.join")).toBe(3);
  });

  test("what is said meanwhile does not shorten the pause before the next try", async () => {
    const { model, peers } = enter();
    await settle();
    for (let round = 0; round < 4; round += 1) {
      peers.at(-1)?.become("connected");
      peers.at(-1)?.become("failed");
      model.say(`${round}`);
      model.deliver();
      await vi.advanceTimersByTimeAsync(8_000);
    }
    const tries = peers.length;
    peers.at(-1)?.become("failed");
    for (let second = 0; second < 6; second += 1) {
      model.say("on");
      model.deliver();
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(peers).toHaveLength(tries);
  });

  test("media that move while the join is under way are asked for where they are now", async () => {
    const model = new ModelLivestream();
    let release: () => void = () => undefined;
    const answered = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { send } = model.live;
    model.live.send = async (name, payload) => {
      const data = await send(name, payload);
      if (name === "livestream.join" && model.count("livestream.join") === 1) await answered;
      return data;
    };
    const { peers } = enter(model);
    await settle();
    model.change("changed", { media_id: "media-2" });
    model.deliver();
    release();
    await vi.advanceTimersByTimeAsync(100);
    expect(peers.at(-1)?.offer).toBe("offer 2 of media-2");
  });

  test("a reconnect that brings a picture leaves nothing to retry", async () => {
    const { model, peers } = enter();
    await settle();
    peers[0]?.become("connected");
    model.state.value = "lost";
    peers[0]?.become("failed");
    model.reconnect();
    await settle();
    peers[1]?.become("connected");
    await vi.advanceTimersByTimeAsync(4_000);
    expect(model.count("livestream.join")).toBe(2);
    expect(peers).toHaveLength(2);
  });

  test("a connection through which nothing comes is given up, but not while nobody publishes", async () => {
    const { model, peers } = enter();
    await settle();
    peers[0]?.become("connected");
    model.change("paused", { is_paused: true, pause_reason: "connection" });
    model.deliver();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(peers).toHaveLength(1);
    model.change("resumed", { is_paused: false, pause_reason: null });
    model.deliver();
    await vi.advanceTimersByTimeAsync(12_000);
    expect(peers[0]?.isClosed).toBe(true);
    expect(peers.length).toBeGreaterThan(1);
  });

  test("a full engine is said and asked again later", async () => {
    const model = new ModelLivestream();
    model.media = "full";
    const { room, peers } = enter(model);
    await settle();
    expect(room.media.value).toBe("full");
    model.media = "offered";
    await vi.advanceTimersByTimeAsync(16_000);
    expect(peers).toHaveLength(1);
  });

  test("a private consultation lets go of the picture, and its end brings it back", async () => {
    const { model, room, peers } = enter();
    await settle();
    peers[0]?.become("connected");
    model.change("paused", { is_paused: true, pause_reason: "private", media_id: null });
    model.deliver();
    expect(room.media.value).toBe("waiting");
    expect(room.stream.value).toBeNull();
    expect(peers[0]?.isClosed).toBe(true);
    model.change("resumed", { is_paused: false, pause_reason: null, media_id: "media-2" });
    model.deliver();
    await vi.advanceTimersByTimeAsync(10);
    expect(peers).toHaveLength(2);
  });

  test("the studio joins without asking for a picture", async () => {
    const { model, room, peers } = enter(new ModelLivestream(), { withPicture: false });
    await settle();
    expect(model.count("livestream.join")).toBe(1);
    expect(peers).toHaveLength(0);
    expect(room.media.value).toBe("none");
  });
});

describe("the end", () => {
  test("a livestream that ended while we were away shows its last state", async () => {
    const { model, room, peers } = enter();
    await settle();
    peers[0]?.become("connected");
    model.state.value = "lost";
    model.change("ended", { status: "ended", end_reason: "reader_ended", media_id: null });
    model.deliver(() => false);
    model.reconnect();
    await settle();
    expect(room.snapshot.value?.status).toBe("ended");
    expect(room.refusal.value).toBeNull();
    expect(peers[0]?.isClosed).toBe(true);
    expect(room.chat.value).toEqual({ kind: "ended" });
  });

  test("a ban closes the picture and says so; nothing is tried again", async () => {
    const { model, room, peers } = enter();
    await settle();
    peers[0]?.become("connected");
    model.tell("livestream.sanctioned", { kind: "banned", until_at: null, reason: "" });
    model.deliver();
    expect(peers[0]?.isClosed).toBe(true);
    expect(room.chat.value).toMatchObject({ kind: "banned" });
    await vi.advanceTimersByTimeAsync(30_000);
    expect(model.count("livestream.join")).toBe(1);
  });

  test("who is banned before they come is told why", async () => {
    const model = new ModelLivestream();
    model.refusals.set("livestream.join", refusal("livestream.banned", 403));
    const { room } = enter(model);
    await settle();
    expect(room.refusal.value?.code).toBe("livestream.banned");
  });

  test("an older event changes nothing, but the highest peak stays", async () => {
    const { model, room } = enter();
    await settle();
    const old = { ...model.snapshot(), peak: 9, title: "Old" };
    model.change("changed", { title: "New" });
    model.deliver();
    model.tell("livestream.changed", { livestream: old });
    model.deliver();
    expect(room.snapshot.value).toMatchObject({ title: "New", peak: 9 });
  });

  test("leaving says so once", async () => {
    const { model, room } = enter();
    await settle();
    room.close();
    expect(model.count("livestream.leave")).toBe(1);
  });
});

import { signal } from "@preact/signals";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { Problem, unreachable } from "../../src/api/problems";
import type { LiveEvent } from "../../src/live/protocol";
import { ServerClock } from "../../src/rooms/clock";
import { Room } from "../../src/rooms/room";
import { ModelServer } from "../support/model_server";
import { CLIENT_ID, CONSULTATION_ID } from "../support/samples";

/** The room's two ways to the model server, each of which a test can break. */
class Network {
  readonly state = signal<"connected" | "lost">("connected");
  readonly server = new ModelServer();
  heard = 0;
  joins = 0;
  isSendingBroken = false;
  refusal: Problem | null = null;
  private readonly onEvent = new Set<(event: LiveEvent) => void>();
  private readonly onConnected = new Set<() => void>();

  readonly live = {
    state: this.state,
    onAny: (listener: (event: LiveEvent) => void) => subscribe(this.onEvent, listener),
    onConnect: (listener: () => void) => subscribe(this.onConnected, listener),
    hint: () => undefined,
    send: async (name: string, payload: { content: string; nonce: string; after_seq: number }) => {
      if (this.state.value !== "connected") throw unreachable();
      if (name === "consultation.join") {
        this.joins += 1;
        return {
          consultation: this.server.snapshot(),
          messages: this.server.messagesAfter(payload.after_seq),
          ice_servers: [],
        };
      }
      if (this.refusal !== null) throw this.refusal;
      const message = this.server.send(payload.content, payload.nonce);
      // Stored, but the answer is lost.
      if (this.isSendingBroken) throw unreachable();
      return { message };
    },
  };

  readonly resources = {
    consultation: async () => this.server.snapshot(),
    listMessages: async (_id: string, afterSeq: number) => ({
      items: this.server.messagesAfter(afterSeq),
      next_cursor: null,
    }),
  };

  deliver(pick: (event: LiveEvent) => boolean = () => true): void {
    for (const event of this.server.sent.slice(this.heard)) {
      if (pick(event)) for (const listener of this.onEvent) listener(event);
    }
    this.heard = this.server.sent.length;
  }

  reconnect(): void {
    this.state.value = "connected";
    for (const listener of this.onConnected) listener();
  }
}

function subscribe<Listener>(listeners: Set<Listener>, listener: Listener): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function openRoom(network: Network): Room {
  const room = new Room(
    {
      live: network.live as never,
      resources: network.resources as never,
      storage: localStorage,
      serverClock: new ServerClock(() => Date.parse("2026-01-01T10:00:00Z")),
    },
    CONSULTATION_ID,
    CLIENT_ID,
  );
  room.open();
  return room;
}

const contents = (room: Room) => room.state.value.messages.map((message) => message.content);
let network: Network;

beforeEach(() => {
  localStorage.clear();
  vi.useFakeTimers();
  network = new Network();
  network.server.step(0);
  network.server.step(0);
  network.heard = network.server.sent.length;
  return () => void vi.useRealTimers();
});

async function settle(milliseconds = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(milliseconds);
}

describe("an open room", () => {
  test("catches up by itself on what it missed", async () => {
    const room = openRoom(network);
    await settle();
    network.server.send("missed", "m-1", "reader-1");
    network.deliver(() => false);
    network.server.send("heard", "m-2", "reader-1");
    network.deliver();
    await settle();
    expect(contents(room)).toEqual(["missed", "heard"]);
  });

  test("asks for everything it missed when the connection comes back", async () => {
    const room = openRoom(network);
    await settle();
    network.state.value = "lost";
    network.server.send("while away", "m-1", "reader-1");
    network.server.end();
    network.deliver(() => false);
    network.reconnect();
    await settle();
    expect(contents(room)).toEqual(["while away"]);
    expect(room.state.value.consultation?.status).toBe("completed");
  });

  test("sends what was written offline in order once it is back", async () => {
    const room = openRoom(network);
    await settle();
    network.state.value = "lost";
    room.post("first");
    room.post("second");
    await settle();
    expect(network.server.messages).toEqual([]);
    expect(room.visibleOutbox.value.map((item) => item.content)).toEqual(["first", "second"]);
    network.reconnect();
    await settle();
    expect(network.server.messages.map((message) => message.content)).toEqual(["first", "second"]);
    expect(room.visibleOutbox.value).toEqual([]);
  });

  test("does not double a message whose acknowledgement was lost", async () => {
    const room = openRoom(network);
    await settle();
    network.isSendingBroken = true;
    room.post("once");
    await settle();
    network.deliver();
    expect(contents(room)).toEqual(["once"]);
    expect(room.visibleOutbox.value).toEqual([]);
    network.isSendingBroken = false;
    await settle(5_000);
    expect(network.server.messages).toHaveLength(1);
    expect(room.outbox.value).toEqual([]);
  });

  test("keeps unsent messages and the draft through a reload", async () => {
    const room = openRoom(network);
    await settle();
    network.state.value = "lost";
    room.post("unsent");
    room.writeDraft("half a sen");
    room.close();
    network.state.value = "connected";
    const reloaded = openRoom(network);
    expect(reloaded.draft.value).toBe("half a sen");
    await settle();
    expect(network.server.messages.map((message) => message.content)).toEqual(["unsent"]);
  });

  test("shows a refused message with its reason and can send it again", async () => {
    const room = openRoom(network);
    await settle();
    network.refusal = new Problem({ code: "message.too_long", message: "Too long", status: 422, retryable: false });
    room.post("refused");
    await settle();
    const [item] = room.visibleOutbox.value;
    expect(item).toMatchObject({ state: "refused", refusal: "Too long", content: "refused" });
    network.refusal = null;
    room.retry(item?.nonce ?? "");
    await settle();
    expect(network.server.messages.map((message) => message.content)).toEqual(["refused"]);
  });

  test("holds messages back while the clock stands for want of money, and sends them when it goes on", async () => {
    const room = openRoom(network);
    await settle();
    while (network.server.snapshot().pause_reason !== "balance") network.server.step(5);
    network.deliver();
    room.post("wait for me");
    await settle();
    expect(network.server.messages).toEqual([]);
    network.server.step(0);
    network.deliver();
    await settle();
    expect(network.server.messages.map((message) => message.content)).toEqual(["wait for me"]);
  });

  test("enters again when the server thinks that it is away", async () => {
    openRoom(network);
    await settle();
    expect(network.joins).toBe(1);
    network.server.lose("client");
    network.deliver();
    await settle();
    expect(network.joins).toBe(2);
  });
});

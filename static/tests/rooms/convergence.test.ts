import { describe, expect, test } from "vitest";
import type { LiveEvent } from "../../src/live/protocol";
import { contiguousSeq, emptyRoom, type RoomState, reduceRoom } from "../../src/rooms/state";
import { ModelServer } from "../support/model_server";
import { CLIENT_ID, CONSULTATION_ID } from "../support/samples";

/** Mulberry32: small, seeded, good enough to shuffle a test. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function hear(state: RoomState, event: LiveEvent): RoomState {
  return reduceRoom(state, { kind: "event", event });
}

/** What the room does about its needs: ask, and take the answer. */
function fetchNeeds(state: RoomState, server: ModelServer): RoomState {
  let next = state;
  if (next.needs.snapshot) next = reduceRoom(next, { kind: "fetched_snapshot", consultation: server.snapshot() });
  if (next.needs.messages) {
    next = reduceRoom(next, { kind: "fetched_messages", messages: server.messagesAfter(contiguousSeq(next)) });
  }
  return next;
}

function expectSameAsServer(state: RoomState, server: ModelServer): void {
  const truth = server.snapshot();
  expect(state.needs).toEqual({ snapshot: false, messages: false });
  expect(state.messages).toEqual(server.messages);
  expect({ ...state.consultation, paid_seconds_left: 0 }).toEqual({ ...truth, paid_seconds_left: 0 });
}

function runToTheEnd(random: () => number): ModelServer {
  const server = new ModelServer();
  for (let step = 0; step < 80; step += 1) server.step(Math.floor(random() * 10));
  server.end();
  return server;
}

describe("a room that hears everything once and in order", () => {
  test.each([1, 2, 3, 4, 5])("is what the server has, without fetching anything but the start (seed %i)", (seed) => {
    const random = seeded(seed);
    const server = new ModelServer();
    let room = fetchNeeds(emptyRoom(CONSULTATION_ID, CLIENT_ID), server);
    for (let step = 0; step < 80; step += 1) {
      const before = server.sent.length;
      server.step(Math.floor(random() * 10));
      for (const event of server.sent.slice(before)) room = hear(room, event);
      expectSameAsServer(room, server);
    }
    expect(server.snapshot().billed_increments).toBeGreaterThan(0);
    expect(room.balanceMinor).toBe(server.balanceMinor);
  });
});

describe("a room on a bad network", () => {
  test.each(Array.from({ length: 200 }, (_, index) => index + 1))(
    "converges when events are missed, doubled and reordered and answers come late (seed %i)",
    (seed) => {
      const random = seeded(seed);
      const server = new ModelServer();
      let room = emptyRoom(CONSULTATION_ID, CLIENT_ID);
      const onTheWay: LiveEvent[] = [];
      const lateSnapshots = [server.snapshot()];
      const lateMessages = [server.messagesAfter(0)];
      let heardVersion = 0;
      let shownVersion = 0;

      for (let step = 0; step < 80; step += 1) {
        const before = server.sent.length;
        server.step(Math.floor(random() * 10));
        for (const event of server.sent.slice(before)) {
          const fate = random();
          if (fate > 0.25) onTheWay.push(event);
          if (fate > 0.8) onTheWay.push(event);
        }
        while (onTheWay.length > 0 && random() > 0.4) {
          const [event] = onTheWay.splice(Math.floor(random() * onTheWay.length), 1);
          if (event === undefined) continue;
          room = hear(room, event);
          if ("version" in event.payload) heardVersion = Math.max(heardVersion, event.payload.version);
        }
        if (random() > 0.7) {
          lateSnapshots.push(server.snapshot());
          lateMessages.push(server.messagesAfter(contiguousSeq(room)));
        }
        if (random() > 0.6) {
          const consultation = lateSnapshots[Math.floor(random() * lateSnapshots.length)];
          const messages = lateMessages[Math.floor(random() * lateMessages.length)];
          if (consultation) room = reduceRoom(room, { kind: "fetched_snapshot", consultation });
          if (messages) room = reduceRoom(room, { kind: "fetched_messages", messages });
        }
        if (random() > 0.8) {
          room = fetchNeeds(room, server);
          expect(room.consultation?.version).toBeGreaterThanOrEqual(heardVersion);
        }
        const version = room.consultation?.version ?? 0;
        expect(version).toBeGreaterThanOrEqual(shownVersion);
        shownVersion = version;
        const seqs = room.messages.map((message) => message.seq);
        expect(seqs).toEqual(seqs.map((_, index) => index + 1));
      }

      server.end();
      const ending = server.sent.at(-1);
      if (seed % 2 === 0) {
        // Reconnecting asks for the snapshot whatever is known; the stragglers arrive after that.
        room = reduceRoom(room, { kind: "fetched_snapshot", consultation: server.snapshot() });
      } else if (ending) {
        // Without a reconnect, the last event alone says how much is missing.
        onTheWay.splice(Math.floor(random() * onTheWay.length), 0, ending);
      }
      for (const event of onTheWay) room = hear(room, event);
      expectSameAsServer(fetchNeeds(room, server), server);
    },
  );

  test("never goes back to an older state when a late answer arrives after a newer event", () => {
    const server = runToTheEnd(seeded(7));
    const old = new ModelServer().snapshot();
    let room = reduceRoom(emptyRoom(CONSULTATION_ID, CLIENT_ID), {
      kind: "fetched_snapshot",
      consultation: server.snapshot(),
    });
    room = reduceRoom(room, { kind: "fetched_snapshot", consultation: old });
    expect(room.consultation).toEqual(server.snapshot());
  });

  test("hearing any one event twice changes nothing", () => {
    const server = runToTheEnd(seeded(11));
    let room = emptyRoom(CONSULTATION_ID, CLIENT_ID);
    for (const event of server.sent) {
      room = fetchNeeds(hear(room, event), server);
      expect(hear(room, event)).toEqual(room);
    }
  });
});

describe("a message that is sent twice", () => {
  test("is stored and shown once, whether the event or the answer comes first", () => {
    for (const isAnswerFirst of [true, false]) {
      const server = new ModelServer();
      let room = fetchNeeds(emptyRoom(CONSULTATION_ID, CLIENT_ID), server);
      const first = server.send("hello", "nonce-1");
      const second = server.send("hello", "nonce-1");
      expect(second).toEqual(first);
      const event = server.sent.at(-1);
      if (event === undefined) throw new Error("the model server sent nothing");
      const answer = { kind: "own_message_stored", message: first } as const;
      room = isAnswerFirst ? hear(reduceRoom(room, answer), event) : reduceRoom(hear(room, event), answer);
      expect(room.messages).toEqual([first]);
      expectSameAsServer(room, server);
    }
  });
});

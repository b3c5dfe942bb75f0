import { describe, expect, test } from "vitest";
import type { LiveEvent } from "../../src/live/protocol";
import { emptyRoom, type RoomState, reduceRoom } from "../../src/rooms/state";
import { CLIENT_ID, CONSULTATION_ID, READER_ID, sampleConsultation, sampleMessage } from "../support/samples";

function joined(): RoomState {
  return reduceRoom(emptyRoom(CONSULTATION_ID, CLIENT_ID), {
    kind: "fetched_snapshot",
    consultation: sampleConsultation(),
  });
}

function hear(state: RoomState, event: LiveEvent): RoomState {
  return reduceRoom(state, { kind: "event", event });
}

function charged(version: number, increment: number): LiveEvent {
  return {
    name: "consultation.charged",
    payload: {
      consultation_id: CONSULTATION_ID,
      version,
      at: "2026-01-01T10:01:10Z",
      increment,
      amount_minor: 399,
      total_cost_minor: 399 * increment,
      paid_until_at: "2026-01-01T10:02:10Z",
      balance_minor: 202,
    },
  };
}

const at = "2026-01-01T10:01:00Z";

describe("charges", () => {
  test("the next charge moves the clock, the spend and the balance", () => {
    const room = hear(joined(), charged(5, 2));
    expect(room.consultation).toMatchObject({ billed_increments: 2, total_cost_minor: 798, paid_seconds_left: 60 });
    expect(room.balanceMinor).toBe(202);
    expect(room.needs.snapshot).toBe(false);
  });

  test("a charge beyond a missed one asks for the snapshot instead of guessing", () => {
    const room = hear(joined(), charged(6, 3));
    expect(room.consultation?.billed_increments).toBe(1);
    expect(room.needs.snapshot).toBe(true);
  });

  test("a charge that the snapshot already holds is not added again", () => {
    const room = hear(hear(joined(), charged(5, 2)), charged(5, 2));
    expect(room.consultation?.total_cost_minor).toBe(798);
  });
});

describe("messages", () => {
  test("one beyond a gap waits until the gap is filled", () => {
    const event: LiveEvent = {
      name: "message.sent",
      payload: { consultation_id: CONSULTATION_ID, at, message: sampleMessage(2) },
    };
    const gap = hear(joined(), event);
    expect(gap.messages).toEqual([]);
    expect(gap.needs.messages).toBe(true);
    const filled = reduceRoom(gap, { kind: "fetched_messages", messages: [sampleMessage(1)] });
    expect(filled.messages.map((message) => message.seq)).toEqual([1, 2]);
    expect(filled.needs.messages).toBe(false);
  });

  test("those of another consultation are not ours", () => {
    const event: LiveEvent = {
      name: "message.sent",
      payload: { consultation_id: "other", at, message: sampleMessage(1, { consultation_id: "other" }) },
    };
    expect(hear(joined(), event).messages).toEqual([]);
  });

  test("one from the other side ends their typing", () => {
    const typing = hear(joined(), {
      name: "typing.changed",
      payload: { consultation_id: CONSULTATION_ID, at, user_id: READER_ID, is_typing: true },
    });
    expect(typing.isOtherTyping).toBe(true);
    const said = hear(typing, {
      name: "message.sent",
      payload: { consultation_id: CONSULTATION_ID, at, message: sampleMessage(1) },
    });
    expect(said.isOtherTyping).toBe(false);
  });

  test("read marks never move back", () => {
    const mark = (upToSeq: number): LiveEvent => ({
      name: "message.read",
      payload: { consultation_id: CONSULTATION_ID, at, user_id: READER_ID, up_to_seq: upToSeq },
    });
    expect(hear(hear(joined(), mark(3)), mark(2)).readUpTo.other).toBe(3);
  });
});

describe("money that runs out", () => {
  test("a low balance is remembered until a top-up arrives", () => {
    const low = hear(hear(joined(), charged(5, 2)), {
      name: "consultation.balance_low",
      payload: { consultation_id: CONSULTATION_ID, at, minutes_left: 0 },
    });
    expect(low.minutesLeft).toBe(0);
    const richer = hear(low, { name: "wallet.changed", payload: { at, balance_minor: 1202, currency: "USD" } });
    expect(richer.minutesLeft).toBeNull();
  });

  test("an exhausted balance stops the clock and says until when the reader is kept", () => {
    const topUpUntilAt = "2026-01-01T10:03:10Z";
    const consultation = sampleConsultation({
      version: 5,
      is_paused: true,
      pause_reason: "balance",
      paid_until_at: null,
      top_up_until_at: topUpUntilAt,
    });
    const stopped = hear(joined(), {
      name: "consultation.balance_exhausted",
      payload: { consultation_id: CONSULTATION_ID, version: 5, at, top_up_until_at: topUpUntilAt, consultation },
    });
    expect(stopped.consultation).toMatchObject({ pause_reason: "balance", top_up_until_at: topUpUntilAt });
    expect(stopped.minutesLeft).toBe(0);
    const resumed = hear(stopped, {
      name: "consultation.resumed",
      payload: { consultation_id: CONSULTATION_ID, version: 6, at, consultation: sampleConsultation({ version: 6 }) },
    });
    expect(resumed.consultation?.is_paused).toBe(false);
  });
});

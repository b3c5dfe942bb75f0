import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { unreachable } from "../../src/api/problems";
import { GiftMoments, SHOWN_AT_ONCE, SHOWN_MS } from "../../src/livestreams/gift_moments";
import { GiftSending } from "../../src/livestreams/gift_sending";
import { sampleGift } from "../support/livestream_samples";
import { refusal } from "../support/model_livestream";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const person = (id: string) => ({ id, display_name: id, avatar_url: null });

describe("moments", () => {
  test("repeats of one person's gift gather into one that counts up and stays", () => {
    const moments = new GiftMoments();
    moments.hear(sampleGift({ id: "1" }));
    vi.advanceTimersByTime(SHOWN_MS - 100);
    moments.hear(sampleGift({ id: "2", quantity: 3, amount_minor: 1_500, message: "for you" }));
    expect(moments.shown.value).toHaveLength(1);
    expect(moments.shown.value[0]).toMatchObject({ quantity: 4, amountMinor: 2_000, combo: 2, message: "for you" });
    vi.advanceTimersByTime(SHOWN_MS - 100);
    expect(moments.shown.value).toHaveLength(1);
    vi.advanceTimersByTime(200);
    expect(moments.shown.value).toHaveLength(0);
  });

  test("another person's or another kind of gift is a moment of its own", () => {
    const moments = new GiftMoments();
    moments.hear(sampleGift({ id: "1" }));
    moments.hear(sampleGift({ id: "2", sender: person("cy") }));
    moments.hear(sampleGift({ id: "3", gift_kind_id: "kind-moon" }));
    expect(moments.shown.value.map(({ combo }) => combo)).toEqual([1, 1, 1]);
  });

  test("the same gift told twice is celebrated once", () => {
    const moments = new GiftMoments();
    moments.hear(sampleGift({ id: "1" }));
    moments.hear(sampleGift({ id: "1" }));
    expect(moments.shown.value[0]?.combo).toBe(1);
  });

  test("a full screen lets the next wait and gather; a flood does not wait for ever", () => {
    const moments = new GiftMoments();
    for (let index = 0; index < 200; index += 1) {
      moments.hear(sampleGift({ id: `a${index}`, sender: person(`p${index}`) }));
    }
    moments.hear(sampleGift({ id: "again", sender: person(`p${SHOWN_AT_ONCE}`) }));
    expect(moments.shown.value).toHaveLength(SHOWN_AT_ONCE);
    vi.advanceTimersByTime(SHOWN_MS);
    expect(moments.shown.value[0]).toMatchObject({ sender: { id: `p${SHOWN_AT_ONCE}` }, combo: 2 });
    vi.advanceTimersByTime(SHOWN_MS * 10);
    expect(moments.shown.value).toHaveLength(0);
  });
});

describe("sending", () => {
  function sending(send: (name: string, payload: Record<string, unknown>) => Promise<unknown>) {
    const tell = vi.fn();
    const onSent = vi.fn();
    const gifts = new GiftSending({ send } as never, { tell }, { livestream_id: "l" }, onSent);
    return { gifts, tell, onSent };
  }
  const wish = { giftKindId: "kind-rose", quantity: 2, message: "", amountMinor: 1_000 };

  test("an unclear answer keeps its nonce, so that pressing again pays once", async () => {
    const nonces: unknown[] = [];
    const amounts: unknown[] = [];
    const gift = sampleGift();
    const { gifts, tell, onSent } = sending(async (_name, payload) => {
      nonces.push(payload.nonce);
      amounts.push(payload.amount_minor);
      if (nonces.length === 1) throw unreachable();
      return { gift, balance_minor: 4_000 };
    });
    await gifts.send(wish);
    expect(gifts.step.value).toMatchObject({ kind: "choosing", problem: { code: "network.unreachable" } });
    await gifts.send(wish);
    expect(nonces[0]).toBe(nonces[1]);
    expect(gifts.step.value).toEqual({ kind: "sent", gift });
    expect(tell).toHaveBeenCalledWith(4_000, "USD");
    expect(onSent).toHaveBeenCalledTimes(1);
    await gifts.send(wish);
    expect(amounts).toEqual([1_000, 1_000, 1_000]);
    expect(nonces[2]).not.toBe(nonces[1]);
  });

  test("a refusal is final: the next press is another gift", async () => {
    const nonces: unknown[] = [];
    const { gifts } = sending(async (_name, payload) => {
      nonces.push(payload.nonce);
      throw refusal("wallet.balance_too_low", 402);
    });
    await gifts.send(wish);
    await gifts.send(wish);
    expect(nonces[0]).not.toBe(nonces[1]);
  });

  test("a second press while the first is under way sends nothing", async () => {
    let answer: (value: unknown) => void = () => undefined;
    const send = vi.fn(() => new Promise((resolve) => (answer = resolve)));
    const { gifts } = sending(send as never);
    const first = gifts.send(wish);
    await gifts.send(wish);
    answer({ gift: sampleGift(), balance_minor: 1 });
    await first;
    expect(send).toHaveBeenCalledTimes(1);
  });
});

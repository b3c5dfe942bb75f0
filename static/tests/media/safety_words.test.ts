import { describe, expect, test } from "vitest";
import { SAFETY_WORDS } from "../../src/media/safety_word_list";
import { findSafetyWords } from "../../src/media/safety_words";
import { WordExchange, type WordMessage } from "../../src/media/word_exchange";

const digest = async (text: string) =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
const describedBy = (...fingerprints: string[]) =>
  ["v=0", ...fingerprints.map((value) => `a=fingerprint:${value}`), ""].join("\r\n");
const ANA = describedBy("sha-256 AA:01");
const MARA = describedBy("sha-256 BB:02");
const MAN = describedBy("sha-256 CC:03");
const NUMBERS = ["1".repeat(32), "2".repeat(32)] as const;

const words = (localSdp: string, remoteSdp: string, numbers: readonly [string, string] = NUMBERS) =>
  findSafetyWords({ localSdp, remoteSdp, numbers }, digest);

describe("the words", () => {
  test("are the same on both sides, and four", async () => {
    const [own, theirs] = await Promise.all([words(ANA, MARA), words(MARA, ANA)]);
    expect(own).toHaveLength(4);
    expect(own).toEqual(theirs);
  });

  test("differ when somebody in the middle shows each side a certificate of their own", async () => {
    expect(await words(ANA, MAN)).not.toEqual(await words(MARA, MAN));
  });

  test("depend on the numbers, which nobody in the middle can choose in time", async () => {
    expect(await words(ANA, MARA, [NUMBERS[1], NUMBERS[0]])).not.toEqual(await words(ANA, MARA));
  });

  test("do not depend on how a browser spells, repeats or ends its lines", async () => {
    const spelled = describedBy("SHA-256 aa:01", "sha-256 AA:01").replaceAll("\r\n", "\n");
    expect(await words(spelled, MARA)).toEqual(await words(ANA, MARA));
  });

  test("are none where a description has no certificate", async () => {
    expect(await words(describedBy(), MARA)).toBeNull();
  });
});

describe("the list", () => {
  test("has a word for each byte, short, and no two that differ in one letter only", () => {
    expect(new Set(SAFETY_WORDS).size).toBe(256);
    expect(SAFETY_WORDS).toHaveLength(256);
    for (const word of SAFETY_WORDS) expect(word).toMatch(/^[a-z]{4,8}$/);
    const masked = SAFETY_WORDS.flatMap((word) =>
      [...word].flatMap((_, index) => [
        `${word.slice(0, index)}?${word.slice(index + 1)}`,
        // A letter more or less.
        `${word.slice(0, index)}${word.slice(index + 1)}!`,
      ]),
    );
    const replaced = masked.filter((mask) => mask.includes("?"));
    expect(new Set(replaced).size).toBe(replaced.length);
    const shortened = new Set(masked.filter((mask) => mask.endsWith("!")).map((mask) => mask.slice(0, -1)));
    expect(SAFETY_WORDS.filter((word) => shortened.has(word))).toEqual([]);
  });
});

describe("the numbers", () => {
  let made = 0;

  function openExchange(isCommitting: boolean) {
    const sent: WordMessage[] = [];
    made += 1;
    const own = made.toString(16).padStart(32, "0");
    const exchange = new WordExchange({
      isCommitting,
      digest,
      send: (message) => sent.push(message),
      randomNumber: () => own,
    });
    return { exchange, sent, own };
  }

  test("are known to both sides in the same order", async () => {
    const reader = openExchange(true);
    const client = openExchange(false);
    await reader.exchange.begin();
    await client.exchange.hear(reader.sent[0] ?? {});
    await reader.exchange.hear(client.sent[0] ?? {});
    await client.exchange.hear(reader.sent[1] ?? {});
    expect(client.exchange.numbers.value).toEqual([reader.own, client.own]);
    expect(reader.exchange.numbers.value).toEqual([reader.own, client.own]);
  });

  test("the committing side tells its number only after it has the other's", async () => {
    const reader = openExchange(true);
    await reader.exchange.begin();
    expect(reader.sent.map((message) => Object.keys(message))).toEqual([["commitment"]]);
    await reader.exchange.hear({ commitment: "0".repeat(64) });
    expect(reader.sent).toHaveLength(1);
  });

  test("a number that is not the one committed to is refused, for ever", async () => {
    const reader = openExchange(true);
    const client = openExchange(false);
    await reader.exchange.begin();
    await client.exchange.hear(reader.sent[0] ?? {});
    await client.exchange.hear({ number: "f".repeat(32) });
    await client.exchange.hear({ number: reader.own });
    expect(client.exchange.numbers.value).toBeNull();
  });

  test("only the first of each counts", async () => {
    const reader = openExchange(true);
    const client = openExchange(false);
    await reader.exchange.begin();
    await client.exchange.hear(reader.sent[0] ?? {});
    await client.exchange.hear({ commitment: "e".repeat(64) });
    await reader.exchange.hear(client.sent[0] ?? {});
    await reader.exchange.hear({ number: "d".repeat(32) });
    await client.exchange.hear(reader.sent[1] ?? {});
    expect(client.exchange.numbers.value).toEqual([reader.own, client.own]);
    expect(reader.exchange.numbers.value).toEqual([reader.own, client.own]);
  });

  test.each([{ number: "short" }, { number: 7 }, { commitment: "x".repeat(64) }, {}])(
    "%j is not heard",
    async (message) => {
      const client = openExchange(false);
      await client.exchange.hear(message as WordMessage);
      expect(client.sent).toEqual([]);
    },
  );
});

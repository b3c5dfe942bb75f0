import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Problem } from "../../src/api/problems";
import { CallPages, firstOffer, type Page, pass, soon, stages } from "../support/call_pages";

let pages: CallPages;
let seq = 10_000;

beforeEach(() => {
  vi.useFakeTimers();
  pages = new CallPages();
});

afterEach(() => {
  pages.close();
  vi.useRealTimers();
});

/** An answer that the other side never made. */
function hearAnswer(side: 0 | 1, made: { by: string; answers: string }): void {
  const sdp = [
    "v=0",
    `o=- ${made.by} 1 IN IP4 127.0.0.1`,
    `a=x-soulseer-answers:${made.answers} 1`,
    "m=audio 9 UDP/TLS/RTP/SAVPF 111",
    `a=ice-ufrag:${made.by}`,
    `a=fingerprint:sha-256 AA:${made.by}`,
    "",
  ].join("\r\n");
  seq += 1;
  const event = { consultation_id: "c1", seq, sender_id: "x", at: "" };
  pages.signalling.sides[side].hear({ ...event, description: { type: "answer", sdp } });
}

function sessionOf(page: Page): string {
  return page.peers.at(-1)?.localDescription?.sdp.match(/o=- (\S+)/)?.[1] ?? "";
}

test("an answer to the page of before is not taken for one to this page's offer", async () => {
  const former = pages.open(0);
  await firstOffer();
  const answers = sessionOf(former);
  pages.leave(former, 0);
  const client = pages.open(0);
  await firstOffer();
  hearAnswer(0, { by: "777", answers });
  await soon();
  expect(client.peers[0]?.signalingState).toBe("have-local-offer");
  const reader = pages.open(1);
  await soon();
  expect(stages(client, reader)).toEqual(["connected", "connected"]);
});

test("nor does it disturb a page that is connected", async () => {
  const [client, reader] = await pages.connected();
  hearAnswer(0, { by: "777", answers: "1" });
  await soon();
  expect(client.peers).toHaveLength(1);
  expect(stages(client, reader)).toEqual(["connected", "connected"]);
});

test("answers of others make a page begin anew once, and not again and again", async () => {
  const [client, reader] = await pages.connected();
  hearAnswer(0, { by: "777", answers: sessionOf(client) });
  await soon();
  expect(client.peers).toHaveLength(2);
  // It was told that another page took its place, and somebody there presses for the call.
  expect(reader.call.stage.value).toBe("failed");
  reader.call.restart();
  await soon();
  expect(stages(client, reader)).toEqual(["connected", "connected"]);
  const { length } = client.peers;
  hearAnswer(0, { by: "888", answers: sessionOf(client) });
  await soon();
  expect(client.peers).toHaveLength(length);
  expect(stages(client, reader)).toEqual(["connected", "connected"]);
});

test("a late offer of a page that is gone does not take the call from the page that is there", async () => {
  const [client, reader] = await pages.connected();
  const late = pages.signalling.passed.find(
    ({ sender_id, description }) => sender_id === "1" && description?.type === "offer",
  );
  pages.leave(reader, 1);
  const again = pages.open(1);
  await soon();
  expect(client.peers).toHaveLength(2);
  if (late !== undefined) pages.signalling.sides[0].hear({ ...late, seq: 20_000 });
  await soon();
  expect(client.peers).toHaveLength(2);
  expect(stages(client, again)).toEqual(["connected", "connected"]);
});

test("who was away while the other page was loaded again and again answers only the last", async () => {
  const [client, reader] = await pages.connected();
  const side = pages.signalling.sides[0];
  side.isDeaf = true;
  side.kept.length = 0;
  let last = reader;
  for (let reload = 0; reload < 5; reload += 1) {
    pages.leave(last, 1);
    last = pages.open(1);
    await soon();
  }
  side.isDeaf = false;
  for (const event of [...side.kept]) side.hear(event);
  await soon();
  expect(stages(client, last)).toEqual(["connected", "connected"]);
  // Its own, one for the first that came in, one for the last.
  expect(client.peers.length).toBeLessThanOrEqual(3);
});

test("nothing of a peer connection that was given up is sent any more", async () => {
  const [client] = await pages.connected();
  const [side] = pages.signalling.sides;
  side.refusal = new Problem({ code: "consultation.not_joined", message: "", status: 409, retryable: false });
  pages.network.isUp = false;
  pages.network.cut();
  await pass(12_000);
  expect(client.peers.length).toBeGreaterThan(1);
  pages.signalling.passed.length = 0;
  side.refusal = null;
  await pass(3_000);
  const sent = pages.signalling.passed.filter(({ sender_id }) => sender_id === "0");
  expect(sent.length).toBeGreaterThan(0);
  const names = sent.map(
    ({ description, candidate }) => description?.sdp?.match(/ufrag:(\S+)/)?.[1] ?? candidate?.usernameFragment,
  );
  expect(names.filter((name) => name?.startsWith(`u${client.peers[0]?.name}g`))).toEqual([]);
});

test("who waits alone offers once more when the socket came back", async () => {
  const client = pages.open(0);
  await firstOffer();
  expect(pages.signalling.kinds().filter((kind) => kind === "offer")).toHaveLength(1);
  pages.signalling.sides[0].lose();
  pages.signalling.sides[0].reconnect();
  await soon();
  expect(pages.signalling.kinds().filter((kind) => kind === "offer")).toHaveLength(2);
  await pass(20_000);
  expect(client.peers).toHaveLength(1);
  expect(client.call.stage.value).toBe("waiting");
});

test("media that failed are not said to be only disconnected afterwards", async () => {
  const [client] = await pages.connected();
  const [side] = pages.signalling.sides;
  side.reports.length = 0;
  pages.network.isUp = false;
  const [peer] = client.peers;
  peer?.loseMedia("failed");
  await vi.advanceTimersByTimeAsync(0);
  if (peer !== undefined) peer.connectionState = "disconnected";
  peer?.onconnectionstatechange?.();
  expect(side.reports.map(({ state }) => state)).toEqual(["failed"]);
});

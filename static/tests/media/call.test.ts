import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CallPages, firstOffer, type Page, pass, soon, stages } from "../support/call_pages";
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

describe("connecting", () => {
  test("both offer at once: the polite one gives way and each end has one peer connection", async () => {
    const [client, reader] = await pages.connected();
    expect(client.peers).toHaveLength(1);
    expect(reader.peers).toHaveLength(1);
    expect(pages.signalling.kinds().filter((kind) => kind === "answer")).toHaveLength(1);
  });

  test("an offer that was sent before the other page listened is made up for", async () => {
    const reader = pages.open(1);
    await soon();
    expect(reader.call.stage.value).toBe("waiting");
    const client = pages.open(0);
    await firstOffer();
    expect(stages(client, reader)).toEqual(["connected", "connected"]);
  });

  test("first offers do not cross: the polite one lets the other speak first", async () => {
    const [client, reader] = [pages.open(0), pages.open(1)];
    await soon();
    expect(stages(client, reader)).toEqual(["connected", "connected"]);
    expect(pages.signalling.kinds().filter((kind) => kind === "offer")).toHaveLength(1);
  });

  test("the same when the polite one came first", async () => {
    const client = pages.open(0);
    await soon();
    const reader = pages.open(1);
    await soon();
    expect(stages(client, reader)).toEqual(["connected", "connected"]);
  });

  test("candidates that overtake their description are kept for it", async () => {
    const reader = pages.open(1);
    pages.signalling.sides[1].isDeaf = true;
    pages.signalling.sides[0].isDeaf = true;
    const client = pages.open(0);
    await soon();
    const offers = [...pages.signalling.sides[0].kept];
    pages.signalling.sides[0].isDeaf = pages.signalling.sides[1].isDeaf = false;
    for (const event of offers.reverse()) pages.signalling.sides[0].hear(event);
    await soon();
    expect(stages(client, reader)).toEqual(["connected", "connected"]);
  });

  test("signals that come twice change nothing", async () => {
    const [client, reader] = await pages.connected();
    const before = pages.signalling.passed.length;
    for (const event of [...pages.signalling.sides[0].kept]) pages.signalling.sides[0].hear(event);
    for (const event of [...pages.signalling.sides[1].kept])
      pages.signalling.sides[1].hear({ ...event, seq: event.seq + 1_000 });
    await soon();
    expect(pages.signalling.passed.length).toBe(before);
    expect(stages(client, reader)).toEqual(["connected", "connected"]);
    expect(client.peers.length + reader.peers.length).toBe(2);
  });

  test("a description that no browser can read does not disturb the call", async () => {
    const [client, reader] = await pages.connected();
    const sdp = client.peers[0]?.remoteDescription?.sdp.replace("v=0", "v=x") ?? "";
    pages.signalling.sides[0].hear({
      ...{ consultation_id: "c1", seq: 999, sender_id: "1", at: "" },
      description: { type: "offer", sdp: sdp.replace(/(o=- \d+) \d+/, "$1 999") },
    });
    await soon();
    expect(stages(client, reader)).toEqual(["connected", "connected"]);
  });

  test("without a microphone silence is sent, so that packets go on", async () => {
    const client = pages.open(0, { microphone: false });
    pages.open(1);
    await soon();
    const [audio] = client.peers[0]?.senders ?? [];
    expect(audio?.track).toBe(client.browser.silences[0]);
    const plugged = new FakeTrack("audio") as unknown as MediaStreamTrack;
    client.devices.microphone.value = plugged;
    expect(audio?.track).toBe(plugged);
  });
});

describe("the other page is loaded again", () => {
  test.each([
    [0, "client"],
    [1, "reader"],
  ] as const)("side %i (%s): both talk again through new peer connections", async (side, _who) => {
    const both = await pages.connected();
    pages.leave(both[side], side);
    const again = pages.open(side);
    await firstOffer();
    const other = both[1 - side] as Page;
    expect(stages(again, other)).toEqual(["connected", "connected"]);
    expect(other.peers).toHaveLength(2);
    expect(other.peers[0]?.senders.every((sender) => sender.track === null)).toBe(true);
  });

  test.each([0, 1] as const)("side %i gets what was meant for its former page as well", async (side) => {
    const both = await pages.connected();
    const old = [...pages.signalling.sides[side].kept];
    pages.leave(both[side], side);
    const again = pages.open(side);
    for (const event of old) pages.signalling.sides[side].hear(event);
    await pass(12_000);
    expect(stages(again, both[1 - side] as Page)).toEqual(["connected", "connected"]);
  });

  test("both at once", async () => {
    const [client, reader] = await pages.connected();
    pages.leave(client, 0);
    pages.leave(reader, 1);
    const again = [pages.open(0), pages.open(1)];
    await soon();
    expect(stages(...again)).toEqual(["connected", "connected"]);
  });

  test("a second page takes the call over and the first one learns it", async () => {
    const [client, reader] = await pages.connected();
    // Its listeners stay: it is open on another device.
    const second = pages.open(0);
    await firstOffer();
    expect(stages(second, reader)).toEqual(["connected", "connected"]);
    expect(client.call.stage.value).toBe("failed");
    await pass(60_000);
    expect(stages(client, second, reader)).toEqual(["failed", "connected", "connected"]);
  });
});

test("where people are not to see each other's addresses, only relays are used", async () => {
  const { peers } = pages.open(0, { policy: "relay" });
  await soon();
  expect(peers.map((peer) => peer.configuration.iceTransportPolicy)).toEqual(["relay"]);
});

describe("losing and regaining", () => {
  test("ICE is restarted when the media are disconnected for two seconds, with fresh relay credentials", async () => {
    const [client, reader] = await pages.connected();
    pages.network.cut();
    await soon();
    expect(stages(client, reader)).toEqual(["reconnecting", "reconnecting"]);
    const [peer] = reader.peers;
    expect(peer?.restarts).toEqual([]);
    await pass(2_000);
    expect(peer?.restarts).toHaveLength(1);
    expect(peer?.configuration.iceServers).toEqual([{ urls: "turn:relay.example?2" }]);
    await soon();
    expect(stages(client, reader)).toEqual(["connected", "connected"]);
    expect(reader.peers).toHaveLength(1);
  });

  test("at once when they failed", async () => {
    const [, reader] = await pages.connected();
    reader.peers[0]?.loseMedia("failed");
    await soon();
    expect(reader.peers[0]?.restarts).toHaveLength(1);
  });

  test("and when the network changed, although they are still connected", async () => {
    const [client, reader] = await pages.connected();
    client.browser.changeNetwork();
    await soon();
    expect(client.peers[0]?.restarts).toEqual(["connected"]);
    expect(stages(client, reader)).toEqual(["connected", "connected"]);
  });

  test("and when the socket came back, if the media did not", async () => {
    const [client, reader] = await pages.connected();
    for (const side of pages.signalling.sides) side.lose();
    pages.network.cut();
    await pass(10_000);
    expect(client.peers[0]?.restarts).toEqual([]);
    for (const side of pages.signalling.sides) side.reconnect();
    await soon();
    expect(client.peers[0]?.restarts).toHaveLength(1);
    await pass(1_000);
    expect(stages(client, reader)).toEqual(["connected", "connected"]);
  });

  test("a restart that does not help is followed by a new peer connection, and the visitor is told after half a minute", async () => {
    const [client, reader] = await pages.connected();
    pages.network.isUp = false;
    pages.network.cut();
    await pass(20_000);
    expect(reader.peers.length).toBeGreaterThan(1);
    expect(reader.call.stage.value).toBe("reconnecting");
    await pass(11_000);
    expect(stages(client, reader)).toEqual(["failed", "failed"]);
    pages.network.isUp = true;
    await pass(25_000);
    expect(stages(client, reader)).toEqual(["connected", "connected"]);
  });

  test("somebody who presses for it does not wait", async () => {
    const [client, reader] = await pages.connected();
    pages.network.isUp = false;
    pages.network.cut();
    await pass(40_000);
    pages.network.isUp = true;
    client.call.restart();
    await firstOffer();
    expect(stages(client, reader)).toEqual(["connected", "connected"]);
  });
});

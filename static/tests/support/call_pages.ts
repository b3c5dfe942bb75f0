/** Two pages of one consultation over the fake network, each with a call, for tests under fake timers. */
import { expect, vi } from "vitest";
import { openCall, type RoomCall } from "../../src/media/call";
import { FIRST_OFFER_WAIT_MS } from "../../src/media/paths/negotiation";
import { FakeBrowser, FakeDevices } from "./fake_media";
import { FakeNetwork, type FakePeer } from "./fake_peers";
import { Signalling } from "./signalling";

export interface Page {
  call: RoomCall;
  browser: FakeBrowser;
  devices: FakeDevices;
  peers: FakePeer[];
  iceServers: () => Promise<RTCIceServer[]>;
}

export const soon = () => vi.advanceTimersByTimeAsync(50);
/** Until also a polite side that nobody spoke to has made its first offer, and was answered. */
export const firstOffer = () => vi.advanceTimersByTimeAsync(FIRST_OFFER_WAIT_MS + 50);
export const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);
export const stages = (...pages: Page[]) => pages.map(({ call }) => call.stage.value);

export class CallPages {
  readonly signalling = new Signalling();
  readonly network = new FakeNetwork();
  private readonly calls: RoomCall[] = [];

  /** Side 0 is the client, who is polite; side 1 the reader. */
  open(
    side: 0 | 1,
    more: { microphone?: boolean; mode?: "call" | "video"; policy?: RTCIceTransportPolicy } = {},
  ): Page {
    const peers: FakePeer[] = [];
    const browser = new FakeBrowser((configuration) => {
      const peer = this.network.connect(configuration);
      peers.push(peer);
      return peer as unknown as RTCPeerConnection;
    });
    const mode = more.mode ?? "video";
    const devices = new FakeDevices({ camera: mode === "video", microphone: more.microphone ?? true });
    let asked = 0;
    const iceServers = vi.fn(async () => [{ urls: `turn:relay.example?${++asked}` }]);
    const { live } = this.signalling.sides[side];
    const call = openCall(
      {
        ...{ live, consultationId: "c1", isPolite: side === 0, mode, iceServers },
        devices: devices.asDevices(),
        iceTransportPolicy: () => more.policy ?? "all",
      },
      browser.asCallBrowser(),
    );
    this.calls.push(call);
    return { call, browser, devices, peers, iceServers };
  }

  async connected(): Promise<[Page, Page]> {
    const client = this.open(0);
    const reader = this.open(1);
    await soon();
    expect(stages(client, reader)).toEqual(["connected", "connected"]);
    return [client, reader];
  }

  /** The page is gone and says nothing more; its connections die with it. */
  leave(page: Page, side: 0 | 1): void {
    this.signalling.sides[side].forgetPage();
    for (const peer of page.peers) if (!peer.isClosed) peer.close();
  }

  close(): void {
    for (const call of this.calls) call.close();
  }
}

/** A publisher on peer connections that a test connects and breaks by hand, before a server that it scripts. */
import { signal } from "@preact/signals";
import { Problem } from "../../src/api/problems";
import type { Livestream } from "../../src/livestreams/protocol";
import { Publisher } from "../../src/livestreams/publishing";
import type { CallBrowser } from "../../src/media/browser";
import type { Devices } from "../../src/media/types";
import { asTrack, FakeDevices, FakeTrack } from "./fake_media";

export const LIVESTREAM_ID = "livestream-1";

export function sampleLivestream(change: Partial<Livestream> = {}): Livestream {
  return {
    id: LIVESTREAM_ID,
    reader: { id: "reader-1", display_name: "Mara", avatar_url: null, is_demonstration: false },
    title: "Evening cards",
    description: "",
    category: "general",
    cover_url: null,
    status: "live",
    end_reason: null,
    scheduled_at: null,
    created_at: "2026-01-01T10:00:00Z",
    started_at: "2026-01-01T10:00:00Z",
    ended_at: null,
    is_paused: false,
    pause_reason: null,
    pause_until_at: null,
    media_id: "media-1",
    viewer_count: 0,
    peak: 0,
    slow_mode_seconds: 0,
    is_followers_only: false,
    gift_goal: null,
    currency: "USD",
    gifts_minor: 0,
    last_seq: 0,
    version: 2,
    is_recorded: false,
    recording: null,
    ...change,
  };
}

export class FakeSendingPeer {
  onconnectionstatechange: (() => void) | null = null;
  onicegatheringstatechange: (() => void) | null = null;
  connectionState: RTCPeerConnectionState = "new";
  readonly iceGatheringState = "complete";
  localDescription: { sdp: string } | null = null;
  readonly senders: FakeSender[] = [];
  offers = 0;
  isClosed = false;
  stats: object[] = [];

  addTransceiver(trackOrKind: MediaStreamTrack | string, { direction }: RTCRtpTransceiverInit) {
    const track = typeof trackOrKind === "string" ? null : trackOrKind;
    const sender = new FakeSender(track, direction ?? "sendrecv");
    this.senders.push(sender);
    return { sender };
  }

  async setLocalDescription(): Promise<void> {
    this.offers += 1;
    this.localDescription = { sdp: "v=0 offer" };
  }

  async setRemoteDescription({ sdp }: { sdp: string }): Promise<void> {
    if (!sdp.startsWith("v=0")) throw new DOMException("no description", "OperationError");
  }

  async getStats() {
    return new Map(this.stats.map((entry, index) => [String(index), entry]));
  }

  become(state: RTCPeerConnectionState): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  close(): void {
    this.isClosed = true;
  }

  get video(): FakeSender {
    return this.senders[1] as FakeSender;
  }

  get audio(): FakeSender {
    return this.senders[0] as FakeSender;
  }
}

class FakeSender {
  readonly parameters = { encodings: [{}] as RTCRtpEncodingParameters[], degradationPreference: "" };

  constructor(
    public track: MediaStreamTrack | null,
    readonly direction: string,
  ) {}

  getParameters() {
    return this.parameters;
  }

  async setParameters(): Promise<void> {}

  async replaceTrack(track: MediaStreamTrack | null): Promise<void> {
    this.track = track;
  }
}

type Answer = () => Livestream | Problem | string | Promise<Livestream>;

/** `answers`: what the server says to each `livestream.start`; the last one goes on being said. A text is an SDP. */
export function openPublisher(options: { camera?: boolean; askedKbps?: number } = {}) {
  const peers: FakeSendingPeer[] = [];
  const devices = new FakeDevices({ camera: options.camera ?? true, microphone: true });
  const state = signal<"connected" | "lost">("connected");
  const connectListeners = new Set<() => void>();
  const networkListeners = new Set<() => void>();
  const sent: unknown[] = [];
  const snapshots: Livestream[] = [];
  const publishing = { id: "publishing-1", kept: null as string | null };
  const answers: Answer[] = [() => sampleLivestream()];
  const live = {
    state,
    onConnect: (listener: () => void) => {
      connectListeners.add(listener);
      return () => void connectListeners.delete(listener);
    },
    send: async (_name: string, payload: unknown) => {
      sent.push(payload);
      const next = answers.length > 1 ? answers.shift() : answers[0];
      const answer = await next?.();
      if (answer instanceof Problem) throw answer;
      const sdp = typeof answer === "string" ? answer : `v=0\r\nm=video 9\r\nb=AS:${options.askedKbps ?? 900}\r\n`;
      const livestream = typeof answer === "string" ? sampleLivestream() : answer;
      return { livestream, description: { type: "answer", sdp }, publishing_id: publishing.id };
    },
  };
  const cardTrack = asTrack(new FakeTrack("video"));
  const screenTrack = new FakeTrack("video");
  const browser = {
    connect: () => {
      const peer = new FakeSendingPeer();
      peers.push(peer);
      return peer;
    },
    makeSilence: () => ({ track: asTrack(new FakeTrack("audio")), close: () => undefined }),
    captureScreen: async () => asTrack(screenTrack),
    onNetworkChange: (listener: () => void) => {
      networkListeners.add(listener);
      return () => void networkListeners.delete(listener);
    },
  } as unknown as CallBrowser;
  const publisher = new Publisher({
    live: live as never,
    livestreamId: LIVESTREAM_ID,
    devices: devices as unknown as Devices,
    browser,
    makeCard: () => ({ track: cardTrack, close: () => undefined }),
    maxKbps: 1_500,
    onSnapshot: (livestream) => void snapshots.push(livestream),
    onPublishing: (publishingId) => {
      publishing.kept = publishingId;
    },
  });
  return {
    ...{ publishing, publisher, peers, devices, sent, snapshots, answers, state, cardTrack, screenTrack },
    peer: () => peers.at(-1) as FakeSendingPeer,
    reconnectSocket: () => {
      state.value = "connected";
      for (const listener of connectListeners) listener();
    },
    changeNetwork: () => {
      for (const listener of networkListeners) listener();
    },
  };
}

export function refusal(code: string, status: number, retryable = false): Problem {
  return new Problem({ code, message: "", status, retryable });
}

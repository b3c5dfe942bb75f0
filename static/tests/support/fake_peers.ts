/**
 * Peer connections that negotiate as the W3C's specification says (signalling states, implicit rollback, when an offer
 * is needed, which candidates can be added) and are connected when each end has the other's present description and one
 * of its candidates. No media: statistics are made up from how long they were connected.
 */
import { FakeTrack } from "./fake_media";

let made = 0;

interface Half {
  type: RTCSdpType;
  sdp: string;
}

interface FakeSender {
  track: MediaStreamTrack | null;
  replaceTrack(track: MediaStreamTrack | null): Promise<void>;
  getParameters(): { encodings: RTCRtpEncodingParameters[] };
  setParameters(parameters: { encodings: RTCRtpEncodingParameters[] }): Promise<void>;
  limits: RTCRtpEncodingParameters | null;
}

/** All peer connections of one test, so that two of them can find each other. */
export class FakeNetwork {
  readonly peers: FakePeer[] = [];
  /** False: nobody reaches anybody, as behind two firewalls without a relay. */
  isUp = true;

  connect(configuration: RTCConfiguration): FakePeer {
    const peer = new FakePeer(this, configuration);
    this.peers.push(peer);
    return peer;
  }

  /** The wire is cut, or mended: candidates of before no longer help, a restart is needed. */
  cut(): void {
    for (const peer of this.peers) peer.loseMedia("disconnected");
  }

  look(): void {
    for (const peer of this.peers) peer.look();
  }

  otherEnd(peer: FakePeer): FakePeer | undefined {
    return this.peers.find(
      (other) => other !== peer && !other.isClosed && other.isTalkingWith(peer) && peer.isTalkingWith(other),
    );
  }
}

export class FakeChannel {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  readyState: "connecting" | "open" | "closed" = "connecting";
  peer: FakeChannel | null = null;

  send(data: string): void {
    const { peer } = this;
    queueMicrotask(() => peer?.onmessage?.({ data }));
  }
}

export class FakePeer {
  onnegotiationneeded: (() => void) | null = null;
  onicecandidate: ((event: { candidate: { toJSON(): RTCIceCandidateInit } | null }) => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  ontrack: (() => void) | null = null;
  signalingState: RTCSignalingState = "stable";
  connectionState: RTCPeerConnectionState = "new";
  readonly name = `${++made}`;
  readonly senders: FakeSender[] = [];
  readonly channel = new FakeChannel();
  readonly received = [new FakeTrack("audio"), new FakeTrack("video")];
  readonly added: RTCIceCandidateInit[] = [];
  readonly restarts: string[] = [];
  configuration: RTCConfiguration;
  isClosed = false;
  packets = 0;

  private current: { local: Half | null; remote: Half | null } = { local: null, remote: null };
  private pending: { local: Half | null; remote: Half | null } = { local: null, remote: null };
  private version = 0;
  private generation = 1;
  private isRestartWanted = false;
  private isNegotiationNeeded = false;
  private chain: Promise<unknown> = Promise.resolve();
  private busy = 0;

  constructor(
    private readonly network: FakeNetwork,
    configuration: RTCConfiguration,
  ) {
    this.configuration = configuration;
  }

  get localDescription(): Half | null {
    return this.pending.local ?? this.current.local;
  }

  get remoteDescription(): Half | null {
    return this.pending.remote ?? this.current.remote;
  }

  addTrack(track: MediaStreamTrack): FakeSender {
    const sender: FakeSender = {
      track,
      limits: null,
      replaceTrack: async (next) => {
        sender.track = next;
      },
      getParameters: () => ({ encodings: [{}] }),
      setParameters: async ({ encodings }) => {
        sender.limits = encodings[0] ?? null;
      },
    };
    this.senders.push(sender);
    this.needNegotiation();
    return sender;
  }

  createDataChannel(): FakeChannel {
    return this.channel;
  }

  getTransceivers(): { mid: string | null; receiver: { track: FakeTrack } }[] {
    const isNegotiated = this.remoteDescription !== null;
    return this.received.map((track, index) => ({ mid: isNegotiated ? `${index}` : null, receiver: { track } }));
  }

  getConfiguration(): RTCConfiguration {
    return this.configuration;
  }

  setConfiguration(configuration: RTCConfiguration): void {
    this.configuration = configuration;
  }

  restartIce(): void {
    this.restarts.push(this.connectionState);
    this.isRestartWanted = true;
    this.needNegotiation();
  }

  setLocalDescription(): Promise<void> {
    return this.enqueue(async () => {
      const isAnswer = this.signalingState === "have-remote-offer";
      this.version += 1;
      if (!isAnswer && this.isRestartWanted) this.generation += 1;
      if (isAnswer && this.isRestartOf(this.pending.remote)) this.generation += 1;
      const local: Half = { type: isAnswer ? "answer" : "offer", sdp: this.describe() };
      // Everything that was added found its place in the offer that is answered.
      if (isAnswer) this.isNegotiationNeeded = this.isRestartWanted;
      if (isAnswer) this.settle(local, this.pending.remote);
      else {
        this.isNegotiationNeeded = false;
        this.pending.local = local;
        this.signalingState = "have-local-offer";
      }
      setTimeout(() => this.gather(this.generation), 0);
    });
  }

  setRemoteDescription(description: Half): Promise<void> {
    return this.enqueue(async () => {
      if (!description.sdp.startsWith("v=0")) throw new DOMException("no description", "OperationError");
      if (description.type === "offer") {
        // Implicit rollback of an own offer that waits.
        if (this.signalingState === "have-local-offer") {
          this.pending.local = null;
          this.isNegotiationNeeded = this.current.local === null ? false : this.isRestartWanted;
        }
        this.pending.remote = description;
        this.signalingState = "have-remote-offer";
      } else {
        if (this.signalingState !== "have-local-offer") throw new DOMException("no offer", "InvalidStateError");
        this.isRestartWanted = false;
        this.settle(this.pending.local, description);
      }
      if (description.sdp.includes("a=candidate:")) this.added.push({ usernameFragment: fragmentOf(description.sdp) });
      this.ontrack?.();
      this.network.look();
    });
  }

  addIceCandidate(candidate?: RTCIceCandidateInit): Promise<void> {
    return this.enqueue(async () => {
      const remote = this.remoteDescription;
      if (remote === null) throw new DOMException("no description", "InvalidStateError");
      if (candidate === undefined) return;
      const fragment = candidate.usernameFragment;
      if (fragment != null && fragment !== fragmentOf(remote.sdp)) throw new DOMException("old", "OperationError");
      this.added.push(candidate);
      this.network.look();
    });
  }

  async getStats(): Promise<Map<string, object>> {
    this.packets += 50;
    const stream = { packetsSent: this.packets, packetsReceived: this.packets, bytesSent: 1, bytesReceived: 1 };
    return new Map([
      ["out", { id: `out-${this.name}`, type: "outbound-rtp", ...stream }],
      ["in", { id: `in-${this.name}`, type: "inbound-rtp", ...stream }],
      ["pair", { id: "pair", type: "candidate-pair", nominated: true, state: "succeeded", currentRoundTripTime: 0.05 }],
    ]);
  }

  close(): void {
    const other = this.network.otherEnd(this);
    this.isClosed = true;
    this.signalingState = "closed";
    this.connectionState = "closed";
    this.channel.readyState = "closed";
    other?.loseMedia("disconnected");
  }

  loseMedia(state: "disconnected" | "failed"): void {
    if (this.isClosed || (this.connectionState !== "connected" && this.connectionState !== "disconnected")) return;
    this.added.length = 0;
    this.become(state);
  }

  look(): void {
    const other = this.network.otherEnd(this);
    const hasWay = this.network.isUp && this.hasFreshCandidate() && other?.hasFreshCandidate() === true;
    if (this.isClosed || other === undefined || !hasWay || this.connectionState === "connected") return;
    this.become("connected");
    if (this.channel.readyState === "open") return;
    this.channel.readyState = "open";
    this.channel.peer = other.channel;
    queueMicrotask(() => this.channel.onopen?.());
    other.look();
  }

  isTalkingWith(other: FakePeer): boolean {
    const remote = this.current.remote?.sdp;
    const own = other.current.local?.sdp;
    return remote !== undefined && own !== undefined && fragmentOf(remote) === fragmentOf(own);
  }

  private hasFreshCandidate(): boolean {
    const fragment = fragmentOf(this.current.remote?.sdp ?? "");
    return this.added.some((candidate) => candidate.usernameFragment === fragment);
  }

  private become(state: RTCPeerConnectionState): void {
    if (this.connectionState === state) return;
    this.connectionState = state;
    queueMicrotask(() => this.onconnectionstatechange?.());
  }

  private settle(local: Half | null, remote: Half | null): void {
    this.current = { local, remote };
    this.pending = { local: null, remote: null };
    this.signalingState = "stable";
    if (this.isNegotiationNeeded) this.needNegotiation();
    this.network.look();
  }

  private gather(generation: number): void {
    if (this.isClosed || generation !== this.generation) return;
    const usernameFragment = this.fragment();
    const candidate: RTCIceCandidateInit = {
      candidate: "candidate:1 1 udp 1 192.0.2.1 1 typ host",
      sdpMid: "0",
      sdpMLineIndex: 0,
      usernameFragment,
    };
    // From here on the description lists it, too, as browsers' do.
    const local = this.localDescription;
    if (local !== null) local.sdp += `a=${candidate.candidate}\r\n`;
    this.onicecandidate?.({ candidate: { toJSON: () => candidate } });
    this.onicecandidate?.({ candidate: null });
  }

  private needNegotiation(): void {
    this.isNegotiationNeeded = true;
    queueMicrotask(() => {
      if (!this.isNegotiationNeeded || this.isClosed || this.busy > 0 || this.signalingState !== "stable") return;
      this.isNegotiationNeeded = false;
      this.onnegotiationneeded?.();
    });
  }

  private enqueue(operation: () => Promise<void>): Promise<void> {
    if (this.isClosed) return Promise.reject(new DOMException("closed", "InvalidStateError"));
    this.busy += 1;
    const result = this.chain.then(operation).finally(() => {
      this.busy -= 1;
      if (this.busy === 0 && this.isNegotiationNeeded && this.signalingState === "stable") this.needNegotiation();
    });
    this.chain = result.catch(() => undefined);
    return result;
  }

  private isRestartOf(remote: Half | null): boolean {
    const before = this.current.remote;
    return before !== null && remote !== null && fragmentOf(before.sdp) !== fragmentOf(remote.sdp);
  }

  private fragment(): string {
    return `u${this.name}g${this.generation}`;
  }

  private describe(): string {
    return [
      "v=0",
      `o=- ${1_000 + Number(this.name)} ${this.version} IN IP4 127.0.0.1`,
      "s=-",
      "t=0 0",
      "m=audio 9 UDP/TLS/RTP/SAVPF 111",
      `a=ice-ufrag:${this.fragment()}`,
      "a=ice-pwd:secret",
      `a=fingerprint:sha-256 AA:BB:${this.name}`,
      "",
    ].join("\r\n");
  }
}

function fragmentOf(sdp: string): string {
  return /a=ice-ufrag:(\S+)/.exec(sdp)?.[1] ?? "";
}

/**
 * Browser to browser. Signals are taken one after the other; a peer connection whose other end was loaded again, or
 * that does not come back, is replaced by a new one.
 */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { CallBrowser } from "../browser";
import { type Signal, SignalInbox, SignalQueue } from "../signals";
import type { CallEnvironment } from "../types";
import { type Description, peerOf } from "./negotiation";
import type { MediaPath, PathState, VideoLimits } from "./path";
import { Peer } from "./peer";

export interface DirectEnvironment
  extends Pick<CallEnvironment, "live" | "consultationId" | "isPolite" | "iceServers" | "iceTransportPolicy"> {
  browser: CallBrowser;
  limits: VideoLimits;
  onReplaced: () => void;
}

/** Credentials are asked for, but a call does not wait longer than this for them. */
const SERVERS_TIMEOUT_MS = 4_000;
/** The server gives credentials for minutes; a restart between two renewals must find them valid. */
const RENEW_EVERY_MS = 120_000;
const OFFER_ANEW_EVERY_MS = 3_000;

export class DirectPath implements MediaPath {
  private readonly currentState = signal<PathState>("new");
  private readonly tracks = signal<readonly MediaStreamTrack[]>([]);
  private readonly currentPeer = signal<Peer | null>(null);
  private readonly queue: SignalQueue;
  private readonly inbox: SignalInbox;
  private readonly waiting: Signal[] = [];
  /** Peer connections that were at the other end once; what still comes from them is late. */
  private readonly former = new Set<string>();
  /** Null until they were asked for the first time. */
  private servers: RTCIceServer[] | null = null;
  private offeredAnewAtMs = 0;
  private audio: MediaStreamTrack | null = null;
  private video: MediaStreamTrack | null = null;
  private isVideoOn = false;
  private limits: VideoLimits;
  private isWorking = false;
  private isClosed = false;
  private renewal: ReturnType<typeof setInterval> | null = null;

  constructor(private readonly environment: DirectEnvironment) {
    this.limits = environment.limits;
    this.queue = new SignalQueue(environment.live, environment.consultationId);
    this.inbox = new SignalInbox(environment.live, environment.consultationId);
  }

  get state(): ReadonlySignal<PathState> {
    return this.currentState;
  }

  get remoteTracks(): ReadonlySignal<readonly MediaStreamTrack[]> {
    return this.tracks;
  }

  /** The present peer connection; another one after each time it was replaced. */
  get peer(): ReadonlySignal<Peer | null> {
    return this.currentPeer;
  }

  get hasRemote(): boolean {
    return (this.currentPeer.peek()?.negotiation.remotePeer ?? null) !== null;
  }

  async start(): Promise<void> {
    await this.refreshServers();
    if (this.isClosed) return;
    this.servers ??= [];
    this.renewal = setInterval(() => void this.refreshServers(), RENEW_EVERY_MS);
    this.makePeer();
    this.inbox.listen((signal) => {
      this.waiting.push(signal);
      void this.work();
    });
  }

  async setAudio(track: MediaStreamTrack | null): Promise<void> {
    this.audio = track;
    await this.currentPeer.peek()?.setAudio(track);
  }

  async setVideo(track: MediaStreamTrack | null): Promise<void> {
    this.video = track;
    await this.currentPeer.peek()?.setVideo(track);
  }

  /** Whether there is a picture, whichever way it goes. */
  tellVideo(isOn: boolean): void {
    this.isVideoOn = isOn;
    this.currentPeer.peek()?.companion.tellVideo(isOn);
  }

  async setVideoLimits(limits: VideoLimits): Promise<void> {
    this.limits = limits;
    await this.currentPeer.peek()?.setLimits(limits);
  }

  async readStats(): Promise<RTCStatsReport | null> {
    return (await this.currentPeer.peek()?.connection.getStats()) ?? null;
  }

  /** Another page of ours took over: nothing is sent or heard until `renew`. */
  retire(): void {
    this.dropPeer({ isReplaced: false });
    this.currentState.value = "failed";
  }

  /** New candidates on both sides; the media stay if the old way still works. */
  async restartIce(): Promise<void> {
    await this.refreshServers();
    const peer = this.currentPeer.peek();
    if (peer === null || this.isClosed) return;
    peer.negotiation.sendOfferAgain();
    peer.connection.restartIce();
  }

  /** A new peer connection, for when restarting did not help. */
  async renew(): Promise<void> {
    await this.refreshServers();
    if (this.isClosed || this.servers === null) return;
    this.replacePeer({ isReplaced: false });
  }

  /** For when the other side may have missed our offer. */
  offerAgain(): void {
    this.currentPeer.peek()?.negotiation.sendOfferAgain();
  }

  close(): void {
    this.isClosed = true;
    if (this.renewal !== null) clearInterval(this.renewal);
    this.queue.close();
    this.inbox.close();
    this.currentPeer.peek()?.close({ isReplaced: false });
    this.currentPeer.value = null;
    this.tracks.value = [];
    this.currentState.value = "closed";
  }

  private makePeer(): void {
    const { browser, isPolite, iceTransportPolicy, onReplaced } = this.environment;
    const { servers, audio, video, isVideoOn, limits } = this;
    const peer: Peer = new Peer({
      browser,
      isPolite,
      iceServers: servers ?? [],
      iceTransportPolicy: iceTransportPolicy(),
      audio,
      video,
      isVideoOn,
      limits,
      send: (signal) => this.queue.push(signal),
      onState: (state) => {
        if (this.currentPeer.peek() === peer) this.currentState.value = state;
      },
      onRemoteTracks: (tracks) => {
        if (this.currentPeer.peek() === peer) this.tracks.value = tracks;
      },
      onReplaced: () => {
        if (this.currentPeer.peek() === peer) onReplaced();
      },
    });
    this.currentPeer.value = peer;
  }

  private replacePeer(how: { isReplaced: boolean }): void {
    this.dropPeer(how);
    this.currentState.value = "connecting";
    this.makePeer();
  }

  private dropPeer(how: { isReplaced: boolean }): void {
    const peer = this.currentPeer.peek();
    const remotePeer = peer?.negotiation.remotePeer ?? null;
    if (how.isReplaced && remotePeer !== null) this.former.add(remotePeer);
    peer?.close(how);
    this.currentPeer.value = null;
    this.queue.clear();
    this.tracks.value = [];
  }

  private async work(): Promise<void> {
    if (this.isWorking) return;
    this.isWorking = true;
    for (let next = this.waiting.shift(); next !== undefined && !this.isClosed; next = this.waiting.shift()) {
      try {
        if ("candidate" in next) await this.currentPeer.peek()?.negotiation.hearCandidate(next.candidate);
        else await this.hearDescription(next.description);
      } catch {
        // Somebody else's text that the browser cannot use changes nothing; the recovery sees if we stay unconnected.
      }
    }
    this.isWorking = false;
  }

  private async hearDescription(description: Description): Promise<void> {
    if (this.former.has(peerOf(description.sdp)) || this.isOutdated(description)) return;
    const verdict = this.currentPeer.peek()?.negotiation.judge(description) ?? "stale";
    if (verdict === "stale") return;
    if (verdict === "other_peer") {
      const isOffer = description.type === "offer";
      if (!isOffer && !this.mayOfferAnew()) return;
      this.replacePeer({ isReplaced: true });
      // An answer to our former peer connection is of no use to the new one, which makes its own offer.
      if (!isOffer) return;
    }
    await this.currentPeer.peek()?.negotiation.hearDescription(description);
    if (this.currentState.peek() === "new") this.currentState.value = "connecting";
  }

  /** Two pages that crossed each other's new beginnings could go on doing so for ever; the recovery has other delays. */
  private mayOfferAnew(): boolean {
    const now = Date.now();
    if (now - this.offeredAnewAtMs < OFFER_ANEW_EVERY_MS) return false;
    this.offeredAnewAtMs = now;
    return true;
  }

  /** Behind it waits a description of a later peer connection of theirs, as after a time away. */
  private isOutdated(description: Description): boolean {
    const peer = peerOf(description.sdp);
    return this.waiting.some((signal) => "description" in signal && peerOf(signal.description.sdp) !== peer);
  }

  private async refreshServers(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const timeout = new Promise<null>((resolve) => {
      timer = setTimeout(resolve, SERVERS_TIMEOUT_MS, null);
    });
    const servers = await Promise.race([this.environment.iceServers().catch(() => null), timeout]);
    clearTimeout(timer);
    if (servers === null || this.isClosed) return;
    this.servers = servers;
    const connection = this.currentPeer.peek()?.connection;
    if (connection === undefined || connection.signalingState === "closed") return;
    connection.setConfiguration({ ...connection.getConfiguration(), iceServers: servers });
  }
}

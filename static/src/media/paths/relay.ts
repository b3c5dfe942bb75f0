/**
 * Through the server's relay, which passes everything on to the other side and records it: one peer connection, one
 * offer, one answer. It is never repaired; whoever owns it makes another one.
 */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { CallBrowser } from "../browser";
import { gatherCandidates } from "../gathering";
import type { CallEnvironment } from "../types";
import { limitVideo, type MediaPath, type PathState, type VideoLimits } from "./path";

export interface RelayEnvironment extends Pick<CallEnvironment, "live" | "consultationId" | "iceServers"> {
  browser: CallBrowser;
  withVideo: boolean;
  limits: VideoLimits;
}

export class RelayPath implements MediaPath {
  private readonly currentState = signal<PathState>("new");
  private readonly tracks = signal<readonly MediaStreamTrack[]>([]);
  private connection: RTCPeerConnection | null = null;
  private audio: RTCRtpSender | null = null;
  private video: RTCRtpSender | null = null;
  private limits: VideoLimits;

  constructor(private readonly environment: RelayEnvironment) {
    this.limits = environment.limits;
  }

  get state(): ReadonlySignal<PathState> {
    return this.currentState;
  }

  get remoteTracks(): ReadonlySignal<readonly MediaStreamTrack[]> {
    return this.tracks;
  }

  /** Never throws: what went wrong is a state. */
  async connect(): Promise<void> {
    this.currentState.value = "connecting";
    try {
      await this.negotiate();
    } catch {
      if (this.currentState.peek() !== "closed") this.currentState.value = "failed";
    }
  }

  async setAudio(track: MediaStreamTrack | null): Promise<void> {
    await this.audio?.replaceTrack(track);
  }

  async setVideo(track: MediaStreamTrack | null): Promise<void> {
    await this.video?.replaceTrack(track);
  }

  async setVideoLimits(limits: VideoLimits): Promise<void> {
    this.limits = limits;
    if (this.video !== null) await limitVideo(this.video, limits);
  }

  async readStats(): Promise<RTCStatsReport | null> {
    return (await this.connection?.getStats()) ?? null;
  }

  close(): void {
    this.currentState.value = "closed";
    this.tracks.value = [];
    const { connection } = this;
    this.connection = null;
    if (connection === null) return;
    connection.onconnectionstatechange = null;
    connection.close();
  }

  private async negotiate(): Promise<void> {
    const { browser, live, consultationId, iceServers, withVideo } = this.environment;
    const servers = await iceServers().catch(() => []);
    if (this.currentState.peek() === "closed") return;
    const connection = browser.connect({ iceServers: servers, bundlePolicy: "max-bundle" });
    this.connection = connection;
    connection.onconnectionstatechange = () => this.follow(connection);
    this.audio = connection.addTransceiver("audio", { direction: "sendrecv" }).sender;
    if (withVideo) this.video = connection.addTransceiver("video", { direction: "sendrecv" }).sender;
    await connection.setLocalDescription();
    await gatherCandidates(connection);
    const sdp = connection.localDescription?.sdp ?? "";
    const { description } = await live.send("recording.connect", {
      consultation_id: consultationId,
      description: { type: "offer", sdp },
    });
    if (this.connection !== connection) return;
    await connection.setRemoteDescription({ type: "answer", sdp: description.sdp });
    this.tracks.value = connection.getTransceivers().map(({ receiver }) => receiver.track);
  }

  private follow(connection: RTCPeerConnection): void {
    if (this.connection !== connection) return;
    this.currentState.value = connection.connectionState;
    if (connection.connectionState === "connected") void this.setVideoLimits(this.limits);
  }
}

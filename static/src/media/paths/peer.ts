/** One peer connection of the direct path with its senders, its receivers and its companion; made anew, never repaired. */
import type { CallBrowser } from "../browser";
import { Companion } from "../companion";
import type { Signal } from "../signals";
import { Negotiation } from "./negotiation";
import { limitVideo, type PathState, type VideoLimits } from "./path";

export interface PeerEnvironment {
  browser: CallBrowser;
  isPolite: boolean;
  iceServers: RTCIceServer[];
  iceTransportPolicy: RTCIceTransportPolicy;
  audio: MediaStreamTrack | null;
  video: MediaStreamTrack | null;
  isVideoOn: boolean;
  limits: VideoLimits;
  send: (signal: Signal) => void;
  onState: (state: PathState) => void;
  onRemoteTracks: (tracks: readonly MediaStreamTrack[]) => void;
  onReplaced: () => void;
}

/** A last word through the companion needs a moment to leave. */
const LAST_WORD_MS = 300;

export class Peer {
  readonly connection: RTCPeerConnection;
  readonly negotiation: Negotiation;
  readonly companion: Companion;
  private readonly audio: RTCRtpSender | null;
  private readonly video: RTCRtpSender | null;

  constructor(private readonly environment: PeerEnvironment) {
    const { browser, isPolite, iceServers, iceTransportPolicy } = environment;
    this.connection = browser.connect({ iceServers, iceTransportPolicy, bundlePolicy: "max-bundle" });
    this.negotiation = new Negotiation(this.connection, isPolite, environment.send);
    this.companion = new Companion(this.connection, environment);
    this.connection.onconnectionstatechange = () => this.tellState();
    this.connection.ontrack = () => this.tellTracks();
    this.audio = this.addSender("audio", environment.audio);
    this.video = this.addSender("video", environment.video);
    this.companion.tellVideo(environment.isVideoOn);
  }

  async setAudio(track: MediaStreamTrack | null): Promise<void> {
    await this.audio?.replaceTrack(track);
  }

  async setVideo(track: MediaStreamTrack | null): Promise<void> {
    await this.video?.replaceTrack(track);
  }

  async setLimits(limits: VideoLimits): Promise<void> {
    if (this.video !== null) await limitVideo(this.video, limits);
  }

  /** `isReplaced`: the page at the other end may still be open, and should know that it is no longer meant. */
  close({ isReplaced }: { isReplaced: boolean }): void {
    this.negotiation.close();
    this.connection.onconnectionstatechange = null;
    this.connection.ontrack = null;
    if (isReplaced) this.companion.tellReplaced();
    this.companion.close();
    // Nothing more is sent on it, whatever the browser does until it is closed.
    void this.audio?.replaceTrack(null).catch(() => undefined);
    void this.video?.replaceTrack(null).catch(() => undefined);
    if (isReplaced) setTimeout(() => this.connection.close(), LAST_WORD_MS);
    else this.connection.close();
  }

  /**
   * Only a sender that came from `addTrack` finds its place in an offer of the other side (RFC 8829, section 5.10), so
   * a picture that is not there yet is stood in for.
   */
  private addSender(kind: "audio" | "video", track: MediaStreamTrack | null): RTCRtpSender | null {
    const { browser } = this.environment;
    const silence = kind === "audio" && track === null ? browser.makeSilence() : null;
    const blank = kind === "video" && track === null ? browser.makeBlank() : null;
    const first = track ?? silence?.track ?? blank;
    if (first === null) return this.connection.addTransceiver(kind).sender;
    const sender = this.connection.addTrack(first, browser.makeStream([first]));
    if (track === null) void sender.replaceTrack(null).finally(() => first.stop());
    silence?.close();
    return sender;
  }

  private tellState(): void {
    const { connectionState } = this.connection;
    if (connectionState === "connected") void this.setLimits(this.environment.limits);
    this.environment.onState(connectionState);
  }

  private tellTracks(): void {
    const tracks = this.connection
      .getTransceivers()
      .filter((transceiver) => transceiver.mid !== null)
      .map((transceiver) => transceiver.receiver.track);
    this.environment.onRemoteTracks(tracks);
  }
}

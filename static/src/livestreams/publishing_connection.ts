/** One peer connection of the publisher: one offer, one answer, sound and picture one way. Made anew, never repaired. */
import type { CallBrowser } from "../media/browser";
import { gatherCandidates } from "../media/gathering";
import { scaleDownBy } from "./picture_size";

export interface SentTracks {
  audio: MediaStreamTrack | null;
  video: MediaStreamTrack | null;
}

export interface ConnectionLimits {
  maxKbps: number;
  /** Of the picture's shorter side. */
  pixels: number;
  /** A screen keeps its letters sharp, a camera its movement smooth. */
  isScreen: boolean;
}

const SOUND_KBPS = 64;
const CAMERA_FRAMES = 30;
const SCREEN_FRAMES = 15;

export class PublishingConnection {
  private readonly connection: RTCPeerConnection;
  private readonly audio: RTCRtpSender;
  private readonly video: RTCRtpSender;
  private isClosed = false;

  constructor(
    browser: CallBrowser,
    private tracks: SentTracks,
    private limits: ConnectionLimits,
    private readonly onState: (state: RTCPeerConnectionState) => void,
  ) {
    this.connection = browser.connect({ bundlePolicy: "max-bundle" });
    this.audio = this.addSender("audio", tracks.audio);
    this.video = this.addSender("video", tracks.video);
    this.connection.onconnectionstatechange = () => {
      if (!this.isClosed) this.onState(this.connection.connectionState);
    };
  }

  get state(): RTCPeerConnectionState {
    return this.connection.connectionState;
  }

  /** SDP with its candidates. */
  async offer(): Promise<string> {
    await this.connection.setLocalDescription();
    await gatherCandidates(this.connection);
    return this.connection.localDescription?.sdp ?? "";
  }

  /** The codecs are those that the answer takes, in its order; the first is sent. */
  async take(answer: string): Promise<void> {
    await this.connection.setRemoteDescription({ type: "answer", sdp: answer });
    this.limits = { ...this.limits, maxKbps: askedKbps(answer) ?? this.limits.maxKbps };
    await this.limit();
  }

  get maxKbps(): number {
    return this.limits.maxKbps;
  }

  /** Another device, the screen, or nothing: no new offer is needed. */
  async send(tracks: SentTracks, isScreen: boolean): Promise<void> {
    const before = this.tracks;
    this.tracks = tracks;
    if (tracks.audio !== before.audio) await this.audio.replaceTrack(tracks.audio);
    if (tracks.video !== before.video) await this.video.replaceTrack(tracks.video);
    this.limits = { ...this.limits, isScreen };
    await this.limit();
  }

  async resize(pixels: number): Promise<void> {
    this.limits = { ...this.limits, pixels };
    await this.limit();
  }

  readStats(): Promise<RTCStatsReport> {
    return this.connection.getStats();
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.connection.onconnectionstatechange = null;
    this.connection.close();
  }

  private addSender(kind: "audio" | "video", track: MediaStreamTrack | null): RTCRtpSender {
    return this.connection.addTransceiver(track ?? kind, { direction: "sendonly" }).sender;
  }

  private async limit(): Promise<void> {
    const { maxKbps, pixels, isScreen } = this.limits;
    const parameters = this.video.getParameters();
    const encoding = parameters.encodings?.[0];
    if (encoding === undefined) return;
    encoding.maxBitrate = Math.max(100, maxKbps - SOUND_KBPS) * 1_000;
    encoding.scaleResolutionDownBy = isScreen ? 1 : scaleDownBy(this.tracks.video, pixels);
    encoding.maxFramerate = isScreen ? SCREEN_FRAMES : CAMERA_FRAMES;
    parameters.degradationPreference = isScreen ? "maintain-resolution" : "balanced";
    // A browser that refuses them sends as it thinks best.
    await this.video.setParameters(parameters).catch(() => undefined);
  }
}

/** What the other side asks a sender to stay below (RFC 8866, section 5.8; RFC 3890), in kbps. */
export function askedKbps(sdp: string): number | null {
  const tias = /^b=TIAS:(\d+)/m.exec(sdp)?.[1];
  if (tias !== undefined) return Math.floor(Number(tias) / 1_000);
  const video = sdp.slice(Math.max(0, sdp.indexOf("m=video")));
  const kbps = /^b=AS:(\d+)/m.exec(video)?.[1];
  return kbps === undefined ? null : Number(kbps);
}

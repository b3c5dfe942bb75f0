/**
 * A way on which the media of one consultation go: straight to the other browser, or through the server's relay. What
 * is sent, shown, reported and measured is always that of one active path.
 */
import type { ReadonlySignal } from "@preact/signals";

export type PathState = "new" | "connecting" | "connected" | "disconnected" | "failed" | "closed";

/** What the encoder may use for the picture. */
export interface VideoLimits {
  maxBitrate: number;
  scaleDownBy: number;
  maxFramerate: number;
}

export interface MediaPath {
  readonly state: ReadonlySignal<PathState>;
  readonly remoteTracks: ReadonlySignal<readonly MediaStreamTrack[]>;
  /** Null sends nothing; no negotiation is needed for either. */
  setAudio(track: MediaStreamTrack | null): Promise<void>;
  setVideo(track: MediaStreamTrack | null): Promise<void>;
  setVideoLimits(limits: VideoLimits): Promise<void>;
  /** Null while there is nothing to measure. */
  readStats(): Promise<RTCStatsReport | null>;
  close(): void;
}

/** Puts limits on a sender; a browser that refuses them sends as it thinks best. */
export async function limitVideo(sender: RTCRtpSender, limits: VideoLimits): Promise<void> {
  const parameters = sender.getParameters();
  const encoding = parameters.encodings?.[0];
  if (encoding === undefined) return;
  encoding.maxBitrate = limits.maxBitrate;
  encoding.scaleResolutionDownBy = limits.scaleDownBy;
  encoding.maxFramerate = limits.maxFramerate;
  await sender.setParameters(parameters).catch(() => undefined);
}

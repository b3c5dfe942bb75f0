/**
 * What the room's pages see of calls and video: devices, the call of one tab, and its quality. No words for visitors
 * live here, only codes that the pages translate.
 */
import type { ReadonlySignal } from "@preact/signals";
import type { LiveConnection } from "../live/connection";

/** Why a device cannot be used. */
export type DeviceProblem =
  /** The visitor (or the browser's settings) said no. */
  | "permission_denied"
  /** The question was closed without an answer. */
  | "permission_dismissed"
  /** Nothing of that kind is plugged in. */
  | "no_device"
  /** Another program holds it. */
  | "device_busy"
  /** Unplugged or taken away while in use. */
  | "device_lost"
  /** Not https: browsers give no devices. */
  | "insecure_page"
  | "not_supported"
  | "unknown";

export interface DeviceChoice {
  id: string;
  label: string;
}

/** The cameras, microphones and speakers of this browser; one per page. */
export interface Devices {
  readonly cameras: ReadonlySignal<readonly DeviceChoice[]>;
  readonly microphones: ReadonlySignal<readonly DeviceChoice[]>;
  /** Empty where the browser cannot choose one. */
  readonly speakers: ReadonlySignal<readonly DeviceChoice[]>;
  readonly cameraId: ReadonlySignal<string | null>;
  readonly microphoneId: ReadonlySignal<string | null>;
  /** Remembered in localStorage, like the other two. */
  readonly speakerId: ReadonlySignal<string | null>;
  readonly cameraProblem: ReadonlySignal<DeviceProblem | null>;
  readonly microphoneProblem: ReadonlySignal<DeviceProblem | null>;
  /** What is open now; the tracks change when another device is chosen. */
  readonly camera: ReadonlySignal<MediaStreamTrack | null>;
  readonly microphone: ReadonlySignal<MediaStreamTrack | null>;
  /** 0..1, the loudness of the microphone, about 15 times a second while somebody watches. */
  readonly level: ReadonlySignal<number>;
  /** Asks for permission where needed; never throws. */
  open(wish: { camera: boolean; microphone: boolean }): Promise<void>;
  chooseCamera(id: string): Promise<void>;
  chooseMicrophone(id: string): Promise<void>;
  chooseSpeaker(id: string): Promise<void>;
  /** A short tone on the chosen speaker. */
  playTestTone(): Promise<void>;
  closeCamera(): void;
  /** Stops every track. */
  close(): void;
}

export type CallStage =
  /** Ready; the other side's media is not there yet. */
  | "waiting"
  | "connecting"
  | "connected"
  /** Was connected; ICE is being restarted. */
  | "reconnecting"
  /** Could not be connected; restart() tries again. */
  | "failed"
  | "closed";

export type QualityLevel = "good" | "fair" | "poor" | "unknown";

export interface Quality {
  level: QualityLevel;
  roundTripMs: number | null;
  /** Of what we receive. */
  lossPercent: number | null;
  receivedKbps: number | null;
  sentKbps: number | null;
  /** Through TURN. */
  isRelayed: boolean | null;
}

/** Of the snapshot's `recording`. */
export type RecordingStage = "asked" | "connecting" | "recording" | "stopped";

/** The media of one consultation in this tab. */
export interface Call {
  readonly stage: ReadonlySignal<CallStage>;
  readonly remoteStream: ReadonlySignal<MediaStream | null>;
  readonly isRemoteVideoOn: ReadonlySignal<boolean>;
  /** Camera or screen, as it is sent. */
  readonly localVideo: ReadonlySignal<MediaStreamTrack | null>;
  readonly isMicrophoneOn: ReadonlySignal<boolean>;
  readonly isCameraOn: ReadonlySignal<boolean>;
  readonly isSharingScreen: ReadonlySignal<boolean>;
  readonly canShareScreen: boolean;
  readonly quality: ReadonlySignal<Quality>;
  /** The server's relay carries the media now, and records them. */
  readonly isThroughServer: ReadonlySignal<boolean>;
  /** Four words, or null until connected: the same on both sides exactly when nobody sits between; none while it is recorded. */
  readonly safetyWords: ReadonlySignal<readonly string[] | null>;
  setMicrophone(on: boolean): void;
  /** Opens the camera when it was never open. */
  setCamera(on: boolean): Promise<void>;
  shareScreen(on: boolean): Promise<void>;
  /** The clock stands: nothing is sent or played until it goes on. */
  setHeld(held: boolean): void;
  /** While it is recorded the media go through the server's relay; null or over: straight to the other side again. */
  followRecording(recording: { id: string; state: RecordingStage } | null): void;
  /** Only sound from here on (video to call), or both again. */
  setMode(mode: "call" | "video"): void;
  restart(): void;
  close(): void;
}

export interface CallEnvironment {
  live: LiveConnection;
  consultationId: string;
  /** The client is polite, the reader is not (the W3C pattern's roles). */
  isPolite: boolean;
  mode: "call" | "video";
  devices: Devices;
  /** From `consultation.join`, renewed with `media.renew`. */
  iceServers: () => Promise<RTCIceServer[]>;
  /** `relay`: the site keeps people's internet addresses from each other. Asked once `iceServers` has answered. */
  iceTransportPolicy: () => RTCIceTransportPolicy;
}

/**
 * The media of one consultation in this tab: joins what is sent, the path on which it goes, recovery, reports and
 * quality. Opened by the room once both people may talk; shows nothing itself.
 */
import { computed, effect, type ReadonlySignal, signal, untracked } from "@preact/signals";
import { type CallBrowser, callBrowser } from "./browser";
import { Outgoing } from "./outgoing";
import { DirectPath } from "./paths/direct";
import type { MediaPath, PathState, VideoLimits } from "./paths/path";
import { RelayPath } from "./paths/relay";
import { QualityMeter, UNKNOWN_QUALITY } from "./quality";
import { Recovery } from "./recovery";
import { RelaySwitch } from "./relay_switch";
import { REPORT_EVERY_MS, Reports } from "./reports";
import { findSafetyWords } from "./safety_words";
import { readStatistics, type Statistics } from "./statistics";
import type { Call, CallEnvironment, CallStage, Quality, RecordingStage } from "./types";

/** About what a face at 720 lines needs; a poor line gets a small picture so that the sound stays whole. */
const FULL_VIDEO: VideoLimits = { maxBitrate: 1_200_000, scaleDownBy: 1, maxFramerate: 30 };
const SMALL_VIDEO: VideoLimits = { maxBitrate: 300_000, scaleDownBy: 2, maxFramerate: 15 };

export function openCall(environment: CallEnvironment, browser: CallBrowser = callBrowser()): RoomCall {
  return new RoomCall(environment, browser);
}

export class RoomCall implements Call {
  readonly stage: ReadonlySignal<CallStage>;
  readonly remoteStream: ReadonlySignal<MediaStream | null>;
  readonly isRemoteVideoOn: ReadonlySignal<boolean>;
  readonly localVideo: ReadonlySignal<MediaStreamTrack | null>;
  readonly isMicrophoneOn: ReadonlySignal<boolean>;
  readonly isCameraOn: ReadonlySignal<boolean>;
  readonly isSharingScreen: ReadonlySignal<boolean>;
  readonly canShareScreen: boolean;
  readonly quality: ReadonlySignal<Quality>;
  readonly isThroughServer: ReadonlySignal<boolean>;
  readonly safetyWords: ReadonlySignal<readonly string[] | null>;

  private readonly outgoing: Outgoing;
  private readonly direct: DirectPath;
  private readonly active: ReturnType<typeof signal<MediaPath>>;
  private wanted: MediaPath;
  private readonly recovery: Recovery;
  private readonly relaySwitch: RelaySwitch;
  private readonly reports: Reports;
  private readonly meter = new QualityMeter();
  private readonly measured = signal<Quality>(UNKNOWN_QUALITY);
  private readonly words = signal<readonly string[] | null>(null);
  private readonly arePicturesArriving = signal(false);
  private readonly withVideo;
  private readonly held = signal(false);
  private readonly wasConnected = signal(false);
  private readonly closed = signal(false);
  private readonly stops: (() => void)[] = [];
  private recording: { id: string; state: RecordingStage } | null = null;
  private framesDecoded = 0;
  private limits = FULL_VIDEO;

  constructor(
    environment: CallEnvironment,
    private readonly browser: CallBrowser,
  ) {
    const { live, consultationId, isPolite, iceServers, iceTransportPolicy, devices, mode } = environment;
    this.outgoing = new Outgoing(devices, browser, mode);
    this.direct = new DirectPath({
      ...{ live, consultationId, isPolite, iceServers, iceTransportPolicy, browser },
      limits: this.limits,
      onReplaced: () => this.retire(),
    });
    this.active = signal<MediaPath>(this.direct);
    this.wanted = this.direct;
    this.recovery = new Recovery({
      ...{ path: this.direct, live, isPolite },
      onNetworkChange: (listener) => browser.onNetworkChange(listener),
    });
    this.reports = new Reports(live, consultationId);
    this.withVideo = signal(mode === "video");
    this.localVideo = this.outgoing.video;
    this.isMicrophoneOn = this.outgoing.isMicrophoneOn;
    this.isCameraOn = this.outgoing.isCameraOn;
    this.isSharingScreen = this.outgoing.isSharingScreen;
    this.canShareScreen = browser.captureScreen !== null;
    this.quality = this.measured;
    this.isThroughServer = computed(() => this.path !== this.direct);
    this.safetyWords = computed(() => (this.isThroughServer.value ? null : this.words.value));
    this.relaySwitch = new RelaySwitch({
      makePath: (withVideo) =>
        new RelayPath({ live, consultationId, iceServers, browser, withVideo, limits: this.limits }),
      sendThrough: (path) => this.sendThrough(path),
    });
    this.stage = computed(() => this.findStage());
    this.remoteStream = computed(() => {
      const tracks = this.path.remoteTracks.value;
      return tracks.length === 0 ? null : browser.makeStream(tracks);
    });
    this.isRemoteVideoOn = computed(() => {
      const isThere = this.withVideo.value && this.path.remoteTracks.value.some(({ kind }) => kind === "video");
      return isThere && (this.direct.peer.value?.companion.isRemoteVideoOn.value ?? this.arePicturesArriving.value);
    });
    this.begin();
  }

  setMicrophone(on: boolean): void {
    this.outgoing.setMicrophone(on);
  }

  setCamera(on: boolean): Promise<void> {
    return this.outgoing.setCamera(on);
  }

  shareScreen(on: boolean): Promise<void> {
    return this.outgoing.shareScreen(on);
  }

  setHeld(held: boolean): void {
    this.held.value = held;
    this.outgoing.setHeld(held);
  }

  setMode(mode: "call" | "video"): void {
    if (this.withVideo.peek() === (mode === "video")) return;
    this.withVideo.value = mode === "video";
    this.outgoing.setMode(mode);
    this.relaySwitch.follow(this.recording, mode === "video");
  }

  followRecording(recording: { id: string; state: RecordingStage } | null): void {
    if (this.closed.peek()) return;
    this.recording = recording;
    this.relaySwitch.follow(recording, this.withVideo.peek());
  }

  restart(): void {
    if (!this.closed.peek()) this.recovery.startOver();
  }

  /**
   * The media go on by another path (the server's relay) while the direct one stays up and sends nothing but whether
   * there is a picture; null goes back to it. Stage, reports, quality and what is shown follow the active path. Closing the other is its owner's.
   */
  async sendThrough(path: MediaPath | null): Promise<void> {
    const next = path ?? this.direct;
    if (this.wanted === next || this.closed.peek()) return;
    this.wanted = next;
    await Promise.all([
      next.setAudio(this.outgoing.audio.peek()),
      next.setVideo(this.outgoing.video.peek()),
      next.setVideoLimits(this.limits),
    ]);
    // Another way may have been chosen while this one was made ready.
    const isWanted = this.wanted === next && !this.closed.peek();
    const left = isWanted ? this.path : next;
    if (isWanted) {
      this.active.value = next;
      this.meter.reset();
    }
    if (left !== this.path) await Promise.all([left.setAudio(null), left.setVideo(null)]);
  }

  close(): void {
    if (this.closed.peek()) return;
    this.closed.value = true;
    this.reports.tellState("closed");
    for (const stop of this.stops.splice(0)) stop();
    this.relaySwitch.close();
    this.recovery.close();
    this.direct.close();
    this.outgoing.close();
  }

  private get path(): MediaPath {
    return this.active.value ?? this.direct;
  }

  private begin(): void {
    const timer = setInterval(() => void this.measure(), REPORT_EVERY_MS);
    this.stops.push(
      () => clearInterval(timer),
      effect(() => void this.path.setAudio(this.outgoing.audio.value).catch(() => undefined)),
      effect(() => void this.path.setVideo(this.outgoing.video.value).catch(() => undefined)),
      effect(() => this.direct.tellVideo(this.outgoing.video.value !== null)),
      effect(() => {
        const isHeard = !this.held.value;
        for (const track of this.path.remoteTracks.value) track.enabled = isHeard;
      }),
      effect(() => {
        const state = this.path.state.value;
        untracked(() => this.follow(state));
      }),
      effect(() => {
        const numbers = this.direct.peer.value?.companion.numbers.value ?? null;
        const isConnected = this.direct.state.value === "connected";
        untracked(() => void this.findWords(isConnected ? numbers : null));
      }),
    );
    this.recovery.start();
    void this.direct.start();
  }

  private follow(state: PathState): void {
    if (state === "connected") {
      this.wasConnected.value = true;
      void this.measure();
      return;
    }
    this.reports.tellState(state);
    this.meter.reset();
    this.measured.value = UNKNOWN_QUALITY;
  }

  /** The other side talks with another page of ours now; this one waits until somebody presses `restart`. */
  private retire(): void {
    this.recovery.giveUp();
    this.direct.retire();
  }

  private async measure(): Promise<void> {
    const { path } = this;
    const isConnected = () => path === this.path && path.state.peek() === "connected" && !this.closed.peek();
    if (!isConnected()) return;
    const report = await path.readStats().catch(() => null);
    if (report === null || !isConnected()) return;
    const statistics = readStatistics(report);
    this.reports.tellConnected(statistics);
    this.measured.value = this.meter.look(statistics, Date.now());
    this.watchPictures(statistics);
    this.adaptVideo();
  }

  private watchPictures({ framesDecoded }: Statistics): void {
    this.arePicturesArriving.value = framesDecoded > this.framesDecoded;
    this.framesDecoded = framesDecoded;
  }

  private adaptVideo(): void {
    const { level } = this.measured.peek();
    const limits = level === "poor" ? SMALL_VIDEO : level === "good" ? FULL_VIDEO : this.limits;
    if (limits === this.limits) return;
    this.limits = limits;
    void this.path.setVideoLimits(limits);
  }

  private async findWords(numbers: readonly [string, string] | null): Promise<void> {
    this.words.value = null;
    const connection = this.direct.peer.peek()?.connection;
    const localSdp = connection?.localDescription?.sdp;
    const remoteSdp = connection?.remoteDescription?.sdp;
    if (numbers === null || localSdp === undefined || remoteSdp === undefined) return;
    const words = await findSafetyWords({ localSdp, remoteSdp, numbers }, (text) => this.browser.digest(text));
    const isStill = this.direct.peer.peek()?.connection === connection && this.direct.state.peek() === "connected";
    if (isStill) this.words.value = words;
  }

  private findStage(): CallStage {
    if (this.closed.value) return "closed";
    const state = this.path.state.value;
    if (state === "connected") return "connected";
    if (this.recovery.isGivenUp.value) return "failed";
    if (this.wasConnected.value) return "reconnecting";
    return state === "new" ? "waiting" : "connecting";
  }
}

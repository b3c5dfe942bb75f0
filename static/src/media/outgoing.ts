/** What this tab sends: microphone or silence, camera or screen or nothing; all of it disabled while the clock stands. */
import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import type { CallBrowser, Silence } from "./browser";
import type { Devices } from "./types";

export class Outgoing {
  readonly isMicrophoneOn: ReadonlySignal<boolean>;
  readonly isCameraOn: ReadonlySignal<boolean>;
  readonly isSharingScreen: ReadonlySignal<boolean>;
  readonly audio: ReadonlySignal<MediaStreamTrack | null>;
  readonly video: ReadonlySignal<MediaStreamTrack | null>;

  private readonly microphoneOn = signal(true);
  private readonly cameraWanted;
  private readonly screen = signal<MediaStreamTrack | null>(null);
  private readonly held = signal(false);
  private readonly withVideo;
  private readonly silence = signal<Silence | null>(null);
  private readonly stops: (() => void)[] = [];
  private isClosed = false;

  constructor(
    private readonly devices: Devices,
    private readonly browser: CallBrowser,
    mode: "call" | "video",
  ) {
    this.withVideo = signal(mode === "video");
    this.cameraWanted = signal(mode === "video" && devices.camera.peek() !== null);
    this.isMicrophoneOn = this.microphoneOn;
    this.isSharingScreen = computed(() => this.screen.value !== null);
    const camera = computed(() => (this.withVideo.value && this.cameraWanted.value ? devices.camera.value : null));
    this.isCameraOn = computed(() => camera.value !== null);
    this.video = computed(() => this.screen.value ?? camera.value);
    this.audio = computed(() => devices.microphone.value ?? this.silence.value?.track ?? null);
    this.stops.push(
      effect(() => {
        if (devices.microphone.value === null) this.silence.value ??= browser.makeSilence();
      }),
      effect(() => {
        const track = devices.microphone.value;
        if (track !== null) track.enabled = this.microphoneOn.value && !this.held.value;
      }),
      effect(() => {
        const isShown = !this.held.value;
        for (const track of [devices.camera.value, this.screen.value]) if (track !== null) track.enabled = isShown;
      }),
    );
  }

  setMicrophone(on: boolean): void {
    this.microphoneOn.value = on;
  }

  async setCamera(on: boolean): Promise<void> {
    this.cameraWanted.value = on;
    if (!on) return this.devices.closeCamera();
    if (this.withVideo.peek() && this.devices.camera.peek() === null) {
      await this.devices.open({ camera: true, microphone: false });
    }
    // Switched off again, or closed, while the browser asked.
    if (!this.cameraWanted.peek() || this.isClosed) this.devices.closeCamera();
  }

  async shareScreen(on: boolean): Promise<void> {
    if (!on) return this.stopScreen();
    if (!this.withVideo.peek() || this.browser.captureScreen === null || this.screen.peek() !== null) return;
    // Whoever closes the browser's chooser has decided against it, which is no failure.
    const track = await this.browser.captureScreen().catch(() => null);
    if (track === null) return;
    if (this.isClosed || !this.withVideo.peek()) return track.stop();
    track.addEventListener("ended", () => {
      if (this.screen.peek() === track) this.screen.value = null;
    });
    this.stopScreen();
    this.screen.value = track;
  }

  setHeld(held: boolean): void {
    this.held.value = held;
  }

  /** A picture is never switched on by the other side: after "video" the camera is off until its owner turns it on. */
  setMode(mode: "call" | "video"): void {
    this.withVideo.value = mode === "video";
    if (mode === "video") return;
    this.stopScreen();
    this.cameraWanted.value = false;
    this.devices.closeCamera();
  }

  /** Leaves microphone and camera open and enabled, for whoever opened them. */
  close(): void {
    this.isClosed = true;
    this.stopScreen();
    for (const stop of this.stops.splice(0)) stop();
    for (const track of [this.devices.microphone.peek(), this.devices.camera.peek()]) {
      if (track !== null) track.enabled = true;
    }
    this.silence.peek()?.close();
  }

  private stopScreen(): void {
    this.screen.peek()?.stop();
    this.screen.value = null;
  }
}

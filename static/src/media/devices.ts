/** The cameras, microphones and speakers of this browser: permissions, choices that are remembered, loss and return. */
import { batch, type ReadonlySignal, signal } from "@preact/signals";
import { findPermissionState } from "./device_problems";
import { DeviceSlot, recall, remember } from "./device_slot";
import { watchLevel } from "./level_meter";
import { playTone } from "./test_tone";
import type { DeviceChoice, DeviceProblem, Devices } from "./types";

export interface DevicesEnvironment {
  browser: Window & typeof globalThis;
  storage: Storage;
}

export function openDevices(environment: DevicesEnvironment): Devices {
  return new BrowserDevices(environment);
}

class BrowserDevices implements Devices {
  readonly cameras: ReadonlySignal<readonly DeviceChoice[]>;
  readonly microphones: ReadonlySignal<readonly DeviceChoice[]>;
  readonly speakers: ReadonlySignal<readonly DeviceChoice[]>;
  readonly cameraId: ReadonlySignal<string | null>;
  readonly microphoneId: ReadonlySignal<string | null>;
  readonly speakerId: ReadonlySignal<string | null>;
  readonly cameraProblem: ReadonlySignal<DeviceProblem | null>;
  readonly microphoneProblem: ReadonlySignal<DeviceProblem | null>;
  readonly camera: ReadonlySignal<MediaStreamTrack | null>;
  readonly microphone: ReadonlySignal<MediaStreamTrack | null>;
  readonly level: ReadonlySignal<number>;

  private readonly found = {
    videoinput: signal<readonly DeviceChoice[]>([]),
    audioinput: signal<readonly DeviceChoice[]>([]),
    audiooutput: signal<readonly DeviceChoice[]>([]),
  };
  private readonly speaker;
  private readonly cameraSlot: DeviceSlot;
  private readonly microphoneSlot: DeviceSlot;
  private readonly mediaDevices: MediaDevices | null;
  private isListening = false;
  private readonly plugged = () => void this.devicesChanged();

  constructor(private readonly environment: DevicesEnvironment) {
    const { browser, storage } = environment;
    this.mediaDevices = browser.navigator.mediaDevices ?? null;
    const { permissions } = browser.navigator;
    const slot = this.mediaDevices === null ? null : { mediaDevices: this.mediaDevices, permissions, storage };
    this.cameraSlot = new DeviceSlot("camera", slot, storage);
    this.microphoneSlot = new DeviceSlot("microphone", slot, storage);
    this.speaker = signal(recall(storage, "speaker"));
    this.cameras = this.found.videoinput;
    this.microphones = this.found.audioinput;
    this.speakers = this.found.audiooutput;
    this.cameraId = this.cameraSlot.id;
    this.microphoneId = this.microphoneSlot.id;
    this.speakerId = this.speaker;
    this.cameraProblem = this.cameraSlot.problem;
    this.microphoneProblem = this.microphoneSlot.problem;
    this.camera = this.cameraSlot.track;
    this.microphone = this.microphoneSlot.track;
    this.level = watchLevel(
      this.microphone,
      () => (typeof browser.AudioContext === "function" ? new browser.AudioContext() : null),
      (track) => new browser.MediaStream([track]),
    );
  }

  async open(wish: { camera: boolean; microphone: boolean }): Promise<void> {
    const wanted = [
      ...(wish.microphone && !this.microphoneSlot.isOpen ? [this.microphoneSlot] : []),
      ...(wish.camera && !this.cameraSlot.isOpen ? [this.cameraSlot] : []),
    ];
    if (this.mediaDevices === null) {
      const problem = this.environment.browser.isSecureContext ? "not_supported" : "insecure_page";
      for (const slot of wanted) slot.fail(problem);
      return;
    }
    this.listen(this.mediaDevices);
    if (wanted.length === 2) await this.openBoth(this.mediaDevices);
    else await wanted[0]?.open();
    await this.enumerate();
  }

  async chooseCamera(id: string): Promise<void> {
    await this.cameraSlot.choose(id);
    await this.enumerate();
  }

  async chooseMicrophone(id: string): Promise<void> {
    await this.microphoneSlot.choose(id);
    await this.enumerate();
  }

  async chooseSpeaker(id: string): Promise<void> {
    this.speaker.value = id;
    remember(this.environment.storage, "speaker", id);
  }

  async playTestTone(): Promise<void> {
    const { browser } = this.environment;
    try {
      await playTone(browser, this.speaker.peek());
    } catch {
      // A remembered speaker that is gone: the usual one is better than silence, and silence says it all.
      await playTone(browser, null).catch(() => undefined);
    }
  }

  closeCamera(): void {
    this.cameraSlot.close();
  }

  close(): void {
    this.cameraSlot.close();
    this.microphoneSlot.close();
    this.mediaDevices?.removeEventListener("devicechange", this.plugged);
    this.isListening = false;
  }

  /** One question for both; when it fails, each is asked for alone where that can still help. */
  private async openBoth(mediaDevices: MediaDevices): Promise<void> {
    const { cameraSlot, microphoneSlot } = this;
    const wishes = { camera: cameraSlot.begin(), microphone: microphoneSlot.begin() };
    try {
      const stream = await mediaDevices.getUserMedia({
        video: cameraSlot.constraints(),
        audio: microphoneSlot.constraints(),
      });
      const [camera] = stream.getVideoTracks();
      const [microphone] = stream.getAudioTracks();
      batch(() => {
        if (camera !== undefined) cameraSlot.take(wishes.camera, camera);
        if (microphone !== undefined) microphoneSlot.take(wishes.microphone, microphone);
      });
    } catch (error) {
      await this.openEach(error, wishes);
    }
  }

  private async openEach(error: unknown, wishes: { camera: number; microphone: number }): Promise<void> {
    const isRefusal = error instanceof Error && error.name === "NotAllowedError";
    const { permissions } = this.environment.browser.navigator;
    const states = {
      camera: await findPermissionState("camera", permissions),
      microphone: await findPermissionState("microphone", permissions),
    };
    const isOneForbidden = (states.camera === "denied") !== (states.microphone === "denied");
    for (const slot of [this.microphoneSlot, this.cameraSlot]) {
      const state = states[slot.kind];
      // Whoever has just said no is not asked the same again, except for the device that was not the reason.
      const isWorthAsking = !isRefusal || state === "granted" || (isOneForbidden && state !== "denied");
      if (isWorthAsking) await slot.open();
      else await slot.refuse(wishes[slot.kind], error);
    }
  }

  private listen(mediaDevices: MediaDevices): void {
    if (this.isListening) return;
    this.isListening = true;
    mediaDevices.addEventListener("devicechange", this.plugged);
  }

  private async devicesChanged(): Promise<void> {
    await this.enumerate();
    const ids = (choices: readonly DeviceChoice[]) => choices.map(({ id }) => id);
    await Promise.all([
      this.cameraSlot.lookAgain(ids(this.cameras.peek())),
      this.microphoneSlot.lookAgain(ids(this.microphones.peek())),
    ]);
  }

  private async enumerate(): Promise<void> {
    const all = (await this.mediaDevices?.enumerateDevices().catch(() => null)) ?? null;
    if (all === null) return;
    const { HTMLMediaElement } = this.environment.browser;
    const canChooseSpeaker = typeof HTMLMediaElement?.prototype.setSinkId === "function";
    batch(() => {
      this.found.videoinput.value = choicesOf(all, "videoinput");
      this.found.audioinput.value = choicesOf(all, "audioinput");
      this.found.audiooutput.value = canChooseSpeaker ? choicesOf(all, "audiooutput") : [];
    });
  }
}

/** Before a permission is given browsers name no devices; Chromium lists one of them twice, as the one for talks. */
function choicesOf(devices: readonly MediaDeviceInfo[], kind: MediaDeviceKind): readonly DeviceChoice[] {
  return devices
    .filter((device) => device.kind === kind && device.deviceId !== "" && device.deviceId !== "communications")
    .map(({ deviceId, label }) => ({ id: deviceId, label }));
}

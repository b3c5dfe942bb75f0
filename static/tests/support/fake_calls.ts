/** Devices and calls that a test drives by hand, behind the interfaces that the pages know. */
import { signal } from "@preact/signals";
import { vi } from "vitest";
import type { Media } from "../../src/media/loading";
import type { Sound } from "../../src/media/sound";
import type { Call, CallEnvironment, CallStage, DeviceProblem, Quality } from "../../src/media/types";

export const silentSound = {
  isBlocked: signal(false),
  play: () => undefined,
  choose: () => Promise.resolve(),
  unblock: () => Promise.resolve(),
} as unknown as Sound;

const track = (kind: string) => ({ kind, stop: () => undefined }) as unknown as MediaStreamTrack;

/** `problems`: what happens when somebody opens the devices, until a test takes it away. */
export function fakeDevices(problems: { camera?: DeviceProblem; microphone?: DeviceProblem } = {}) {
  const camera = signal<MediaStreamTrack | null>(null);
  const microphone = signal<MediaStreamTrack | null>(null);
  const cameraProblem = signal<DeviceProblem | null>(null);
  const microphoneProblem = signal<DeviceProblem | null>(null);
  const devices = {
    camera,
    microphone,
    cameraProblem,
    microphoneProblem,
    cameras: signal([]),
    microphones: signal([
      { id: "m-1", label: "Built in" },
      { id: "m-2", label: "Headset" },
    ]),
    speakers: signal([]),
    cameraId: signal(null),
    microphoneId: signal("m-1"),
    speakerId: signal(null),
    level: signal(0.4),
    open: vi.fn(async (wish: { camera: boolean; microphone: boolean }) => {
      if (wish.camera) {
        cameraProblem.value = problems.camera ?? null;
        camera.value = problems.camera === undefined ? track("video") : null;
      }
      if (wish.microphone) {
        microphoneProblem.value = problems.microphone ?? null;
        microphone.value = problems.microphone === undefined ? track("audio") : null;
      }
    }),
    chooseCamera: vi.fn(async () => undefined),
    chooseMicrophone: vi.fn(async () => undefined),
    chooseSpeaker: vi.fn(async () => undefined),
    playTestTone: vi.fn(async () => undefined),
    closeCamera: vi.fn(() => {
      camera.value = null;
    }),
    close: vi.fn(() => {
      camera.value = null;
      microphone.value = null;
    }),
  };
  return devices;
}

export function fakeCall(environment: CallEnvironment) {
  const isMicrophoneOn = signal(true);
  const isCameraOn = signal(environment.devices.camera.peek() !== null);
  return {
    environment,
    stage: signal<CallStage>("connecting"),
    remoteStream: signal<MediaStream | null>(null),
    isRemoteVideoOn: signal(false),
    localVideo: signal(environment.devices.camera.peek()),
    isMicrophoneOn,
    isCameraOn,
    isSharingScreen: signal(false),
    canShareScreen: true,
    quality: signal<Quality>({
      level: "unknown",
      roundTripMs: null,
      lossPercent: null,
      receivedKbps: null,
      sentKbps: null,
      isRelayed: null,
    }),
    safetyWords: signal<readonly string[] | null>(null),
    setMicrophone: vi.fn((isOn: boolean) => {
      isMicrophoneOn.value = isOn;
    }),
    setCamera: vi.fn(async (isOn: boolean) => {
      isCameraOn.value = isOn;
    }),
    shareScreen: vi.fn(async () => undefined),
    setHeld: vi.fn(),
    setMode: vi.fn(),
    isThroughServer: signal(false),
    followRecording: vi.fn(),
    restart: vi.fn(),
    close: vi.fn(),
  } satisfies Call & { environment: CallEnvironment };
}

export type FakeCall = ReturnType<typeof fakeCall>;

/** `calls`: every one that was opened, the newest last. */
export function fakeMedia(devices: ReturnType<typeof fakeDevices>) {
  const calls: FakeCall[] = [];
  const media: Media = {
    devices,
    openCall: (environment) => {
      const call = fakeCall(environment);
      calls.push(call);
      return call;
    },
  };
  return { media, calls };
}

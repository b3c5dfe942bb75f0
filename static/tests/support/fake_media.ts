/** Tracks, streams and the rest of a browser's media that calls need, without devices. */
import { type Signal, signal } from "@preact/signals";
import type { CallBrowser } from "../../src/media/browser";
import type { DeviceProblem, Devices } from "../../src/media/types";

let tracksMade = 0;

export class FakeTrack extends EventTarget {
  readonly id = `track-${++tracksMade}`;
  enabled = true;
  readyState: "live" | "ended" = "live";

  constructor(
    readonly kind: "audio" | "video",
    readonly deviceId = "",
    readonly label = "",
  ) {
    super();
  }

  getSettings(): MediaTrackSettings {
    return { deviceId: this.deviceId };
  }

  stop(): void {
    this.readyState = "ended";
  }

  /** Unplugged, or stopped by the browser's own button. */
  end(): void {
    this.readyState = "ended";
    this.dispatchEvent(new Event("ended"));
  }
}

export class FakeStream {
  constructor(readonly tracks: readonly FakeTrack[]) {}

  getTracks(): readonly FakeTrack[] {
    return this.tracks;
  }

  getAudioTracks(): readonly FakeTrack[] {
    return this.tracks.filter((track) => track.kind === "audio");
  }

  getVideoTracks(): readonly FakeTrack[] {
    return this.tracks.filter((track) => track.kind === "video");
  }
}

export function asTrack(track: FakeTrack): MediaStreamTrack {
  return track as unknown as MediaStreamTrack;
}

/** Devices that a test opens and takes away by hand. */
export class FakeDevices {
  readonly camera: Signal<MediaStreamTrack | null>;
  readonly microphone: Signal<MediaStreamTrack | null>;
  readonly cameraProblem = signal<DeviceProblem | null>(null);
  opened = 0;

  constructor(open: { camera: boolean; microphone: boolean }) {
    this.camera = signal(open.camera ? asTrack(new FakeTrack("video")) : null);
    this.microphone = signal(open.microphone ? asTrack(new FakeTrack("audio")) : null);
  }

  async open(wish: { camera: boolean }): Promise<void> {
    this.opened += 1;
    if (wish.camera) this.camera.value ??= asTrack(new FakeTrack("video"));
  }

  closeCamera(): void {
    this.camera.peek()?.stop();
    this.camera.value = null;
  }

  asDevices(): Devices {
    return this as unknown as Devices;
  }
}

/** What a test does with one side's browser: its network changes, its screen is chosen or not. */
export class FakeBrowser {
  readonly networkListeners = new Set<() => void>();
  readonly silences: FakeTrack[] = [];
  screen: FakeTrack | null = null;

  constructor(private readonly connect: (configuration: RTCConfiguration) => RTCPeerConnection) {}

  changeNetwork(): void {
    for (const listener of this.networkListeners) listener();
  }

  asCallBrowser(): CallBrowser {
    return {
      connect: this.connect,
      makeSilence: () => {
        const track = new FakeTrack("audio");
        this.silences.push(track);
        return { track: asTrack(track), close: () => track.stop() };
      },
      makeBlank: () => asTrack(new FakeTrack("video")),
      makeStream: (tracks) => new FakeStream(tracks as unknown as FakeTrack[]) as unknown as MediaStream,
      captureScreen: async () => {
        if (this.screen === null) throw new DOMException("dismissed", "NotAllowedError");
        return asTrack(this.screen);
      },
      digest: async (text) => new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))),
      randomNumber: () => crypto.randomUUID().replaceAll("-", ""),
      onNetworkChange: (listener) => {
        this.networkListeners.add(listener);
        return () => void this.networkListeners.delete(listener);
      },
    };
  }
}

/** A browser with devices that a test plugs in and out, gives away and forbids. */
import type { DeviceKind } from "../../src/media/device_problems";
import { FakeStream, FakeTrack } from "./fake_media";

interface FakeDevice {
  kind: MediaDeviceKind;
  deviceId: string;
  label: string;
}

const KINDS = { video: "videoinput", audio: "audioinput" } as const;

export class FakeDeviceBrowser extends EventTarget {
  devices: FakeDevice[] = [
    { kind: "videoinput", deviceId: "front", label: "Front" },
    { kind: "videoinput", deviceId: "back", label: "Back" },
    { kind: "audioinput", deviceId: "built-in", label: "Built-in" },
    { kind: "audioinput", deviceId: "headset", label: "Headset" },
    { kind: "audiooutput", deviceId: "loud", label: "Loud" },
  ];
  readonly permission: Record<DeviceKind, PermissionState> = { camera: "granted", microphone: "granted" };
  /** Names of errors by device, or by kind for all of it. */
  readonly broken: Record<string, string> = {};
  readonly asked: MediaStreamConstraints[] = [];
  readonly open: FakeTrack[] = [];
  isSecureContext = true;
  hasMediaDevices = true;
  canChooseSpeaker = true;
  /** When set, questions stay open until it settles. */
  pause: Promise<void> | null = null;

  readonly mediaDevices = Object.assign(new EventTarget(), {
    getUserMedia: (constraints: MediaStreamConstraints) => this.getUserMedia(constraints),
    enumerateDevices: async () => this.devices,
  });

  asWindow(): Window & typeof globalThis {
    class HTMLMediaElement {}
    if (this.canChooseSpeaker) Object.assign(HTMLMediaElement.prototype, { setSinkId: () => undefined });
    const permissions = { query: async ({ name }: { name: DeviceKind }) => ({ state: this.permission[name] }) };
    return {
      isSecureContext: this.isSecureContext,
      navigator: this.hasMediaDevices ? { mediaDevices: this.mediaDevices, permissions } : {},
      HTMLMediaElement,
    } as unknown as Window & typeof globalThis;
  }

  unplug(deviceId: string): void {
    this.devices = this.devices.filter((device) => device.deviceId !== deviceId);
    for (const track of this.open) if (track.deviceId === deviceId && track.readyState === "live") track.end();
    this.mediaDevices.dispatchEvent(new Event("devicechange"));
  }

  plugIn(device: FakeDevice): void {
    this.devices = [...this.devices, device];
    this.mediaDevices.dispatchEvent(new Event("devicechange"));
  }

  private async getUserMedia(constraints: MediaStreamConstraints): Promise<FakeStream> {
    this.asked.push(constraints);
    await this.pause;
    const wanted = (["audio", "video"] as const).filter((name) => constraints[name] !== undefined);
    const tracks = wanted.map((name) => this.openOne(name, constraints[name] as MediaTrackConstraints));
    this.open.push(...tracks);
    return new FakeStream(tracks);
  }

  private openOne(name: "audio" | "video", { deviceId }: MediaTrackConstraints): FakeTrack {
    const kind = name === "video" ? "camera" : "microphone";
    const { ideal, exact } = (deviceId ?? {}) as { ideal?: string; exact?: string };
    const present = this.devices.filter((device) => device.kind === KINDS[name]);
    if (this.permission[kind] !== "granted") throw new DOMException("", "NotAllowedError");
    if (present.length === 0) throw new DOMException("", "NotFoundError");
    const named = present.find((device) => device.deviceId === (exact ?? ideal));
    if (exact !== undefined && named === undefined) throw new DOMException("", "OverconstrainedError");
    const device = named ?? present[0];
    const error = this.broken[device?.deviceId ?? ""] ?? this.broken[kind];
    if (error !== undefined) throw new DOMException("", error);
    return new FakeTrack(name, device?.deviceId, device?.label);
  }
}

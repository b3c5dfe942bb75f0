/** One kind of device, camera or microphone: what is open of it, what is remembered, and what is wrong with it. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { type DeviceKind, deviceProblem, findPermissionState } from "./device_problems";
import type { DeviceProblem } from "./types";

export interface SlotEnvironment {
  mediaDevices: MediaDevices;
  permissions: Permissions | undefined;
  storage: Storage;
}

const CONSTRAINTS: Record<DeviceKind, MediaTrackConstraints> = {
  camera: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } },
  microphone: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
};

export class DeviceSlot {
  private readonly currentTrack = signal<MediaStreamTrack | null>(null);
  private readonly currentId;
  private readonly currentProblem = signal<DeviceProblem | null>(null);
  /** Rises with each wish; what the browser answers to an earlier one is let go. */
  private wish = 0;
  /** Wanted but lost: opened again when it is plugged in. */
  private isMissed = false;

  constructor(
    readonly kind: DeviceKind,
    private readonly environment: SlotEnvironment | null,
    storage: Storage,
  ) {
    this.currentId = signal<string | null>(recall(storage, kind));
  }

  get track(): ReadonlySignal<MediaStreamTrack | null> {
    return this.currentTrack;
  }

  get id(): ReadonlySignal<string | null> {
    return this.currentId;
  }

  get problem(): ReadonlySignal<DeviceProblem | null> {
    return this.currentProblem;
  }

  get isOpen(): boolean {
    return this.currentTrack.peek()?.readyState === "live";
  }

  /** What to ask the browser for; the remembered device, or another where that is gone. */
  constraints(exactId?: string): MediaTrackConstraints {
    if (exactId !== undefined) return { ...CONSTRAINTS[this.kind], deviceId: { exact: exactId } };
    const id = this.currentId.peek();
    return id === null ? CONSTRAINTS[this.kind] : { ...CONSTRAINTS[this.kind], deviceId: { ideal: id } };
  }

  /** Announces a wish; the answer of the browser is given to `take` or `refuse` with it. */
  begin(): number {
    this.wish += 1;
    return this.wish;
  }

  take(wish: number, track: MediaStreamTrack): void {
    if (wish !== this.wish) return track.stop();
    this.currentTrack.peek()?.stop();
    this.isMissed = false;
    this.currentProblem.value = null;
    this.currentId.value = track.getSettings().deviceId ?? this.currentId.peek();
    track.addEventListener("ended", () => void this.lost(track));
    this.currentTrack.value = track;
  }

  async refuse(wish: number, error: unknown): Promise<void> {
    const permission = await findPermissionState(this.kind, this.environment?.permissions);
    if (wish !== this.wish) return;
    this.fail(deviceProblem(error, permission));
  }

  fail(problem: DeviceProblem): void {
    this.currentProblem.value = problem;
    this.isMissed = problem === "no_device" || problem === "device_lost";
  }

  async open(exactId?: string): Promise<void> {
    if (this.environment === null) return;
    const wish = this.begin();
    try {
      const wanted = this.constraints(exactId);
      const name = this.kind === "camera" ? "video" : "audio";
      const stream = await this.environment.mediaDevices.getUserMedia({ [name]: wanted });
      const [track] = stream.getTracks();
      if (track !== undefined) this.take(wish, track);
    } catch (error) {
      await this.refuse(wish, error);
    }
  }

  /** The former is closed first: some machines cannot open two at once. If the new one fails the former comes back. */
  async choose(id: string): Promise<void> {
    const before = this.currentTrack.peek();
    const formerId = before?.getSettings().deviceId;
    this.currentId.value = id;
    if (this.environment !== null) remember(this.environment.storage, this.kind, id);
    if (before === null && this.currentProblem.peek() === null) return;
    before?.stop();
    await this.open(id);
    const failure = this.currentProblem.peek();
    if (failure === null || this.isOpen) return;
    if (formerId !== undefined && formerId !== id) await this.open(formerId);
    if (this.isOpen) this.currentProblem.value = failure;
    else this.currentTrack.value = null;
  }

  /** Something was plugged in or out; a camera in use that was lost comes back only as itself. */
  async lookAgain(present: readonly string[]): Promise<void> {
    if (!this.isMissed || this.isOpen || present.length === 0) return;
    const isLostCamera = this.kind === "camera" && this.currentProblem.peek() === "device_lost";
    if (isLostCamera && !present.includes(this.currentId.peek() ?? "")) return;
    await this.open();
  }

  close(): void {
    this.wish += 1;
    this.isMissed = false;
    this.currentTrack.peek()?.stop();
    this.currentTrack.value = null;
    this.currentProblem.value = null;
  }

  /** Unplugged, or the permission was taken back. A call goes on with another microphone, never with another camera. */
  private async lost(track: MediaStreamTrack): Promise<void> {
    if (this.currentTrack.peek() !== track) return;
    this.currentTrack.value = null;
    const wish = this.begin();
    const permission = await findPermissionState(this.kind, this.environment?.permissions);
    if (wish !== this.wish) return;
    this.fail(permission === "denied" ? "permission_denied" : "device_lost");
    if (this.kind === "microphone" && permission !== "denied") await this.replaceLost();
  }

  private async replaceLost(): Promise<void> {
    await this.open();
    // That there is no other one either is less telling than that the one in use went away.
    if (this.currentProblem.peek() === "no_device") this.fail("device_lost");
  }
}

export function recall(storage: Storage, kind: DeviceKind | "speaker"): string | null {
  try {
    return storage.getItem(`soulseer.device.${kind}`);
  } catch {
    return null;
  }
}

export function remember(storage: Storage, kind: DeviceKind | "speaker", id: string): void {
  try {
    storage.setItem(`soulseer.device.${kind}`, id);
  } catch {
    // A full or forbidden store only means that the choice is asked for again.
  }
}

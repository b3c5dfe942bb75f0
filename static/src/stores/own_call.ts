/**
 * The sound and picture of the running consultation in this tab: readied before, opened once both may talk, held
 * while the clock stands, closed with the consultation. It lives on while other pages of the app are looked at.
 */
import { effect, type ReadonlySignal, signal, untracked } from "@preact/signals";
import type { Resources } from "../api/resources";
import type { LiveConnection } from "../live/connection";
import { watchLastingLoss } from "../live/lasting_loss";
import type { LoadMedia, Media } from "../media/loading";
import type { Sound } from "../media/sound";
import type { Call } from "../media/types";
import type { Consultation } from "../protocol";
import { isClockStanding } from "../rooms/clock";
import type { CallMemory, OpenDevices } from "./call_memory";
import type { LiveConsultation } from "./live_consultation";
import { Relays, type RelaysTold } from "./relays";
import { watchForTakeover } from "./takeover";

export interface OwnCallEnvironment {
  live: LiveConnection;
  resources: Resources;
  liveConsultation: LiveConsultation;
  ownId: () => string | undefined;
  loadMedia: LoadMedia;
  makeSound: () => Sound;
  memory: CallMemory;
  /** Tells this browser's other tabs that one of them took a call over. */
  channel: BroadcastChannel | null;
  /** Of this tab's devices: a livestream is sent from them, so that leaving a room does not close them. */
  areDevicesNeeded: () => boolean;
}

export class OwnCall {
  private readonly currentMedia = signal<Media | null>(null);
  private readonly currentCall = signal<Call | null>(null);
  private readonly readyId = signal<string | null>(null);
  private readonly currentSound = signal<Sound | null>(null);
  private readonly held = signal(true);
  private loading: Promise<Media> | null = null;
  private consultation: Consultation | null = null;
  private stopsOfCall: (() => void)[] = [];
  private open: OpenDevices = { camera: true, microphone: true };
  private wish: { consultationId: string; mode: "call" | "video" } | null = null;
  private isListening = false;
  private isOpening = false;
  private isSocketLost = false;

  private readonly relays: Relays;

  constructor(private readonly environment: OwnCallEnvironment) {
    this.relays = new Relays(environment.live);
  }

  get media(): ReadonlySignal<Media | null> {
    return this.currentMedia;
  }

  get call(): ReadonlySignal<Call | null> {
    return this.currentCall;
  }

  get isHeld(): ReadonlySignal<boolean> {
    return this.held;
  }

  get sound(): ReadonlySignal<Sound | null> {
    return this.currentSound;
  }

  /** Whether this tab is to carry, or carries, the media of this consultation. */
  isReady(consultationId: string): boolean {
    return this.readyId.value === consultationId;
  }

  get memory(): CallMemory {
    return this.environment.memory;
  }

  start(): () => void {
    const { live, liveConsultation, channel } = this.environment;
    const stops = [
      effect(() => {
        const consultation = liveConsultation.value.value;
        untracked(() => this.follow(consultation));
      }),
      watchLastingLoss(live.state, (isLost) => {
        this.isSocketLost = isLost;
        this.hold();
      }),
    ];
    const hear = (event: MessageEvent) => this.hearOtherTab(event.data);
    channel?.addEventListener("message", hear);
    return () => {
      for (const stop of stops) stop();
      channel?.removeEventListener("message", hear);
      this.forget();
    };
  }

  /** Loads the engine; asks for nothing. */
  prepare(): Promise<Media> {
    this.loading ??= this.environment.loadMedia().then(
      (media) => {
        this.currentMedia.value = media;
        return media;
      },
      (error: unknown) => {
        this.loading = null;
        throw error;
      },
    );
    return this.loading;
  }

  /** The check is done: from here on the call opens by itself as soon as both may talk. */
  join(consultationId: string, open: OpenDevices, isListening = false): void {
    this.environment.channel?.postMessage({ takenOver: consultationId });
    this.keepOpen(consultationId, open);
    // Somebody without a microphone may still listen, and write.
    this.isListening = isListening;
    this.readyId.value = consultationId;
    this.followNewest();
  }

  /** The visitor pressed for more (or suggested it): once it is so, their own sound and picture follow by themselves. */
  wishFor(consultationId: string, mode: "call" | "video"): void {
    this.wish = { consultationId, mode };
  }

  setMicrophone(isOn: boolean): void {
    this.currentCall.peek()?.setMicrophone(isOn);
    this.keepOpen(this.readyId.peek(), { ...this.open, microphone: isOn });
  }

  async setCamera(isOn: boolean): Promise<void> {
    await this.currentCall.peek()?.setCamera(isOn);
    this.keepOpen(this.readyId.peek(), { ...this.open, camera: isOn });
  }

  /** `consultation.join` was answered: the server lets us signal, and said where relays are. */
  tellJoined(consultationId: string, joined: RelaysTold): void {
    this.relays.tell(consultationId, joined);
    this.followNewest();
  }

  /** Lets the call go without ending anything: another tab or device has it now. */
  release(): void {
    this.environment.memory.forgetJoined();
    this.letGo();
  }

  /** The room's page is closed; a call that runs, or is ready to, stays unless it is over. */
  leave(consultationId: string, { isOver = false } = {}): void {
    if (this.readyId.peek() !== consultationId) this.closeDevices();
    else if (isOver) this.release();
  }

  /** Somebody else logs in, or the page was just loaded; what the tab remembers is of a consultation and stays. */
  forget(): void {
    this.letGo();
    this.relays.forget();
    this.consultation = null;
  }

  private letGo(): void {
    this.readyId.value = null;
    this.closeCall();
    this.closeDevices();
  }

  private closeDevices(): void {
    if (!this.environment.areDevicesNeeded()) this.currentMedia.peek()?.devices.close();
  }

  private keepOpen(consultationId: string | null, open: OpenDevices): void {
    this.open = open;
    if (consultationId !== null) this.environment.memory.keepJoined(consultationId, open);
  }

  private followNewest(): void {
    this.follow(this.environment.liveConsultation.value.peek());
  }

  private follow(consultation: Consultation | null): void {
    const before = this.consultation;
    this.consultation = consultation;
    if (consultation !== null) this.grantWish(consultation);
    if (consultation === null || consultation.mode === "chat" || consultation.id !== this.readyId.peek()) {
      const wasOurs = before !== null && before.id === this.readyId.peek();
      // Over, or gone on by chat: nobody looks into a camera that shows nobody anything, and the way back is one's own.
      if (wasOurs) this.release();
      else this.closeCall();
      return;
    }
    if (consultation.status !== "in_progress" || !this.relays.areKnown(consultation.id)) return;
    const call = this.currentCall.peek() ?? this.openCall(consultation);
    call?.setMode(consultation.mode);
    call?.followRecording(consultation.recording);
    this.hold();
  }

  /** What the other side raises opens nothing here; what was pressed here goes on without another press. */
  private grantWish({ id, mode }: Consultation): void {
    if (this.wish?.consultationId !== id || this.wish.mode !== mode) return;
    this.wish = null;
    if (this.readyId.peek() !== id) return this.join(id, this.open, this.isListening);
    const call = this.currentCall.peek();
    if (call === null || mode !== "video" || !this.open.camera) return;
    call.setMode("video");
    void call.setCamera(true);
  }

  private openCall(consultation: Consultation): Call | null {
    const media = this.currentMedia.peek();
    if (consultation.mode === "chat") return null;
    if (media === null || (media.devices.microphone.peek() === null && !this.isListening)) {
      void this.openDevices(consultation);
      return null;
    }
    // Its packets are counted from nothing again, which the server believes only after a loss.
    const { live } = this.environment;
    live.hint("media.report", { consultation_id: consultation.id, state: "disconnected" });
    const call = media.openCall({
      live,
      consultationId: consultation.id,
      isPolite: consultation.client.id === this.environment.ownId(),
      mode: consultation.mode,
      devices: media.devices,
      iceServers: () => this.relays.iceServers(consultation.id),
      iceTransportPolicy: () => this.relays.policy(consultation.id),
    });
    call.setMicrophone(this.open.microphone);
    this.currentCall.value = call;
    this.playThrough(media, call);
    return call;
  }

  /** They were closed: the page was loaded again, or a chat lies between. */
  private async openDevices(consultation: Consultation): Promise<void> {
    if (this.isOpening) return;
    this.isOpening = true;
    try {
      const { devices } = await this.prepare();
      await devices.open({ camera: consultation.mode === "video" && this.open.camera, microphone: true });
      // Without a microphone the check is shown again, which says why.
      if (devices.microphone.peek() === null) this.readyId.value = null;
    } catch {
      this.readyId.value = null;
    } finally {
      this.isOpening = false;
    }
    this.followNewest();
  }

  private playThrough(media: Media, call: Call): void {
    const sound = this.currentSound.peek() ?? this.environment.makeSound();
    this.currentSound.value = sound;
    this.stopsOfCall = [
      effect(() => sound.play(call.remoteStream.value)),
      effect(() => void sound.choose(media.devices.speakerId.value)),
      watchForTakeover(call, {
        isTakenOver: () => this.isTakenOver(),
        onTakenOver: () => this.currentCall.peek() === call && this.release(),
      }),
    ];
  }

  private closeCall(): void {
    for (const stop of this.stopsOfCall.splice(0)) stop();
    this.currentCall.peek()?.close();
    this.currentCall.value = null;
    this.currentSound.peek()?.play(null);
  }

  /** While the clock stands nothing is sent or played, so that nobody talks unpaid and nobody pays for silence. */
  private hold(): void {
    const { consultation } = this;
    if (consultation === null) return;
    this.held.value = isClockStanding(consultation) || this.isSocketLost;
    this.currentCall.peek()?.setHeld(this.held.peek());
  }

  /** The server goes on counting our media as connected although these are not, and it was told so. */
  private async isTakenOver(): Promise<boolean> {
    const { live, resources } = this.environment;
    const id = this.consultation?.id;
    if (id === undefined || live.state.peek() !== "connected") return false;
    const fresh = await resources.consultation(id).catch(() => null);
    return fresh !== null && this.ownMediaOf(fresh) === "connected";
  }

  ownMediaOf(consultation: Consultation): Consultation["client_media"] {
    const isClient = consultation.client.id === this.environment.ownId();
    return isClient ? consultation.client_media : consultation.reader_media;
  }

  private hearOtherTab(message: unknown): void {
    const id = this.readyId.peek();
    if (id === null || typeof message !== "object" || message === null) return;
    if ((message as { takenOver?: unknown }).takenOver === id) this.release();
  }
}

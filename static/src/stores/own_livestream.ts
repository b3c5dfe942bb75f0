/**
 * The one livestream of this reader that is live, wherever in the app they are, and its publisher if this tab has it:
 * begun in the studio, it goes on while other pages are looked at, and after a reload.
 */
import { effect, type ReadonlySignal, signal, untracked } from "@preact/signals";
import type { Resources } from "../api/resources";
import type { LiveConnection } from "../live/connection";
import { LIVESTREAM_STATE_EVENTS, type Livestream } from "../livestreams/protocol";
import type { Publisher, PublishingStage } from "../livestreams/publishing";
import type { OpenPublisher } from "../livestreams/publishing_engine";
import type { LivestreamRoom } from "../livestreams/room";
import type { LoadMedia } from "../media/loading";
import { findPermission } from "../media/permission";
import type { OpenDevices } from "./call_memory";
import type { Published, PublishingMemory } from "./publishing_memory";

export interface OwnLivestreamEnvironment {
  live: LiveConnection;
  resources: Resources;
  /** Of a logged-in reader; others have none. */
  readerId: () => string | undefined;
  loadMedia: LoadMedia;
  loadPublisher: () => Promise<OpenPublisher>;
  /** The reader is in the livestream, too: what is said and given, without its picture. */
  openRoom: (livestreamId: string) => Promise<LivestreamRoom>;
  memory: PublishingMemory;
  /** Tells this browser's other tabs that one of them took the publishing over. */
  channel: BroadcastChannel | null;
}

/** Where the site's answer does not say. */
const MAXIMUM_KBPS = 1_500;
const SENDING: ReadonlySet<PublishingStage> = new Set(["starting", "live", "reconnecting"]);

export class OwnLivestream {
  private readonly current = signal<Livestream | null>(null);
  private readonly over = signal<Livestream | null>(null);
  private readonly known = signal(false);
  private readonly currentPublisher = signal<Publisher | null>(null);
  private readonly currentRoom = signal<LivestreamRoom | null>(null);
  private stopsOfRoom: (() => void)[] = [];

  /** Made, and not begun yet: the next try begins it instead of making another one. */
  prepared: Livestream | null = null;
  private publishedId: string | null = null;

  constructor(private readonly environment: OwnLivestreamEnvironment) {}

  /** Null: none is live. */
  get value(): ReadonlySignal<Livestream | null> {
    return this.current;
  }

  /** The one that ended while this tab was open, until its summary is closed. */
  get ended(): ReadonlySignal<Livestream | null> {
    return this.over;
  }

  /** The server was asked. */
  get isKnown(): ReadonlySignal<boolean> {
    return this.known;
  }

  /** Null: this tab publishes nothing. */
  get publisher(): ReadonlySignal<Publisher | null> {
    return this.currentPublisher;
  }

  /** Chat and gifts of the one that is live; null until it was joined. */
  get room(): ReadonlySignal<LivestreamRoom | null> {
    return this.currentRoom;
  }

  /** Devices are in use by it. */
  get isSending(): boolean {
    return SENDING.has(this.currentPublisher.peek()?.stage.peek() ?? "idle");
  }

  start(): () => void {
    const { live, channel } = this.environment;
    const stops = [
      ...LIVESTREAM_STATE_EVENTS.map((name) => live.on(name, ({ livestream }) => this.hear(livestream))),
      live.on("livestream.taken_over", ({ livestream_id, publishing_id }) => {
        if (livestream_id === this.publishedId) this.currentPublisher.peek()?.hearTakeover(publishing_id);
      }),
      // Begun or ended through another device, whose events only come to who has joined.
      live.on("reader.status_changed", ({ reader_id }) => {
        if (reader_id === this.environment.readerId()) void this.reload();
      }),
      live.onConnect(() => void this.reload()),
      effect(() => {
        const id = this.current.value?.id ?? null;
        untracked(() => void this.enter(id));
      }),
      effect(() => {
        const stage = this.currentPublisher.value?.stage.value;
        if (stage !== undefined && SENDING.has(stage)) return warnBeforeLeaving();
        if (stage === "taken_over" || stage === "ended" || stage === "paused") untracked(() => this.letDevicesGo());
        return undefined;
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

  /** Takes a snapshot from an event or an answer; an older one than what is known is ignored. */
  hear(livestream: Livestream): void {
    this.take(livestream);
    const room = this.currentRoom.peek();
    if (room?.livestreamId === livestream.id) room.tellSnapshot(livestream);
  }

  async reload(): Promise<void> {
    const readerId = this.environment.readerId();
    if (readerId === undefined) return;
    const { resources, memory } = this.environment;
    try {
      const { items } = await resources.listLivestreams({ status: "live", reader_id: readerId }, null);
      const before = this.current.peek();
      const [now] = items;
      if (now !== undefined) this.hear(now);
      else if (before !== null) this.hear(await resources.livestream(before.id));
      this.known.value = true;
      if (now !== undefined && memory.read(now.id) !== null) await this.comeBack(now);
    } catch {
      // Asked again at the next connect; until then what is known stands.
      this.known.value = true;
    }
  }

  /** Publishes from this tab: the first time it makes the livestream live, later it takes the publishing over. */
  async publish(
    livestreamId: string,
    open: OpenDevices,
    more: { isGoingOn?: boolean; resumedId?: string | null } = {},
  ): Promise<void> {
    const { live, loadMedia, loadPublisher, memory, channel } = this.environment;
    const [{ devices }, openPublisher] = await Promise.all([loadMedia(), loadPublisher()]);
    await devices.open({ camera: open.camera, microphone: true });
    this.over.value = null;
    this.closePublisher();
    const publisher = openPublisher({
      live,
      livestreamId,
      devices,
      maxKbps: MAXIMUM_KBPS,
      onSnapshot: (livestream) => this.hear(livestream),
      onPublishing: (publishingId) => this.keep({ publishingId }),
    });
    publisher.outgoing.setMicrophone(open.microphone);
    this.publishedId = livestreamId;
    this.currentPublisher.value = publisher;
    channel?.postMessage({ takenOver: livestreamId });
    memory.keep(livestreamId, { ...open, publishingId: more.resumedId ?? null });
    publisher.start(more);
  }

  /** After a pause, a reload, or from another tab or device. */
  async goOn(): Promise<void> {
    const livestream = this.current.peek();
    if (livestream === null) return;
    const { camera, microphone } = this.environment.memory.read(livestream.id) ?? { camera: true, microphone: true };
    await this.publish(livestream.id, { camera, microphone }, { isGoingOn: true });
  }

  async pause(): Promise<void> {
    const livestream = this.current.peek();
    if (livestream === null) return;
    this.hear((await this.environment.live.send("livestream.pause", { livestream_id: livestream.id })).livestream);
  }

  async end(): Promise<void> {
    const livestream = this.current.peek();
    if (livestream === null) return;
    this.hear((await this.environment.live.send("livestream.end", { livestream_id: livestream.id })).livestream);
  }

  setMicrophone(isOn: boolean): void {
    this.currentPublisher.peek()?.outgoing.setMicrophone(isOn);
    this.keep({ microphone: isOn });
  }

  async setCamera(isOn: boolean): Promise<void> {
    await this.currentPublisher.peek()?.outgoing.setCamera(isOn);
    this.keep({ camera: isOn });
  }

  /** The beginning failed and is given up. */
  giveUp(): void {
    this.environment.memory.forget();
    this.closePublisher();
  }

  closeSummary(): void {
    this.over.value = null;
  }

  /** Somebody else logs in; what the tab remembers is of a livestream and stays. */
  forget(): void {
    if (this.currentPublisher.peek() !== null) this.letDevicesGo();
    this.closePublisher();
    this.current.value = null;
    this.over.value = null;
    this.prepared = null;
    this.known.value = false;
  }

  private take(livestream: Livestream): void {
    const known = this.current.peek();
    if (livestream.reader.id !== this.environment.readerId()) return;
    if (known?.id === livestream.id && known.version > livestream.version) return;
    if (this.prepared?.id === livestream.id && livestream.status !== "scheduled") this.prepared = null;
    if (livestream.status === "live") this.current.value = livestream;
    else if (known?.id === livestream.id) {
      this.current.value = null;
      if (livestream.status === "ended") this.over.value = livestream;
    }
    if (this.publishedId === livestream.id) this.currentPublisher.peek()?.follow(livestream);
  }

  /** The page was loaded anew in the tab that published: it goes on without a press, where nothing has to be asked. */
  private async comeBack(livestream: Livestream): Promise<void> {
    const open = this.environment.memory.read(livestream.id);
    if (open === null || this.currentPublisher.peek() !== null || livestream.pause_reason === "private") return;
    const { camera, microphone, publishingId } = open;
    if ((await findPermission(camera ? ["microphone", "camera"] : ["microphone"])) !== "granted") return;
    await this.publish(livestream.id, { camera, microphone }, { isGoingOn: true, resumedId: publishingId });
  }

  private async enter(livestreamId: string | null): Promise<void> {
    if ((this.currentRoom.peek()?.livestreamId ?? null) === livestreamId) return;
    for (const stop of this.stopsOfRoom.splice(0)) stop();
    this.currentRoom.peek()?.close();
    this.currentRoom.value = null;
    if (livestreamId === null) return;
    const room = await this.environment.openRoom(livestreamId).catch(() => null);
    if (room === null || this.current.peek()?.id !== livestreamId || this.currentRoom.peek() !== null) return;
    room.open();
    this.currentRoom.value = room;
    // Viewers and gifts are counted there.
    this.stopsOfRoom = [
      effect(() => {
        const livestream = room.snapshot.value;
        if (livestream !== null) untracked(() => this.take(livestream));
      }),
    ];
  }

  private keep(part: Partial<Published>): void {
    const { memory } = this.environment;
    const kept = this.publishedId === null ? null : memory.read(this.publishedId);
    if (this.publishedId !== null && kept !== null) memory.keep(this.publishedId, { ...kept, ...part });
  }

  private closePublisher(): void {
    this.currentPublisher.peek()?.close();
    this.currentPublisher.value = null;
    this.publishedId = null;
  }

  private letDevicesGo(): void {
    void this.environment.loadMedia().then(({ devices }) => devices.close());
  }

  private hearOtherTab(message: unknown): void {
    if (typeof message !== "object" || message === null || this.publishedId === null) return;
    if ((message as { takenOver?: unknown }).takenOver === this.publishedId) this.takenOver();
  }

  private takenOver(): void {
    this.environment.memory.forget();
    this.currentPublisher.peek()?.rest("taken_over");
  }
}

/** The browser asks whoever closes the page of a livestream that is being published from it. */
function warnBeforeLeaving(): () => void {
  const warn = (event: BeforeUnloadEvent) => event.preventDefault();
  window.addEventListener("beforeunload", warn);
  return () => window.removeEventListener("beforeunload", warn);
}

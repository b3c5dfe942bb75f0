/**
 * The publisher of one livestream in this tab: sends the devices' sound and picture to the engine, begins anew by itself
 * whenever they are lost, and says where that stands. It ends nothing: that the livestream goes on is the server's to say.
 */
import { effect, type ReadonlySignal, signal, untracked } from "@preact/signals";
import { Problem } from "../api/problems";
import type { LiveConnection } from "../live/connection";
import type { CallBrowser } from "../media/browser";
import { Outgoing } from "../media/outgoing";
import type { Devices } from "../media/types";
import type { Card } from "./card";
import { PictureSize } from "./picture_size";
import type { Livestream } from "./protocol";
import { PublishingConnection } from "./publishing_connection";
import { type Refusal, refusalOf } from "./refusals";
import { readSent, SentMeter, type SentQuality, UNKNOWN_SENT } from "./sent_quality";

export type PublishingStage =
  | "idle"
  | "starting"
  | "live"
  /** Was live; it begins anew by itself. */
  | "reconnecting"
  /** Let go for a private consultation. */
  | "paused"
  /** Another tab or device of the reader's publishes now. */
  | "taken_over"
  | "ended"
  /** `refusal` says why, and `restart()` tries again. */
  | "failed";

export interface PublishingEnvironment {
  live: Pick<LiveConnection, "send" | "onConnect" | "state">;
  livestreamId: string;
  devices: Devices;
  browser: CallBrowser;
  makeCard: () => Card;
  /** What to stay below where the site's answer does not say. */
  maxKbps: number;
  onSnapshot: (livestream: Livestream) => void;
  /** The server's number of this page's publishing, to be kept over a reload. */
  onPublishing: (publishingId: string) => void;
}

/** What begins anew at once the first time, then ever later. */
const RETRY_MS = [0, 500, 1_000, 2_000, 4_000, 8_000] as const;
/** A beginning that nobody answers for is given up after so many tries; what was live is tried on and on. */
const FIRST_TRIES = 4;
const ANSWER_WITHIN_MS = 10_000;
const CONNECT_WITHIN_MS = 8_000;
/** "disconnected" often mends itself within this time. */
const DISCONNECTED_FOR_MS = 2_500;
/** Another device that took over is told within this time. */
const LOST_FOR_MS = 1_000;
/** The server says that nothing of ours arrives: it may be late to notice that something does. */
const MISSED_FOR_MS = 5_000;
const LOOK_EVERY_MS = 2_000;

export class Publisher {
  readonly outgoing: Outgoing;
  private readonly currentStage = signal<PublishingStage>("idle");
  private readonly currentRefusal = signal<Refusal | null>(null);
  private readonly currentQuality = signal<SentQuality>(UNKNOWN_SENT);
  private readonly size: PictureSize;
  private readonly meter = new SentMeter();
  private readonly stops: (() => void)[] = [];
  private card: Card | null = null;
  private connection: PublishingConnection | null = null;
  private mediaId: string | null = null;
  private publishingId: string | null = null;
  /** Told while a try of ours was under way: whether it is ours is known with the answer. */
  private toldId: string | null = null;
  /** The server has no media of ours, or has them elsewhere. */
  private isMissed = false;
  private isAsking = false;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private tries = 0;
  private wasLive = false;

  constructor(private readonly environment: PublishingEnvironment) {
    const { browser, devices, live, maxKbps } = environment;
    this.outgoing = new Outgoing(devices, browser, "video");
    this.size = new PictureSize(maxKbps);
    const looking = setInterval(() => void this.look(), LOOK_EVERY_MS);
    this.stops.push(
      effect(() => {
        const tracks = { audio: this.outgoing.audio.value, video: this.outgoing.video.value };
        const isScreen = this.outgoing.isSharingScreen.value;
        untracked(() => void this.connection?.send(this.withCard(tracks), isScreen).catch(() => undefined));
      }),
      live.onConnect(() => this.socketCameBack()),
      browser.onNetworkChange(() => this.networkChanged()),
      () => clearInterval(looking),
    );
  }

  get stage(): ReadonlySignal<PublishingStage> {
    return this.currentStage;
  }

  get refusal(): ReadonlySignal<Refusal | null> {
    return this.currentRefusal;
  }

  get quality(): ReadonlySignal<SentQuality> {
    return this.currentQuality;
  }

  get canShareScreen(): boolean {
    return this.environment.browser.captureScreen !== null;
  }

  /**
   * Also the way to try again after a failure, and to take the publishing back from another device. `resumedId`: this
   * page goes on by itself, and only where no other has begun since.
   */
  start({ isGoingOn = false, resumedId = null as string | null } = {}): void {
    this.wasLive ||= isGoingOn;
    this.publishingId = resumedId;
    this.toldId = null;
    this.tries = 0;
    this.currentRefusal.value = null;
    this.currentStage.value = this.wasLive ? "reconnecting" : "starting";
    this.tryIn(0);
  }

  /** What the server says of the livestream; from events, answers and looks. */
  follow(livestream: Livestream): void {
    const { status, is_paused, pause_reason, media_id } = livestream;
    if (status === "ended" || status === "cancelled") return this.rest("ended");
    if (status !== "live" || !this.isAtIt) return;
    if (is_paused && pause_reason === "private") return this.rest("paused");
    const isElsewhere = media_id !== this.mediaId;
    this.isMissed = is_paused || isElsewhere;
    if (!this.isMissed || this.currentStage.peek() !== "live" || this.timer !== null) return;
    this.tryIn(isElsewhere ? LOST_FOR_MS : MISSED_FOR_MS, () => this.isMissed && this.again());
  }

  /** The server says which page of the reader's publishes from now on. */
  hearTakeover(publishingId: string): void {
    if (!this.isAtIt) return;
    if (this.isAsking) this.toldId = publishingId;
    else if (this.publishingId !== null && publishingId !== this.publishingId) this.rest("taken_over");
  }

  /** Nothing is sent any more, and nothing is tried: said of a pause, an end, or another device that took over. */
  rest(stage: "paused" | "taken_over" | "ended"): void {
    this.cancelTimer();
    this.letGo();
    this.currentStage.value = stage;
  }

  /** Leaves microphone and camera open, for whoever opened them. */
  close(): void {
    this.cancelTimer();
    this.letGo();
    for (const stop of this.stops.splice(0)) stop();
    this.outgoing.close();
    this.card?.close();
  }

  private get isAtIt(): boolean {
    return ["starting", "live", "reconnecting"].includes(this.currentStage.peek());
  }

  private async tryNow(): Promise<void> {
    const { live, livestreamId, browser, maxKbps, onSnapshot, onPublishing } = this.environment;
    // The socket's return starts the next try.
    if (live.state.peek() !== "connected") return;
    this.letGo();
    this.tries += 1;
    const isScreen = this.outgoing.isSharingScreen.peek();
    const tracks = this.withCard({ audio: this.outgoing.audio.peek(), video: this.outgoing.video.peek() });
    const limits = { maxKbps, pixels: this.size.pixels, isScreen };
    const connection = new PublishingConnection(browser, tracks, limits, (state) => this.hear(connection, state));
    this.connection = connection;
    try {
      const sdp = await connection.offer();
      if (this.connection !== connection) return;
      const resumed = this.publishingId === null ? {} : { publishing_id: this.publishingId };
      const payload = { livestream_id: livestreamId, description: { type: "offer" as const, sdp }, ...resumed };
      this.isAsking = true;
      const answer = await live.send("livestream.start", payload, { deadlineMs: ANSWER_WITHIN_MS, isOnce: true });
      if (this.connection !== connection) return;
      this.isAsking = false;
      this.publishingId = answer.publishing_id;
      if (this.toldId !== null && this.toldId !== answer.publishing_id) return this.rest("taken_over");
      onPublishing(answer.publishing_id);
      this.mediaId = answer.livestream.media_id;
      onSnapshot(answer.livestream);
      await connection.take(answer.description.sdp);
      this.size.limitTo(connection.maxKbps);
      await connection.resize(this.size.pixels);
      if (this.connection === connection && connection.state !== "connected") {
        this.tryIn(CONNECT_WITHIN_MS, () => this.again());
      }
    } catch (error) {
      if (this.connection === connection) this.refused(error);
    }
  }

  private refused(error: unknown): void {
    // What is no refusal is the browser's own: an answer that it does not understand.
    const refusal = error instanceof Problem ? refusalOf(error) : "not_understood";
    const isWorthTrying = refusal === null || (refusal === "full" && this.wasLive);
    this.letGo();
    if (refusal === "ended" || refusal === "taken_over") return this.rest(refusal);
    if (isWorthTrying && (this.wasLive || this.tries < FIRST_TRIES)) return this.again();
    this.currentRefusal.value = refusal ?? "unavailable";
    this.currentStage.value = "failed";
  }

  private hear(connection: PublishingConnection, state: RTCPeerConnectionState): void {
    if (this.connection !== connection || !this.isAtIt) return;
    if (state === "connected") {
      this.cancelTimer();
      this.tries = 0;
      this.wasLive = true;
      this.currentStage.value = "live";
    } else if (state === "disconnected") this.tryIn(DISCONNECTED_FOR_MS, () => this.again());
    else if (state === "failed" || state === "closed") this.tryIn(LOST_FOR_MS, () => this.again());
  }

  /** The former connection is gone, or not believed any more. */
  private again(): void {
    if (this.wasLive) this.currentStage.value = "reconnecting";
    else if (this.tries >= FIRST_TRIES) {
      this.letGo();
      this.currentRefusal.value = "no_way";
      this.currentStage.value = "failed";
      return;
    }
    this.tryIn(RETRY_MS[Math.min(this.tries, RETRY_MS.length - 1)] ?? 0);
  }

  private socketCameBack(): void {
    if (!this.isAtIt || this.currentStage.peek() === "live") return;
    this.tries = 0;
    this.tryIn(0);
  }

  /** The old way may be gone although the browser does not know it yet. */
  private networkChanged(): void {
    if (this.currentStage.peek() === "live") this.again();
  }

  private tryIn(milliseconds: number, next: () => unknown = () => this.tryNow()): void {
    this.cancelTimer();
    this.timer = setTimeout(() => {
      this.timer = null;
      if (this.isAtIt) void next();
    }, milliseconds);
  }

  private cancelTimer(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private letGo(): void {
    this.connection?.close();
    this.connection = null;
    this.isAsking = false;
    this.meter.reset();
    this.currentQuality.value = UNKNOWN_SENT;
  }

  private withCard<Tracks extends { video: MediaStreamTrack | null }>(tracks: Tracks): Tracks {
    const { video } = tracks;
    if (video !== null) {
      // Letters of a shared screen have their hint from where it was captured.
      if (video.contentHint === "") video.contentHint = "motion";
      return tracks;
    }
    this.card ??= this.environment.makeCard();
    return { ...tracks, video: this.card.track };
  }

  private async look(): Promise<void> {
    const { connection } = this;
    if (connection === null || this.currentStage.peek() !== "live") return;
    const report = await connection.readStats().catch(() => null);
    if (report === null || this.connection !== connection) return;
    const seen = readSent(report);
    this.currentQuality.value = this.meter.look(seen, Date.now(), this.outgoing.video.peek() !== null);
    if (this.size.look(seen.availableKbps)) await connection.resize(this.size.pixels);
  }
}

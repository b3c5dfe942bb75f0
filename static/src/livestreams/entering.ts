/**
 * Being in a livestream: joins it at each connect, again when its media are somewhere else, and again when the own peer
 * connection failed; and hands each offer to the viewing.
 */
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { asProblem, type Problem } from "../api/problems";
import { isCommandRefused, type LiveConnection } from "../live/connection";
import type { Livestream, LivestreamJoined, MediaOffer } from "./protocol";
import type { Viewing } from "./viewing";

export interface EnteringEnvironment {
  live: LiveConnection;
  livestreamId: string;
  /** Null for whoever needs no picture, as the reader in the studio. */
  viewing: Viewing | null;
  livestream: ReadonlySignal<Livestream | null>;
  afterSeq: () => number | null;
  onJoined: (joined: LivestreamJoined, isFresh: boolean) => void;
  /** Messages that are so far behind that they are not fetched one by one. */
  isFarBehind: () => boolean;
  onRefused: (problem: Problem) => void;
  /** 0 to 1. */
  random: () => number;
}

/** What is to be seen of a live livestream, and if nothing why. */
export type MediaState = "none" | "connecting" | "playing" | "waiting" | "full" | "unavailable" | "failed";

const RETRY_MS = 2_000;
const MEDIA_RETRIES_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000];
const FULL_RETRY_MS = 15_000;
/** Everybody hears of a new place at once, and need not come at once. */
const SPREAD_MS = 500;
/** A picture that stayed for so long has earned a fresh start. */
const STEADY_MS = 15_000;

export class Entering {
  readonly media: ReadonlySignal<MediaState>;
  /** The server knows that we are here. */
  readonly isJoined: ReadonlySignal<boolean>;
  private readonly joined = signal(false);
  private readonly offer = signal<MediaOffer | null>(null);
  private readonly timers = new Set<ReturnType<typeof setTimeout>>();
  private readonly stops: (() => void)[] = [];
  private isOpen = false;
  private isEntering = false;
  private isWantedAgain = false;
  private isMediaRetryWaiting = false;
  /** Where the media of the offer that we hold are. */
  private heldMediaId: string | null = null;
  private failures = 0;
  private tookAtMs = 0;

  constructor(private readonly environment: EnteringEnvironment) {
    this.isJoined = this.joined;
    this.media = computed(() => this.readMedia());
  }

  open(): void {
    this.isOpen = true;
    const { live } = this.environment;
    this.stops.push(live.onConnect(() => void this.enter()));
    this.stops.push(live.state.subscribe((state) => this.followConnection(state === "connected")));
    void this.enter();
  }

  close(): void {
    this.isOpen = false;
    const { live, livestreamId, viewing } = this.environment;
    for (const stop of this.stops.splice(0)) stop();
    for (const timer of this.timers) clearTimeout(timer);
    viewing?.drop();
    if (this.joined.peek()) live.hint("livestream.leave", { livestream_id: livestreamId });
    this.joined.value = false;
  }

  async enter(): Promise<void> {
    if (this.isEntering) {
      this.isWantedAgain = true;
      return;
    }
    this.isEntering = true;
    try {
      do {
        this.isWantedAgain = false;
        await this.enterOnce();
      } while (this.isWantedAgain && this.isOpen);
    } finally {
      this.isEntering = false;
    }
    // What was told meanwhile may be newer than the answer.
    this.look();
  }

  /** Something was told of the livestream: are its media still where we have ours from? */
  look(): void {
    const { viewing } = this.environment;
    const livestream = this.environment.livestream.peek();
    if (livestream === null || viewing === null) return;
    viewing.expectSilence(livestream.is_paused);
    if (livestream.media_id === null) {
      this.heldMediaId = null;
      viewing.drop();
      return;
    }
    if (livestream.media_id === this.heldMediaId || !this.joined.peek() || this.isEntering) return;
    this.heldMediaId = livestream.media_id;
    this.failures = 0;
    this.later(this.environment.random() * SPREAD_MS, () => void this.enter());
  }

  /** The peer connection is of no use any more. */
  viewingFailed(): void {
    if (Date.now() - this.tookAtMs > STEADY_MS) this.failures = 0;
    this.retryMedia(MEDIA_RETRIES_MS[Math.min(this.failures, MEDIA_RETRIES_MS.length - 1)] ?? RETRY_MS);
    this.failures += 1;
  }

  /** Out: ended, or not welcome. */
  leave(): void {
    this.joined.value = false;
    this.offer.value = null;
    this.heldMediaId = null;
    this.environment.viewing?.drop();
  }

  private async enterOnce(): Promise<void> {
    const { live, livestreamId } = this.environment;
    if (!this.isOpen || live.state.peek() !== "connected") return;
    const after = this.environment.afterSeq();
    try {
      let joined = await this.join(after);
      if (!this.isOpen) return live.hint("livestream.leave", { livestream_id: livestreamId });
      this.environment.onJoined(joined, after === null);
      if (this.environment.isFarBehind()) {
        joined = await this.join(null);
        if (!this.isOpen) return;
        this.environment.onJoined(joined, true);
      }
      this.joined.value = true;
      this.takeMedia(joined);
    } catch (error) {
      const problem = asProblem(error);
      if (isCommandRefused(problem)) {
        this.leave();
        return this.environment.onRefused(problem);
      }
      this.later(RETRY_MS, () => void this.enter());
    }
  }

  private join(after: number | null): Promise<LivestreamJoined> {
    const { live, livestreamId } = this.environment;
    return live.send("livestream.join", {
      livestream_id: livestreamId,
      ...(after === null ? {} : { after_seq: after }),
    });
  }

  private takeMedia(joined: LivestreamJoined): void {
    const { viewing } = this.environment;
    if (viewing === null) return;
    this.offer.value = joined.media;
    this.heldMediaId = joined.livestream.media_id;
    if (joined.media === "offered" && joined.description !== null) {
      viewing.expectSilence(joined.livestream.is_paused);
      this.tookAtMs = Date.now();
      void viewing.take(joined.description.sdp);
      return;
    }
    viewing.drop();
    if (joined.media === "full") this.retryMedia(FULL_RETRY_MS * (1 + this.environment.random()));
    if (joined.media === "unavailable") this.viewingFailed();
  }

  private retryMedia(milliseconds: number): void {
    if (this.isMediaRetryWaiting) return;
    this.isMediaRetryWaiting = true;
    this.later(milliseconds, () => {
      this.isMediaRetryWaiting = false;
      const livestream = this.environment.livestream.peek();
      const state = this.environment.viewing?.state.peek();
      // A reconnect, or media elsewhere, may have brought another offer meanwhile.
      const isServed = state === "connecting" || state === "playing";
      if (livestream?.status === "live" && livestream.media_id !== null && !isServed) void this.enter();
    });
  }

  private followConnection(isConnected: boolean): void {
    if (!isConnected) this.joined.value = false;
  }

  private readMedia(): MediaState {
    const livestream = this.environment.livestream.value;
    const { viewing } = this.environment;
    if (livestream?.status !== "live" || viewing === null) return "none";
    const state = viewing.state.value;
    if (state === "playing" || state === "connecting") return state;
    const offer = this.offer.value;
    if (offer === "full" || offer === "unavailable") return offer;
    if (state === "failed") return "failed";
    if (livestream.media_id === null || offer === "waiting") return "waiting";
    return "connecting";
  }

  private later(milliseconds: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      if (this.isOpen) action();
    }, milliseconds);
    this.timers.add(timer);
  }
}

/**
 * One joined livestream as a page sees it: what is known of it, its chat, its gifts, its picture. Used by who watches
 * and, without a picture, by the reader in the studio.
 */
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { asProblem, type Problem } from "../api/problems";
import type { Resources } from "../api/resources";
import type { LiveConnection } from "../live/connection";
import type { ServerClock } from "../rooms/clock";
import type { OutgoingMessage } from "../rooms/outbox";
import type { OwnWallet } from "../stores/own_wallet";
import { type ChatState, type ChatVisitor, readChat, slowUntil } from "./chat_state";
import { Entering, type MediaState } from "./entering";
import { GiftMoments } from "./gift_moments";
import { GiftSending } from "./gift_sending";
import { Order } from "./order";
import type { Gift, Livestream, LivestreamMessage, Rank, TopSender } from "./protocol";
import { Saying } from "./saying";
import {
  emptyLivestream,
  isMissingMessages,
  type LivestreamAction,
  lastSeq,
  MESSAGES_KEPT,
  reduceLivestream,
} from "./state";
import { Viewing } from "./viewing";

export interface LivestreamEnvironment {
  live: LiveConnection;
  resources: Resources;
  storage: Storage;
  serverClock: ServerClock;
  wallet: Pick<OwnWallet, "tell">;
}

export interface LivestreamOptions {
  /** False: no picture is asked for. */
  withPicture?: boolean;
  connect?: (configuration: RTCConfiguration) => RTCPeerConnection;
  makeStream?: (tracks: readonly MediaStreamTrack[]) => MediaStream;
  random?: () => number;
}

/** A message that is only late comes by itself. */
const MISSING_PATIENCE_MS = 800;
const RETRY_MS = 2_000;
const LOOK_EVERY_MS = 5_000;

export class LivestreamRoom {
  readonly snapshot: ReadonlySignal<Livestream | null>;
  readonly messages: ReadonlySignal<readonly LivestreamMessage[]>;
  readonly topSenders: ReadonlySignal<readonly TopSender[]>;
  /** What this visitor may do here. */
  readonly rank: ReadonlySignal<Rank>;
  /** Null: not known. */
  readonly isFollowing: ReadonlySignal<boolean | null>;
  /** Read with the server's time at hand: `useServerNow` makes slow mode count down. */
  readonly chat: ReadonlySignal<ChatState>;
  readonly media: ReadonlySignal<MediaState>;
  readonly stream: ReadonlySignal<MediaStream | null>;
  readonly draft: ReadonlySignal<string>;
  readonly unsent: ReadonlySignal<readonly OutgoingMessage[]>;
  /** Why it cannot be joined; null while it can, and while that is not known. */
  readonly refusal: ReadonlySignal<Problem | null>;
  readonly order: Order;
  readonly giftMoments = new GiftMoments();
  readonly giftSending: GiftSending;

  private readonly current;
  private readonly refused = signal<Problem | null>(null);
  private readonly slowedUntilMs = signal(0);
  /** Goes up when time alone may have changed something. */
  private readonly beat = signal(0);
  private readonly entering: Entering;
  private readonly saying: Saying;
  private readonly stops: (() => void)[] = [];
  private missingTimer: ReturnType<typeof setTimeout> | null = null;
  private isFetching = false;
  private isOpen = false;

  constructor(
    private readonly environment: LivestreamEnvironment,
    readonly livestreamId: string,
    readonly ownId: string,
    options: LivestreamOptions = {},
  ) {
    const { live, storage, serverClock, wallet } = environment;
    const current = signal(emptyLivestream(livestreamId, ownId));
    this.current = current;
    this.snapshot = computed(() => current.value.livestream);
    this.messages = computed(() => current.value.messages);
    this.rank = computed(() => current.value.standing.rank);
    this.isFollowing = computed(() => current.value.standing.isFollowing);
    this.topSenders = computed(() => current.value.topSenders);
    this.refusal = this.refused;
    this.order = new Order(live, livestreamId);
    this.giftSending = new GiftSending(live, wallet, { livestream_id: livestreamId }, (gift) => this.celebrate(gift));
    const viewing = options.withPicture === false ? null : this.makeViewing(options);
    this.stream = viewing?.stream ?? signal(null);
    this.entering = new Entering({
      live,
      livestreamId,
      viewing,
      livestream: this.snapshot,
      afterSeq: () => lastSeq(current.peek()),
      onJoined: (joined, isFresh) => this.apply({ kind: "joined", joined, isFresh }),
      isFarBehind: () => this.isFarBehind(),
      onRefused: (problem) => void this.shutOut(problem),
      random: options.random ?? Math.random,
    });
    this.media = this.entering.media;
    this.saying = new Saying({
      live,
      storage,
      livestreamId,
      ownId,
      nowMs: () => serverClock.nowMs(),
      messages: this.messages,
      slowUntilMs: computed(() => this.slowUntil()),
      isJoined: () => this.entering.isJoined.peek(),
      onStored: (message) => this.apply({ kind: "fetched_messages", messages: [message] }),
      onNotJoined: () => void this.entering.enter(),
      onSlowed: (seconds) => this.slow(seconds),
    });
    this.draft = this.saying.draft;
    this.unsent = this.saying.unsent;
    this.chat = computed(() => this.readChat());
  }

  open(): void {
    this.isOpen = true;
    const { live } = this.environment;
    this.stops.push(live.onAny((event) => this.apply({ kind: "event", event })));
    this.stops.push(
      live.on("gift.sent", ({ livestream_id, gift }) => livestream_id === this.livestreamId && this.celebrate(gift)),
    );
    this.stops.push(this.entering.isJoined.subscribe((isJoined) => isJoined && void this.saying.empty()));
    const timer = setInterval(() => this.lookForSilence(), LOOK_EVERY_MS);
    this.stops.push(() => clearInterval(timer));
    this.saying.open();
    this.entering.open();
  }

  close(): void {
    this.isOpen = false;
    for (const stop of this.stops.splice(0)) stop();
    if (this.missingTimer !== null) clearTimeout(this.missingTimer);
    this.entering.close();
    this.saying.close();
    this.giftMoments.close();
  }

  /** An answer to a request or command carries the newest snapshot. */
  tellSnapshot(livestream: Livestream): void {
    this.apply({ kind: "told_snapshot", livestream });
  }

  tellFollowing(isFollowing: boolean): void {
    this.apply({ kind: "told_following", isFollowing });
  }

  /** Once more, after a refusal or when the visitor asks for it. */
  enterAgain(): void {
    this.refused.value = null;
    void this.entering.enter();
  }

  writeDraft(text: string): void {
    this.saying.writeDraft(text);
  }

  say(content: string): void {
    this.saying.say(content);
  }

  retry(nonce: string): void {
    this.saying.retry(nonce);
  }

  discard(nonce: string): void {
    this.saying.discard(nonce);
  }

  private apply(action: LivestreamAction): void {
    const before = this.current.peek();
    const after = reduceLivestream(before, action);
    if (after === before) return;
    this.current.value = after;
    const status = after.livestream?.status;
    if (status === "ended" || status === "cancelled" || after.standing.sanction?.kind === "banned")
      this.entering.leave();
    else this.entering.look();
    if (isMissingMessages(after)) this.fetchMissingLater(MISSING_PATIENCE_MS);
    if (after.livestream !== before.livestream) void this.saying.empty();
  }

  private celebrate(gift: Gift): void {
    this.giftMoments.hear(gift);
  }

  private async shutOut(problem: Problem): Promise<void> {
    // What has ended cannot be joined, but it can be looked at.
    if (problem.code === "livestream.ended") {
      try {
        return this.tellSnapshot(await this.environment.resources.livestream(this.livestreamId));
      } catch (error) {
        problem = asProblem(error);
      }
    }
    this.refused.value = problem;
  }

  private fetchMissingLater(milliseconds: number): void {
    this.missingTimer ??= setTimeout(() => {
      this.missingTimer = null;
      void this.fetchMissing();
    }, milliseconds);
  }

  private async fetchMissing(): Promise<void> {
    if (this.isFetching || !this.isOpen) return;
    this.isFetching = true;
    try {
      for (let before = -1; isMissingMessages(this.current.peek()); ) {
        const after = lastSeq(this.current.peek()) ?? 0;
        if (after === before || !this.isOpen) break;
        before = after;
        const page = await this.environment.resources.livestreamMessages(this.livestreamId, after);
        this.apply({ kind: "fetched_messages", messages: page.items });
      }
    } catch (error) {
      if (asProblem(error).isRetryable && this.isOpen) this.fetchMissingLater(RETRY_MS);
    } finally {
      this.isFetching = false;
    }
  }

  private isFarBehind(): boolean {
    const state = this.current.peek();
    return (state.livestream?.last_seq ?? 0) - (lastSeq(state) ?? 0) > MESSAGES_KEPT;
  }

  /** The last event before a silence leaves no gap behind it; a wait that should be over shows it. */
  private lookForSilence(): void {
    this.beat.value += 1;
    const until = this.snapshot.peek()?.pause_until_at ?? null;
    const isOverdue = until !== null && Date.parse(until) + LOOK_EVERY_MS < this.environment.serverClock.nowMs();
    if (isOverdue) void this.entering.enter();
  }

  private slow(seconds: number | null): void {
    const wait = seconds ?? this.snapshot.peek()?.slow_mode_seconds ?? 0;
    this.slowedUntilMs.value = this.environment.serverClock.nowMs() + wait * 1000;
  }

  private slowUntil(): number {
    const livestream = this.snapshot.value;
    if (livestream === null) return 0;
    return slowUntil(livestream, this.messages.value, this.chatVisitor());
  }

  private chatVisitor(): ChatVisitor {
    return { ...this.current.value.standing, ownId: this.ownId, slowedUntilMs: this.slowedUntilMs.value };
  }

  private readChat(): ChatState {
    void this.beat.value;
    const livestream = this.snapshot.value;
    if (livestream === null) return { kind: "open" };
    return readChat(livestream, this.messages.value, this.chatVisitor(), this.environment.serverClock.nowMs());
  }

  private makeViewing(options: LivestreamOptions): Viewing {
    const { live } = this.environment;
    return new Viewing({
      connect: options.connect ?? ((configuration) => new RTCPeerConnection(configuration)),
      makeStream: options.makeStream ?? ((tracks) => new MediaStream([...tracks])),
      answer: async (description) => {
        await live.send("livestream.answer", { livestream_id: this.livestreamId, description });
      },
      onFailed: () => this.entering.viewingFailed(),
    });
  }
}

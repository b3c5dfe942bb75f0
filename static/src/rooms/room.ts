/**
 * One open room: joins it, feeds what comes in to the reducer, fetches what the reducer misses, and empties the
 * outbox in order.
 */
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { asProblem, type Problem } from "../api/problems";
import type { Resources } from "../api/resources";
import { isCommandRefused, type LiveConnection } from "../live/connection";
import { newNonce } from "../live/nonces";
import type { Consultation, ConsultationJoined } from "../protocol";
import { isOverdue, isRoomOpen, type ServerClock } from "./clock";
import { type OutgoingMessage, RoomKeeper, visibleOutbox } from "./outbox";
import { contiguousSeq, emptyRoom, type RoomAction, type RoomState, reduceRoom } from "./state";

export interface RoomEnvironment {
  live: LiveConnection;
  resources: Resources;
  storage: Storage;
  serverClock: ServerClock;
}

const RETRY_MS = 2_000;
const TYPING_EVERY_MS = 2_500;
const TYPING_ENDS_MS = 6_000;
const WATCH_EVERY_MS = 3_000;

export class Room {
  readonly state: ReadonlySignal<RoomState>;
  readonly outbox: ReadonlySignal<readonly OutgoingMessage[]>;
  readonly visibleOutbox: ReadonlySignal<readonly OutgoingMessage[]>;
  readonly draft: ReadonlySignal<string>;
  readonly failure: ReadonlySignal<Problem | null>;
  /** The newest answer to `consultation.join`: from here on the server lets us signal. */
  readonly joined: ReadonlySignal<ConsultationJoined | null>;

  private readonly current;
  private readonly waiting;
  private readonly writing;
  private readonly failed = signal<Problem | null>(null);
  private readonly entered = signal<ConsultationJoined | null>(null);
  private readonly keeper: RoomKeeper;
  private readonly stops: (() => void)[] = [];
  private readonly timers = new Set<ReturnType<typeof setTimeout>>();
  private isOpen = false;
  private isFetching = false;
  private isEmptying = false;
  private isEntering = false;
  private typingSentAtMs = 0;
  private typingTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly environment: RoomEnvironment,
    private readonly consultationId: string,
    ownId: string,
  ) {
    this.keeper = new RoomKeeper(environment.storage, consultationId, ownId);
    this.current = signal(emptyRoom(consultationId, ownId));
    this.waiting = signal<readonly OutgoingMessage[]>(this.keeper.readOutbox());
    this.writing = signal(this.keeper.readDraft());
    this.state = this.current;
    this.outbox = this.waiting;
    this.draft = this.writing;
    this.failure = this.failed;
    this.joined = this.entered;
    this.visibleOutbox = computed(() => visibleOutbox(this.waiting.value, this.current.value.messages));
  }

  open(): void {
    this.isOpen = true;
    const { live } = this.environment;
    this.stops.push(live.onAny((event) => this.apply({ kind: "event", event })));
    this.stops.push(live.onConnect(() => void this.catchUp()));
    const watch = setInterval(() => this.lookForSilence(), WATCH_EVERY_MS);
    this.stops.push(() => clearInterval(watch));
    void this.catchUp();
  }

  close(): void {
    this.isOpen = false;
    for (const stop of this.stops.splice(0)) stop();
    for (const timer of this.timers) clearTimeout(timer);
    if (this.typingTimer !== null) clearTimeout(this.typingTimer);
  }

  tellBalance(balanceMinor: number): void {
    this.apply({ kind: "balance_known", balanceMinor });
  }

  /** An answer to a command carries the newest snapshot. */
  tellSnapshot(consultation: Consultation): void {
    this.apply({ kind: "fetched_snapshot", consultation });
  }

  writeDraft(text: string): void {
    this.writing.value = text;
    this.keeper.keepDraft(text);
    this.tellTyping(text.trim() !== "");
  }

  post(content: string, kind: "text" | "image" = "text"): void {
    const item: OutgoingMessage = {
      nonce: newNonce(),
      kind,
      content,
      writtenAtMs: this.environment.serverClock.nowMs(),
      state: "waiting",
      refusal: null,
    };
    this.changeOutbox([...this.waiting.value, item]);
    if (kind === "text") {
      this.writing.value = "";
      this.keeper.keepDraft("");
    }
    this.tellTyping(false);
    void this.emptyOutbox();
  }

  /** Sends a refused message once more; a refusal means that nothing was stored, so it gets a new nonce. */
  retry(nonce: string): void {
    this.changeItem(nonce, { nonce: newNonce(), state: "waiting", refusal: null });
    void this.emptyOutbox();
  }

  discard(nonce: string): void {
    this.changeOutbox(this.waiting.value.filter((item) => item.nonce !== nonce));
  }

  markRead(): void {
    const state = this.current.value;
    const upToSeq = contiguousSeq(state);
    if (upToSeq === 0 || upToSeq <= state.readUpTo.own || state.consultation?.status !== "in_progress") return;
    this.current.value = { ...state, readUpTo: { ...state.readUpTo, own: upToSeq } };
    this.environment.live.hint("message.read", { consultation_id: this.consultationId, up_to_seq: upToSeq });
  }

  private apply(action: RoomAction): void {
    const before = this.current.peek();
    const after = reduceRoom(before, action);
    if (after === before) return;
    this.current.value = after;
    if (after.needs.snapshot || after.needs.messages) void this.fetch({ isSnapshotWanted: false });
    if (this.isThoughtAbsent()) this.enterAgain();
    void this.emptyOutbox();
  }

  /** Joining again after each connect answers the snapshot and all messages that were missed. */
  private async catchUp(): Promise<void> {
    if (this.environment.live.state.peek() !== "connected") return this.fetch({ isSnapshotWanted: true });
    try {
      const joined = await this.environment.live.send("consultation.join", {
        consultation_id: this.consultationId,
        after_seq: contiguousSeq(this.current.peek()),
      });
      this.apply({ kind: "fetched_messages", messages: joined.messages });
      this.apply({ kind: "fetched_snapshot", consultation: joined.consultation });
      this.entered.value = joined;
      this.failed.value = null;
    } catch (error) {
      // An ended consultation cannot be joined, but it can be read.
      if (!isCommandRefused(error)) this.later(() => void this.catchUp());
      await this.fetch({ isSnapshotWanted: true });
    }
    void this.emptyOutbox();
  }

  /** The server thinks that we are not in the room, while we are: the request was accepted, or a loss was noticed late. */
  private enterAgain(): void {
    if (this.isEntering || this.environment.live.state.peek() !== "connected") return;
    this.isEntering = true;
    void this.catchUp().finally(() => {
      // Not more often than this, however the answer looks.
      this.later(() => {
        this.isEntering = false;
        if (this.isThoughtAbsent()) this.enterAgain();
      });
    });
  }

  private async fetch(wish: { isSnapshotWanted: boolean }): Promise<void> {
    if (this.isFetching || !this.isOpen) return;
    this.isFetching = true;
    const { resources } = this.environment;
    const needs = () => this.current.peek().needs;
    try {
      if (wish.isSnapshotWanted || needs().snapshot) {
        this.apply({ kind: "fetched_snapshot", consultation: await resources.consultation(this.consultationId) });
      }
      for (let before = -1; needs().messages && contiguousSeq(this.current.peek()) > before; ) {
        before = contiguousSeq(this.current.peek());
        const page = await resources.listMessages(this.consultationId, before);
        this.apply({ kind: "fetched_messages", messages: page.items });
      }
      this.failed.value = null;
    } catch (error) {
      const problem = asProblem(error);
      if (this.current.peek().consultation === null) this.failed.value = problem;
      if (!problem.isRetryable) return;
    } finally {
      this.isFetching = false;
    }
    // Whatever is still missing (an answer older than an event, a lost network) is asked for again a little later.
    if (needs().snapshot || needs().messages) this.later(() => void this.fetch({ isSnapshotWanted: false }));
  }

  /** The last event before a silence leaves no gap behind it; a clock that should have moved on shows it. */
  private lookForSilence(): void {
    const { consultation } = this.current.peek();
    if (consultation !== null && isOverdue(consultation, this.environment.serverClock.nowMs())) {
      void this.fetch({ isSnapshotWanted: true });
    }
    // A waiting room opens while somebody looks at its page.
    if (this.isThoughtAbsent()) this.enterAgain();
  }

  /** We are on the room's page, it may be entered, and the server does not know that we are there. */
  private isThoughtAbsent(): boolean {
    const { consultation, ownId } = this.current.peek();
    if (consultation === null) return false;
    const mayEnter =
      consultation.status === "in_progress" ||
      (consultation.status === "scheduled" && isRoomOpen(consultation, this.environment.serverClock.nowMs()));
    return mayEnter && !isPresent(consultation, ownId);
  }

  private async emptyOutbox(): Promise<void> {
    if (this.isEmptying || !this.isOpen) return;
    this.isEmptying = true;
    try {
      for (let item = this.nextToSend(); item !== undefined && this.isOpen; item = this.nextToSend()) {
        const isDone = await this.sendOne(item);
        if (!isDone) return;
      }
    } finally {
      this.isEmptying = false;
    }
  }

  private nextToSend(): OutgoingMessage | undefined {
    const { consultation } = this.current.peek();
    if (consultation === null || consultation.pause_reason === "balance") return undefined;
    if (this.environment.live.state.peek() !== "connected") return undefined;
    return this.waiting.peek().find((item) => item.state === "waiting");
  }

  private async sendOne(item: OutgoingMessage): Promise<boolean> {
    this.changeItem(item.nonce, { state: "sending" });
    try {
      const { message } = await this.environment.live.send("message.send", {
        consultation_id: this.consultationId,
        content: item.content,
        kind: item.kind,
        nonce: item.nonce,
      });
      this.changeOutbox(this.waiting.peek().filter((other) => other.nonce !== item.nonce));
      this.apply({ kind: "own_message_stored", message });
      return true;
    } catch (error) {
      const problem = asProblem(error);
      if (problem.code === "consultation.clock_stopped") {
        this.changeItem(item.nonce, { nonce: newNonce(), state: "waiting" });
        return false;
      }
      if (isCommandRefused(problem)) {
        this.changeItem(item.nonce, { state: "refused", refusal: problem.message });
        return true;
      }
      this.changeItem(item.nonce, { state: "waiting" });
      this.later(() => void this.emptyOutbox());
      return false;
    }
  }

  private changeItem(nonce: string, change: Partial<OutgoingMessage>): void {
    this.changeOutbox(this.waiting.peek().map((item) => (item.nonce === nonce ? { ...item, ...change } : item)));
  }

  private changeOutbox(items: readonly OutgoingMessage[]): void {
    this.waiting.value = items;
    this.keeper.keepOutbox(items);
  }

  private tellTyping(isTyping: boolean): void {
    const { live } = this.environment;
    const payload = { consultation_id: this.consultationId };
    const now = Date.now();
    if (this.typingTimer !== null) clearTimeout(this.typingTimer);
    if (isTyping) {
      if (now - this.typingSentAtMs > TYPING_EVERY_MS) {
        this.typingSentAtMs = now;
        live.hint("typing.set", { ...payload, is_typing: true });
      }
      this.typingTimer = setTimeout(() => this.tellTyping(false), TYPING_ENDS_MS);
    } else if (this.typingSentAtMs > 0) {
      this.typingSentAtMs = 0;
      live.hint("typing.set", { ...payload, is_typing: false });
    }
  }

  private later(action: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      if (this.isOpen) action();
    }, RETRY_MS);
    this.timers.add(timer);
  }
}

function isPresent(consultation: Consultation, ownId: string): boolean {
  return consultation.client.id === ownId ? consultation.client_present : consultation.reader_present;
}

/**
 * What this visitor says in a livestream: the draft, and what is written but not stored yet, sent one after the other.
 * Both are kept in localStorage, so that a reload, a lost network or an expired login loses nothing.
 */
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { asProblem, type Problem } from "../api/problems";
import { isCommandRefused, type LiveConnection } from "../live/connection";
import { newNonce } from "../live/nonces";
import { type OutgoingMessage, RoomKeeper } from "../rooms/outbox";
import { problemText } from "../texts/problem_text";
import type { LivestreamMessage } from "./protocol";

export interface SayingEnvironment {
  live: LiveConnection;
  storage: Storage;
  nowMs: () => number;
  livestreamId: string;
  ownId: string;
  messages: ReadonlySignal<readonly LivestreamMessage[]>;
  /** When the next text may be sent; 0 = now. */
  slowUntilMs: ReadonlySignal<number>;
  /** The server knows that we are here. */
  isJoined: () => boolean;
  onStored: (message: LivestreamMessage) => void;
  /** The server does not know us any more. */
  onNotJoined: () => void;
  onSlowed: (seconds: number | null) => void;
}

const RETRY_MS = 2_000;

export class Saying {
  readonly draft: ReadonlySignal<string>;
  /** Unsent texts worth showing: one whose stored copy came as an event, before its acknowledgement, is not. */
  readonly unsent: ReadonlySignal<readonly OutgoingMessage[]>;

  private readonly writing;
  private readonly waiting;
  private readonly keeper: RoomKeeper;
  /** The newest message that was known when a text was sent. */
  private readonly sentAfter = new Map<string, number>();
  private timer: ReturnType<typeof setTimeout> | null = null;
  private isEmptying = false;
  private isOpen = false;

  constructor(private readonly environment: SayingEnvironment) {
    this.keeper = new RoomKeeper(environment.storage, environment.livestreamId, environment.ownId);
    this.writing = signal(this.keeper.readDraft());
    this.waiting = signal<readonly OutgoingMessage[]>(this.keeper.readOutbox());
    this.draft = this.writing;
    this.unsent = computed(() => this.waiting.value.filter((item) => !this.hasArrived(item)));
  }

  open(): void {
    this.isOpen = true;
  }

  close(): void {
    this.isOpen = false;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  writeDraft(text: string): void {
    this.writing.value = text;
    this.keeper.keepDraft(text);
  }

  say(content: string): void {
    const { nowMs } = this.environment;
    const nonce = newNonce();
    const item: OutgoingMessage = {
      nonce,
      kind: "text",
      content,
      writtenAtMs: nowMs(),
      state: "waiting",
      refusal: null,
    };
    this.change([...this.waiting.value, item]);
    this.writeDraft("");
    void this.empty();
  }

  /** A refusal means that nothing was stored, so the text gets a new nonce. */
  retry(nonce: string): void {
    this.changeItem(nonce, { nonce: newNonce(), state: "waiting", refusal: null });
    void this.empty();
  }

  discard(nonce: string): void {
    this.change(this.waiting.value.filter((item) => item.nonce !== nonce));
  }

  /** Sends what waits, in order, as far as it may go now. */
  async empty(): Promise<void> {
    if (this.isEmptying || !this.isOpen) return;
    this.isEmptying = true;
    try {
      for (let item = this.next(); item !== undefined && this.isOpen; item = this.next()) {
        if (!(await this.send(item))) return;
      }
    } finally {
      this.isEmptying = false;
    }
  }

  private next(): OutgoingMessage | undefined {
    const { live, isJoined, slowUntilMs, nowMs } = this.environment;
    if (live.state.peek() !== "connected" || !isJoined()) return undefined;
    const item = this.waiting.peek().find(({ state }) => state === "waiting");
    const waitMs = slowUntilMs.peek() - nowMs();
    if (item === undefined || waitMs <= 0) return item;
    this.later(waitMs);
    return undefined;
  }

  private async send(item: OutgoingMessage): Promise<boolean> {
    const { live, livestreamId, onStored, messages } = this.environment;
    this.sentAfter.set(item.nonce, messages.peek().at(-1)?.seq ?? 0);
    this.changeItem(item.nonce, { state: "sending" });
    try {
      // Once only: the waiting time of slow mode is ours to keep, not the connection's.
      const { message } = await live.send(
        "livestream.say",
        { livestream_id: livestreamId, content: item.content, nonce: item.nonce },
        { isOnce: true },
      );
      this.discard(item.nonce);
      onStored(message);
      return true;
    } catch (error) {
      return this.failed(item, asProblem(error));
    }
  }

  /** Answers whether the next text may be tried. */
  private failed(item: OutgoingMessage, problem: Problem): boolean {
    const { onNotJoined, onSlowed } = this.environment;
    if (problem.code === "livestream.slow_mode") {
      this.changeItem(item.nonce, { nonce: newNonce(), state: "waiting" });
      onSlowed(problem.retryAfterSeconds ?? readSeconds(problem.message));
      this.later(RETRY_MS);
      return false;
    }
    if (problem.code === "livestream.not_joined") {
      this.changeItem(item.nonce, { state: "waiting" });
      onNotJoined();
      return false;
    }
    if (isCommandRefused(problem)) {
      this.changeItem(item.nonce, { state: "refused", refusal: problemText(problem) });
      return true;
    }
    this.changeItem(item.nonce, { state: "waiting" });
    this.later(RETRY_MS);
    return false;
  }

  private hasArrived(item: OutgoingMessage): boolean {
    const after = this.sentAfter.get(item.nonce);
    if (item.state !== "sending" || after === undefined) return false;
    const { messages, ownId } = this.environment;
    return messages.value.some(
      ({ seq, sender, content }) => seq > after && sender.id === ownId && content === item.content,
    );
  }

  private later(milliseconds: number): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = null;
      void this.empty();
    }, milliseconds);
  }

  private changeItem(nonce: string, change: Partial<OutgoingMessage>): void {
    this.change(this.waiting.peek().map((item) => (item.nonce === nonce ? { ...item, ...change } : item)));
  }

  private change(items: readonly OutgoingMessage[]): void {
    this.waiting.value = items;
    this.keeper.keepOutbox(items);
  }
}

/** "Try again in 12 seconds": the first number of a refusal. */
function readSeconds(message: string): number | null {
  const match = /\d+/.exec(message);
  return match === null ? null : Number(match[0]);
}

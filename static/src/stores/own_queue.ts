/** The lines that this client waits in, and the places lost a moment ago: kept true by events, asked for again at each connect. */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Resources } from "../api/resources";
import type { LiveConnection } from "../live/connection";
import { newNonce } from "../live/nonces";
import type { ConsultationType, QueueChangedEvent, QueueEntry } from "../protocol";

const ASK_EVERY_MS = 30_000;
const DISMISSED = "soulseer.queue_dismissed";
const DISMISSED_KEPT = 20;

export interface OwnQueueEnvironment {
  /** Only clients wait in lines. */
  isClient: () => boolean;
  storage: Storage;
}

export class OwnQueue {
  private readonly waiting = signal<readonly QueueEntry[]>([]);
  private readonly gone = signal<readonly QueueEntry[]>([]);
  /** When the newest thing that we know of a reader's line was true; what is older changes nothing. */
  private readonly heardAt = new Map<string, number>();

  constructor(
    private readonly resources: Resources,
    private readonly live: LiveConnection,
    private readonly environment: OwnQueueEnvironment,
  ) {}

  get entries(): ReadonlySignal<readonly QueueEntry[]> {
    return this.waiting;
  }

  /** Places that ended without the client's doing, until they have read it. */
  get lost(): ReadonlySignal<readonly QueueEntry[]> {
    return this.gone;
  }

  find(readerId: string): QueueEntry | undefined {
    return this.waiting.value.find((entry) => entry.reader.id === readerId);
  }

  start(): () => void {
    // Whoever waits must not depend on every event: the snapshot is asked for now and then.
    const timer = setInterval(() => {
      if (this.waiting.peek().length > 0) void this.reload();
    }, ASK_EVERY_MS);
    const stops = [
      this.live.on("queue.changed", (event) => this.hear(event)),
      this.live.onConnect(() => void this.reload()),
      () => clearInterval(timer),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  hear({ reader_id: readerId, entry, ended, at }: QueueChangedEvent): void {
    const heardAt = Date.parse(at);
    if (heardAt < (this.heardAt.get(readerId) ?? 0)) return;
    this.heardAt.set(readerId, heardAt);
    this.take(readerId, entry);
    if (ended !== null && isLoss(ended)) this.showLost([ended, ...this.gone.peek()]);
  }

  async reload(): Promise<void> {
    if (!this.environment.isClient()) return;
    try {
      const { items, lost, at } = await this.resources.ownQueue();
      const askedAt = Date.parse(at);
      const isNewer = (readerId: string) => (this.heardAt.get(readerId) ?? 0) > askedAt;
      const kept = this.waiting.peek().filter((entry) => isNewer(entry.reader.id));
      this.waiting.value = [...items.filter((entry) => !isNewer(entry.reader.id)), ...kept];
      this.showLost([...this.gone.peek().filter((entry) => isNewer(entry.reader.id)), ...lost]);
    } catch {
      // Asked again at the next connect; until then what is known stands.
    }
  }

  /** Throws a `Problem`. */
  async join(readerId: string, type: ConsultationType): Promise<void> {
    const { entry } = await this.live.send("queue.join", { reader_id: readerId, type, nonce: newNonce() });
    this.take(readerId, entry);
  }

  /** Leaves the line, or passes on the turn. Throws a `Problem`. */
  async leave(readerId: string): Promise<void> {
    await this.live.send("queue.leave", { reader_id: readerId });
    this.take(readerId, null);
  }

  dismiss(lost: QueueEntry): void {
    const known = [lost.id, ...this.dismissed()].slice(0, DISMISSED_KEPT);
    this.environment.storage.setItem(DISMISSED, JSON.stringify(known));
    this.showLost(this.gone.peek());
  }

  forget(): void {
    this.waiting.value = [];
    this.gone.value = [];
    this.heardAt.clear();
  }

  private take(readerId: string, entry: QueueEntry | null): void {
    const others = this.waiting.peek().filter((known) => known.reader.id !== readerId);
    this.waiting.value = entry === null ? others : [...others, entry];
    if (entry !== null) this.gone.value = this.gone.peek().filter((lost) => lost.reader.id !== readerId);
  }

  /** One of each line, the newest, and none of a line that the client waits in again. */
  private showLost(found: readonly QueueEntry[]): void {
    const dismissed = this.dismissed();
    const seen = new Set(this.waiting.peek().map((entry) => entry.reader.id));
    this.gone.value = found.filter((entry) => {
      if (dismissed.includes(entry.id) || seen.has(entry.reader.id)) return false;
      seen.add(entry.reader.id);
      return true;
    });
  }

  private dismissed(): string[] {
    try {
      const kept: unknown = JSON.parse(this.environment.storage.getItem(DISMISSED) ?? "[]");
      return Array.isArray(kept) ? kept.filter((id) => typeof id === "string") : [];
    } catch {
      return [];
    }
  }
}

/** It is this client's turn, and nothing has been asked for with it yet. */
export function hasTurn(entry: QueueEntry): boolean {
  return entry.state === "reserved" && entry.consultation_id === null;
}

function isLoss(entry: QueueEntry): boolean {
  return entry.state === "passed" || entry.state === "dissolved";
}

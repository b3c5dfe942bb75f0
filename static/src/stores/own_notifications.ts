/** What this person was told: the newest, and how much of it is unread. Kept true by events, asked for again at each connect. */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Resources } from "../api/resources";
import type { LiveConnection } from "../live/connection";
import type { NotificationView } from "../protocol";

/** The server counts no further. */
export const UNREAD_MAXIMUM = 100;

export class OwnNotifications {
  private readonly told = signal<readonly NotificationView[] | null>(null);
  private readonly count = signal(0);
  private cursor: string | null = null;
  private round = 0;

  constructor(
    private readonly resources: Resources,
    private readonly live: LiveConnection,
    /** Somebody looks at the site just now, and is told in passing. */
    private readonly onNew: (notification: NotificationView) => void,
  ) {}

  /** The newest first; null until they were asked for. */
  get items(): ReadonlySignal<readonly NotificationView[] | null> {
    return this.told;
  }

  get unread(): ReadonlySignal<number> {
    return this.count;
  }

  get hasMore(): boolean {
    return this.cursor !== null;
  }

  start(): () => void {
    const stops = [
      this.live.on("notification.created", ({ notification }) => this.take(notification)),
      this.live.on("notification.read", ({ up_to_id, unread_count, at }) => {
        this.count.value = unread_count;
        this.mark(up_to_id, at);
      }),
      this.live.onConnect(() => void this.reload().catch(() => undefined)),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** Throws a `Problem`. */
  async reload(): Promise<void> {
    this.round += 1;
    const mine = this.round;
    const page = await this.resources.listNotifications(null);
    // Something was told, read or forgotten meanwhile: what was asked may be older than that.
    if (mine !== this.round) return;
    this.told.value = page.items;
    this.cursor = page.next_cursor;
    this.count.value = page.unread_count;
  }

  /** Throws a `Problem`. */
  async loadMore(): Promise<void> {
    if (this.cursor === null) return;
    const page = await this.resources.listNotifications(this.cursor);
    const known = this.told.peek() ?? [];
    const ids = new Set(known.map((one) => one.id));
    this.cursor = page.next_cursor;
    this.told.value = [...known, ...page.items.filter((one) => !ids.has(one.id))];
  }

  /** Marks what is listed as read; what came meanwhile stays unread. */
  async read(): Promise<void> {
    const newest = this.told.peek()?.[0];
    if (newest === undefined || this.count.peek() === 0) return;
    const { unread_count } = await this.resources.readNotifications(newest.id);
    this.count.value = unread_count;
  }

  forget(): void {
    this.round += 1;
    this.told.value = null;
    this.count.value = 0;
    this.cursor = null;
  }

  private take(notification: NotificationView): void {
    const known = this.told.peek();
    if (known?.some((one) => one.id === notification.id)) return;
    if (known !== null) this.told.value = [notification, ...known];
    this.count.value = Math.min(this.count.peek() + 1, UNREAD_MAXIMUM);
    this.onNew(notification);
  }

  private mark(upToId: string | null, at: string): void {
    const isCovered = (one: NotificationView) => one.read_at === null && (upToId === null || one.id <= upToId);
    this.told.value = this.told.peek()?.map((one) => (isCovered(one) ? { ...one, read_at: at } : one)) ?? null;
  }
}

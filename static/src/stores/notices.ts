/** Short notices at the edge of the page: one thing that happened, gone after a while. */
import { type ReadonlySignal, signal } from "@preact/signals";

export interface NoticeItem {
  id: number;
  text: string;
}

const SHOWN_MS = 6_000;
const MAXIMUM = 3;

export class Notices {
  private readonly current = signal<readonly NoticeItem[]>([]);
  private lastId = 0;

  get items(): ReadonlySignal<readonly NoticeItem[]> {
    return this.current;
  }

  say(text: string): void {
    this.lastId += 1;
    const id = this.lastId;
    this.current.value = [...this.current.value, { id, text }].slice(-MAXIMUM);
    setTimeout(() => {
      this.current.value = this.current.value.filter((item) => item.id !== id);
    }, SHOWN_MS);
  }
}

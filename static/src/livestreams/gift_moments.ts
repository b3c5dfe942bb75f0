/**
 * Gifts to celebrate on the screen: a few at a time, each for some seconds. Gifts of one kind from one person that
 * follow each other gather into one moment whose count goes up; what comes while the screen is full waits its turn.
 */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Gift, Person } from "./protocol";

export interface GiftMoment {
  key: string;
  sender: Person;
  giftKindId: string;
  name: string;
  imageUrl: string;
  animationUrl: string | null;
  /** Of all that were gathered. */
  quantity: number;
  amountMinor: number;
  currency: string;
  /** The newest one that came with a gift. */
  message: string;
  /** Goes up with each gift that joins in. */
  combo: number;
}

export const SHOWN_MS = 5_000;
export const SHOWN_AT_ONCE = 3;
/** Beyond it the chat alone tells of a gift: a screen that celebrates minutes afterwards celebrates nothing. */
const WAITING_MAXIMUM = 12;
const KNOWN_MAXIMUM = 300;

interface Entry {
  moment: GiftMoment;
  timer: ReturnType<typeof setTimeout> | null;
}

export class GiftMoments {
  readonly shown: ReadonlySignal<readonly GiftMoment[]>;
  private readonly current = signal<readonly GiftMoment[]>([]);
  private readonly entries: Entry[] = [];
  private readonly waiting: GiftMoment[] = [];
  private readonly known = new Set<string>();
  private made = 0;

  constructor() {
    this.shown = this.current;
  }

  /** One gift is celebrated once, however often it is told of. */
  hear(gift: Gift): void {
    if (this.known.has(gift.id)) return;
    this.remember(gift.id);
    const entry = this.entries.find(({ moment }) => isSame(moment, gift));
    if (entry !== undefined) {
      entry.moment = gathered(entry.moment, gift);
      this.start(entry);
      return this.tell();
    }
    const index = this.waiting.findIndex((moment) => isSame(moment, gift));
    const before = this.waiting[index];
    if (before !== undefined) {
      this.waiting[index] = gathered(before, gift);
      return;
    }
    this.made += 1;
    const moment: GiftMoment = {
      key: `${gift.sender.id}.${gift.gift_kind_id}.${this.made}`,
      sender: gift.sender,
      giftKindId: gift.gift_kind_id,
      name: gift.name,
      imageUrl: gift.image_url,
      animationUrl: gift.animation_url,
      quantity: gift.quantity,
      amountMinor: gift.amount_minor,
      currency: gift.currency,
      message: gift.message,
      combo: 1,
    };
    if (this.entries.length < SHOWN_AT_ONCE) this.show(moment);
    else if (this.waiting.length < WAITING_MAXIMUM) this.waiting.push(moment);
  }

  /** Nothing more is shown. */
  close(): void {
    for (const { timer } of this.entries.splice(0)) if (timer !== null) clearTimeout(timer);
    this.waiting.length = 0;
    this.tell();
  }

  private show(moment: GiftMoment): void {
    const entry: Entry = { moment, timer: null };
    this.entries.push(entry);
    this.start(entry);
    this.tell();
  }

  private start(entry: Entry): void {
    if (entry.timer !== null) clearTimeout(entry.timer);
    entry.timer = setTimeout(() => {
      this.entries.splice(this.entries.indexOf(entry), 1);
      const next = this.waiting.shift();
      if (next === undefined) this.tell();
      else this.show(next);
    }, SHOWN_MS);
  }

  private remember(giftId: string): void {
    this.known.add(giftId);
    const [oldest] = this.known;
    if (this.known.size > KNOWN_MAXIMUM && oldest !== undefined) this.known.delete(oldest);
  }

  private tell(): void {
    this.current.value = this.entries.map(({ moment }) => moment);
  }
}

function isSame(moment: GiftMoment, gift: Gift): boolean {
  return moment.sender.id === gift.sender.id && moment.giftKindId === gift.gift_kind_id;
}

function gathered(moment: GiftMoment, gift: Gift): GiftMoment {
  return {
    ...moment,
    quantity: moment.quantity + gift.quantity,
    amountMinor: moment.amountMinor + gift.amount_minor,
    message: gift.message === "" ? moment.message : gift.message,
    combo: moment.combo + 1,
  };
}

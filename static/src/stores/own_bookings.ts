/** What this person has booked, or is booked for, and has not begun: kept true by events, asked for again at each connect. */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Resources } from "../api/resources";
import type { LiveConnection } from "../live/connection";
import { STATE_EVENTS } from "../live/protocol";
import type { Consultation, ConsultationBookingNearEvent } from "../protocol";

export class OwnBookings {
  private readonly coming = signal<readonly Consultation[]>([]);
  private readonly loaded = signal(false);
  private readonly nearby = signal<ConsultationBookingNearEvent | null>(null);

  constructor(
    private readonly resources: Resources,
    private readonly live: LiveConnection,
  ) {}

  /** The next one first. */
  get value(): ReadonlySignal<readonly Consultation[]> {
    return this.coming;
  }

  get isLoaded(): ReadonlySignal<boolean> {
    return this.loaded;
  }

  /** Somebody in a consultation that goes on is booked for another one that begins soon. */
  get near(): ReadonlySignal<ConsultationBookingNearEvent | null> {
    return this.nearby;
  }

  start(): () => void {
    const stops = STATE_EVENTS.map((name) => this.live.on(name, ({ consultation }) => this.hear(consultation)));
    stops.push(
      this.live.on("consultation.booking_near", (event) => {
        this.nearby.value = event;
      }),
    );
    stops.push(this.live.onConnect(() => void this.reload()));
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** Takes a snapshot from an event or an answer; an older one than what is known is ignored. */
  hear(consultation: Consultation): void {
    const known = this.coming.peek().find((one) => one.id === consultation.id);
    if (known === undefined && consultation.status !== "scheduled") return;
    if (known !== undefined && known.version > consultation.version) return;
    const others = this.coming.peek().filter((one) => one.id !== consultation.id);
    this.coming.value = consultation.status === "scheduled" ? inOrder([...others, consultation]) : others;
  }

  async reload(): Promise<void> {
    try {
      const { items } = await this.resources.listBookings();
      const newer = this.coming.peek();
      this.coming.value = inOrder(
        items.map((item) => newer.find((known) => known.id === item.id && known.version > item.version) ?? item),
      );
      this.loaded.value = true;
    } catch {
      // Asked again at the next connect; until then what is known stands.
    }
  }

  forget(): void {
    this.coming.value = [];
    this.loaded.value = false;
    this.nearby.value = null;
  }
}

function inOrder(bookings: readonly Consultation[]): readonly Consultation[] {
  return [...bookings].sort((one, other) => Date.parse(one.scheduled_at ?? "") - Date.parse(other.scheduled_at ?? ""));
}

/** The one consultation that is ringing or running for this person, wherever in the app they are. */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Resources } from "../api/resources";
import type { Consultation } from "../generated/protocol";
import type { LiveConnection } from "../live/connection";
import { STATE_EVENTS } from "../live/protocol";

export class LiveConsultation {
  private readonly current = signal<Consultation | null>(null);

  constructor(
    private readonly resources: Resources,
    private readonly live: LiveConnection,
  ) {}

  get value(): ReadonlySignal<Consultation | null> {
    return this.current;
  }

  start(): () => void {
    const stops = STATE_EVENTS.map((name) => this.live.on(name, ({ consultation }) => this.hear(consultation)));
    stops.push(this.live.onConnect(() => void this.reload()));
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** Takes a snapshot from an event or an answer; an older one than what is known is ignored. */
  hear(consultation: Consultation): void {
    const known = this.current.peek();
    if (known?.id === consultation.id && known.version > consultation.version) return;
    if (isLive(consultation)) this.current.value = consultation;
    else if (known?.id === consultation.id) this.current.value = null;
  }

  async reload(): Promise<void> {
    try {
      this.current.value = (await this.resources.liveConsultation()).consultation;
    } catch {
      // Asked again at the next connect; until then the last known one stands.
    }
  }

  forget(): void {
    this.current.value = null;
  }
}

export function isLive(consultation: Consultation): boolean {
  return consultation.status === "requested" || consultation.status === "in_progress";
}

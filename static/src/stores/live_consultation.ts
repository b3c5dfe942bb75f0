/** The one consultation that is ringing or running for this person, wherever in the app they are. */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Resources } from "../api/resources";
import type { LiveConnection } from "../live/connection";
import { STATE_EVENTS } from "../live/protocol";
import type { Consultation } from "../protocol";

export class LiveConsultation {
  private readonly current = signal<Consultation | null>(null);
  /** The one whose room this tab has entered; only such a tab enters it again after a reconnect. */
  private enteredId: string | null = null;

  constructor(
    private readonly resources: Resources,
    private readonly live: LiveConnection,
  ) {}

  get value(): ReadonlySignal<Consultation | null> {
    return this.current;
  }

  start(): () => void {
    const stops = STATE_EVENTS.map((name) => this.live.on(name, ({ consultation }) => this.hear(consultation)));
    stops.push(this.live.on("consultation.balance_exhausted", ({ consultation }) => this.hear(consultation)));
    stops.push(this.live.onConnect(() => void this.comeBack()));
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

  /** Being on another page of the app must not look like having left. */
  entered(consultationId: string): void {
    this.enteredId = consultationId;
  }

  hasEntered(consultationId: string): boolean {
    return this.enteredId === consultationId;
  }

  private async comeBack(): Promise<void> {
    await this.reload();
    const consultation = this.current.peek();
    if (consultation?.status !== "in_progress" || consultation.id !== this.enteredId) return;
    await this.live.send("consultation.join", { consultation_id: consultation.id }).catch(() => undefined);
  }

  async reload(): Promise<void> {
    try {
      this.current.value = (await this.resources.liveConsultation()).consultation;
    } catch {
      // Asked again at the next connect; until then the last known one stands.
    }
  }

  forget(): void {
    this.enteredId = null;
    this.current.value = null;
  }
}

export function isLive(consultation: Consultation): boolean {
  return consultation.status === "requested" || consultation.status === "in_progress";
}

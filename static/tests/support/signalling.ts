/** The server between two calls: numbers signals, keeps them, passes them on; a test can hold, double or lose them. */
import { signal } from "@preact/signals";
import { unreachable } from "../../src/api/problems";
import type { LiveConnection } from "../../src/live/connection";
import type { SignalReceivedEvent } from "../../src/protocol";

/** More than any test needs: two pages that answer each other for ever. */
const MAXIMUM = 500;

type Listener = (event: SignalReceivedEvent) => void;

export class Signalling {
  readonly sides = [new Side(this), new Side(this)] as const;
  readonly passed: SignalReceivedEvent[] = [];
  private seq = 0;

  pass(sender: Side, payload: Partial<SignalReceivedEvent>): SignalReceivedEvent {
    this.seq += 1;
    const from = this.sides.indexOf(sender);
    const event = { ...payload, seq: this.seq, sender_id: `${from}`, at: "" } as SignalReceivedEvent;
    this.passed.push(event);
    if (this.seq > MAXIMUM) throw new Error(`these pages never stop signalling: ${this.kinds().slice(-20).join(" ")}`);
    const other = this.sides[1 - from];
    other?.deliver(event);
    return event;
  }

  /** Types of the descriptions and candidates that went by, in order. */
  kinds(): string[] {
    return this.passed.map((event) => event.description?.type ?? (event.candidate == null ? "end" : "candidate"));
  }
}

export class Side {
  readonly state = signal<"connected" | "lost">("connected");
  readonly reports: { state: string; stats?: { packets_sent: number } }[] = [];
  /** Sent to this side, whether it heard them or not. */
  readonly kept: SignalReceivedEvent[] = [];
  isDeaf = false;
  /** Refuses the next so many commands, though they took effect. */
  lostAnswers = 0;
  refusal: Error | null = null;
  private listeners = new Set<Listener>();
  private connectListeners = new Set<() => void>();

  constructor(private readonly server: Signalling) {}

  /** What a call of this side gets as its socket. */
  get live(): LiveConnection {
    const socket = {
      state: this.state,
      on: (_name: string, listener: Listener) => {
        this.listeners.add(listener);
        return () => void this.listeners.delete(listener);
      },
      onConnect: (listener: () => void) => {
        this.connectListeners.add(listener);
        return () => void this.connectListeners.delete(listener);
      },
      hint: (_name: string, payload: Side["reports"][number]) => void this.reports.push(payload),
      send: (_name: string, payload: Partial<SignalReceivedEvent>) => this.send(payload),
    };
    return socket as unknown as LiveConnection;
  }

  /** The page is loaded again: nobody of before listens any more. */
  forgetPage(): void {
    this.listeners = new Set();
    this.connectListeners = new Set();
  }

  lose(): void {
    this.state.value = "lost";
  }

  reconnect(): void {
    this.state.value = "connected";
    for (const listener of [...this.connectListeners]) listener();
  }

  deliver(event: SignalReceivedEvent): void {
    this.kept.push(event);
    if (!this.isDeaf) this.hear(event);
  }

  hear(event: SignalReceivedEvent): void {
    for (const listener of [...this.listeners]) listener(event);
  }

  private async send(payload: Partial<SignalReceivedEvent>): Promise<{ seq: number }> {
    if (this.state.value !== "connected") throw unreachable();
    if (this.refusal !== null) throw this.refusal;
    const { seq } = this.server.pass(this, payload);
    if (this.lostAnswers > 0) {
      this.lostAnswers -= 1;
      throw unreachable();
    }
    return { seq };
  }
}

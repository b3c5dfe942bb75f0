/** A small server in memory that keeps one consultation by the protocol's rules and says what it would send. */

import type { LiveEvent } from "../../src/live/protocol";
import type { Consultation, Message } from "../../src/protocol";
import { CLIENT_ID, CONSULTATION_ID, READER_ID, sampleConsultation } from "./samples";

const RATE_MINOR = 399;
const MINUTE_MS = 60_000;

export class ModelServer {
  readonly messages: Message[] = [];
  readonly sent: LiveEvent[] = [];
  balanceMinor = 4_000;
  private readonly answersByNonce = new Map<string, Message>();
  private state: Consultation = sampleConsultation({
    status: "requested",
    accepted_at: null,
    started_at: null,
    paid_until_at: null,
    paid_seconds_left: 0,
    billed_increments: 0,
    total_cost_minor: 0,
    version: 1,
  });
  private nowMs = Date.parse("2026-01-01T10:00:00Z");

  snapshot(): Consultation {
    return structuredClone(this.state);
  }

  messagesAfter(seq: number): Message[] {
    return this.messages.filter((message) => message.seq > seq).map((message) => ({ ...message }));
  }

  send(content: string, nonce: string, senderId = CLIENT_ID): Message {
    const known = this.answersByNonce.get(nonce);
    if (known) return known;
    const message: Message = {
      id: `message-${this.messages.length + 1}`,
      consultation_id: CONSULTATION_ID,
      seq: this.messages.length + 1,
      sender_id: senderId,
      kind: "text",
      content,
      upload_url: null,
      nonce,
      created_at: this.at(),
    };
    this.messages.push(message);
    this.answersByNonce.set(nonce, message);
    this.state = { ...this.state, last_seq: message.seq };
    this.sent.push({
      name: "message.sent",
      payload: { consultation_id: CONSULTATION_ID, at: this.at(), message: { ...message } },
    });
    return message;
  }

  /** Does one thing that is possible now, chosen by `choice`. */
  step(choice: number): void {
    this.nowMs += 1_000;
    const { status, is_paused: isPaused, started_at: startedAt } = this.state;
    if (status === "requested") return this.accept();
    if (status !== "in_progress") return;
    if (startedAt === null) return this.start();
    if (isPaused)
      return choice % 2 === 0 ? this.resume() : void this.send(`said ${this.nowMs}`, `n${this.nowMs}`, READER_ID);
    if (choice < 4) void this.send(`said ${this.nowMs}`, `n${this.nowMs}`, choice % 2 === 0 ? CLIENT_ID : READER_ID);
    else if (choice < 7) this.charge();
    else if (choice < 9) this.pause();
    else this.topUp();
  }

  end(): void {
    if (this.state.status !== "in_progress") return;
    this.change("consultation.ended", {
      status: "completed",
      end_reason: "client_ended",
      ended_at: this.at(),
      paid_until_at: null,
      paid_seconds_left: 0,
      is_paused: false,
      pause_reason: null,
    });
  }

  /** Notices that somebody's connection is gone. */
  lose(who: "client" | "reader"): void {
    this.change("consultation.paused", {
      is_paused: true,
      pause_reason: "connection",
      paid_until_at: null,
      [`${who}_present`]: false,
    });
  }

  private accept(): void {
    this.change("consultation.accepted", { status: "in_progress", accepted_at: this.at() });
  }

  private start(): void {
    this.change("consultation.started", { started_at: this.at(), paid_until_at: this.at() });
    this.charge({ sharesVersion: true });
  }

  private charge(options: { sharesVersion?: boolean } = {}): void {
    if (this.balanceMinor < RATE_MINOR) return this.exhaust();
    this.balanceMinor -= RATE_MINOR;
    const paidUntilMs = Date.parse(this.state.paid_until_at ?? this.at()) + MINUTE_MS;
    this.state = {
      ...this.state,
      version: this.state.version + (options.sharesVersion ? 0 : 1),
      billed_increments: this.state.billed_increments + 1,
      total_cost_minor: this.state.total_cost_minor + RATE_MINOR,
      paid_until_at: new Date(paidUntilMs).toISOString(),
      paid_seconds_left: Math.max(0, (paidUntilMs - this.nowMs) / 1000),
    };
    this.sent.push({
      name: "consultation.charged",
      payload: {
        consultation_id: CONSULTATION_ID,
        version: this.state.version,
        at: this.at(),
        increment: this.state.billed_increments,
        amount_minor: RATE_MINOR,
        total_cost_minor: this.state.total_cost_minor,
        paid_until_at: this.state.paid_until_at ?? "",
        balance_minor: this.balanceMinor,
      },
    });
  }

  private pause(): void {
    this.change("consultation.paused", { is_paused: true, pause_reason: "connection", paid_until_at: null });
  }

  private exhaust(): void {
    this.state = {
      ...this.state,
      version: this.state.version + 1,
      is_paused: true,
      pause_reason: "balance",
      paid_until_at: null,
      paid_seconds_left: 0,
      top_up_until_at: new Date(this.nowMs + 120_000).toISOString(),
    };
    this.sent.push({
      name: "consultation.balance_exhausted",
      payload: {
        consultation_id: CONSULTATION_ID,
        version: this.state.version,
        at: this.at(),
        top_up_until_at: this.state.top_up_until_at ?? "",
        consultation: this.snapshot(),
      },
    });
  }

  private resume(): void {
    if (this.state.pause_reason === "balance") this.topUp();
    this.change("consultation.resumed", {
      is_paused: false,
      pause_reason: null,
      top_up_until_at: null,
      paid_until_at: new Date(this.nowMs + this.state.paid_seconds_left * 1000).toISOString(),
    });
  }

  private topUp(): void {
    this.balanceMinor += 1_000;
    this.sent.push({
      name: "wallet.changed",
      payload: { at: this.at(), balance_minor: this.balanceMinor, currency: "USD" },
    });
  }

  private change(
    name:
      | "consultation.accepted"
      | "consultation.started"
      | "consultation.paused"
      | "consultation.resumed"
      | "consultation.ended",
    change: Partial<Consultation>,
  ): void {
    this.state = { ...this.state, ...change, version: this.state.version + 1 };
    const consultation = this.snapshot();
    this.sent.push({
      name,
      payload: { consultation_id: CONSULTATION_ID, version: consultation.version, at: this.at(), consultation },
    });
  }

  private at(): string {
    return new Date(this.nowMs).toISOString();
  }
}

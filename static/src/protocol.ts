/** The protocol's types under the app's own names; all of them come from the server's models. */
import type {
  ConsultationView,
  Desk,
  MessageView,
  ParticipantView,
  ReaderCard,
  TopUpView,
  WalletView,
} from "./generated/protocol";

export type * from "./generated/protocol";

export type Consultation = ConsultationView;
export type Message = MessageView;
export type Participant = ParticipantView;
export type TopUp = TopUpView;
export type Wallet = WalletView;
export type ConsultationType = Consultation["type"];
/** What others see of a reader. */
export type ReaderStatus = ReaderCard["status"];
/** The reader's own, who also knows "invisible". */
export type DeskStatus = Desk["status"];

export interface CommandError {
  code: string;
  message: string;
  status: number;
  retryable: boolean;
  fields: { path: string; message: string }[];
}

export type Ack = { ok: true; data: unknown } | { ok: false; error: CommandError };

export interface Review {
  id: string;
  consultation_id?: string;
  rating: number;
  comment: string | null;
  created_at: string;
  client?: { display_name: string };
}

export interface StatementLine {
  kind: "charge" | "refund" | "pause" | "resume" | "start" | "end";
  at: string;
  increment?: number | null;
  amount_minor?: number | null;
  description: string;
  transfer_id?: string | null;
  seconds?: number | null;
}

export interface Statement {
  consultation: Consultation;
  lines: StatementLine[];
  total_cost_minor: number;
  connected_seconds: number;
  currency: string;
}

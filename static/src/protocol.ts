/** The protocol's types under the app's own names; all of them come from the server's models. */
import type {
  ConsultationView,
  Desk,
  MessageView,
  ParticipantView,
  PublicReview,
  QueueEntryView,
  QueuePlaceView,
  ReaderCard,
  StatementLineView,
  TopUpView,
  WalletView,
} from "./generated/protocol";

export type * from "./generated/protocol";

export type Consultation = ConsultationView;
export type Message = MessageView;
export type Participant = ParticipantView;
export type QueueEntry = QueueEntryView;
export type QueuePlace = QueuePlaceView;
export type Review = PublicReview;
export type StatementLine = StatementLineView;
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

/** Which live commands and events exist, with their payloads; checked by the compiler wherever one is used. */
import type {
  ConnectionClosingEvent,
  Consultation,
  ConsultationAcceptedEvent,
  ConsultationBalanceExhaustedEvent,
  ConsultationBalanceLowEvent,
  ConsultationCancelledEvent,
  ConsultationChangedEvent,
  ConsultationChargedEvent,
  ConsultationDeclinedEvent,
  ConsultationEndedEvent,
  ConsultationJoined,
  ConsultationPausedEvent,
  ConsultationRequestedEvent,
  ConsultationResumedEvent,
  ConsultationStartedEvent,
  ConsultationType,
  Message,
  MessageReadEvent,
  MessageSentEvent,
  ReaderStatus,
  ReaderStatusChangedEvent,
  TypingChangedEvent,
  WalletChangedEvent,
} from "../generated/protocol";

interface Command<Payload, Data> {
  payload: Payload;
  data: Data;
}

type OneConsultation = { consultation_id: string };

export interface Commands {
  "reader.set_status": Command<{ status: Exclude<ReaderStatus, "busy"> }, unknown>;
  "consultation.request": Command<
    { reader_id: string; type: ConsultationType; nonce: string },
    { consultation: Consultation }
  >;
  "consultation.accept": Command<OneConsultation, { consultation: Consultation }>;
  "consultation.decline": Command<OneConsultation & { reason?: string }, { consultation: Consultation }>;
  "consultation.cancel": Command<OneConsultation & { reason?: string }, { consultation: Consultation }>;
  "consultation.join": Command<OneConsultation & { after_seq?: number }, ConsultationJoined>;
  "consultation.end": Command<OneConsultation, { consultation: Consultation }>;
  "message.send": Command<
    OneConsultation & { content: string; kind: "text" | "image"; nonce: string },
    { message: Message }
  >;
  "message.read": Command<OneConsultation & { up_to_seq: number }, unknown>;
  "typing.set": Command<OneConsultation & { is_typing: boolean }, unknown>;
  "readers.watch": Command<{ on: boolean }, unknown>;
}

export interface Events {
  "consultation.requested": ConsultationRequestedEvent;
  "consultation.accepted": ConsultationAcceptedEvent;
  "consultation.declined": ConsultationDeclinedEvent;
  "consultation.cancelled": ConsultationCancelledEvent;
  "consultation.started": ConsultationStartedEvent;
  "consultation.paused": ConsultationPausedEvent;
  "consultation.resumed": ConsultationResumedEvent;
  "consultation.ended": ConsultationEndedEvent;
  "consultation.changed": ConsultationChangedEvent;
  "consultation.charged": ConsultationChargedEvent;
  "consultation.balance_low": ConsultationBalanceLowEvent;
  "consultation.balance_exhausted": ConsultationBalanceExhaustedEvent;
  "message.sent": MessageSentEvent;
  "message.read": MessageReadEvent;
  "typing.changed": TypingChangedEvent;
  "wallet.changed": WalletChangedEvent;
  "reader.status_changed": ReaderStatusChangedEvent;
  "connection.closing": ConnectionClosingEvent;
}

export type CommandName = keyof Commands;
export type EventName = keyof Events;

/** Events whose payload is the whole snapshot. */
export const STATE_EVENTS = [
  "consultation.requested",
  "consultation.accepted",
  "consultation.declined",
  "consultation.cancelled",
  "consultation.started",
  "consultation.paused",
  "consultation.resumed",
  "consultation.ended",
  "consultation.changed",
] as const satisfies readonly EventName[];

export type StateEventName = (typeof STATE_EVENTS)[number];

/** An event as one value, which is what reducers and tests pass around. */
export type LiveEvent = { [Name in EventName]: { name: Name; payload: Events[Name] } }[EventName];

/** Which live commands and events exist, with their payloads; checked by the compiler wherever one is used. */
import type { LivestreamCommands, LivestreamEvents } from "../livestreams/protocol";
import type {
  AnswerConsultation,
  ChangeMode,
  ConnectionClosingEvent,
  ConnectRecording,
  ConsultationBalanceExhaustedEvent,
  ConsultationBalanceLowEvent,
  ConsultationBookingNearEvent,
  ConsultationChargedEvent,
  ConsultationData,
  ConsultationJoined,
  ConsultationReference,
  ConsultationStateEvent,
  EarningsChangedEvent,
  JoinConsultation,
  JoinQueue,
  LeaveQueue,
  MediaData,
  MessageData,
  MessageReadEvent,
  MessageSentEvent,
  NotificationCreatedEvent,
  NotificationsReadEvent,
  QueueChangedEvent,
  QueueEntryData,
  QueueLeft,
  QueueLineChangedEvent,
  ReadData,
  ReaderStatusChangedEvent,
  ReadMessages,
  RecordingConnected,
  RenewedIceServers,
  ReportMedia,
  RequestConsultation,
  SendMessage,
  SendSignal,
  SetStatus,
  SetTyping,
  SignalData,
  SignalReceivedEvent,
  StatusData,
  TypingChangedEvent,
  TypingData,
  WalletChangedEvent,
  WatchData,
  WatchReaders,
} from "../protocol";

interface Command<Payload, Data> {
  payload: Payload;
  data: Data;
}

export interface Commands extends LivestreamCommands {
  "reader.set_status": Command<SetStatus, StatusData>;
  "consultation.request": Command<RequestConsultation, ConsultationData>;
  "consultation.accept": Command<AnswerConsultation, ConsultationData>;
  "consultation.decline": Command<AnswerConsultation, ConsultationData>;
  "consultation.cancel": Command<AnswerConsultation, ConsultationData>;
  "consultation.join": Command<JoinConsultation, ConsultationJoined>;
  "consultation.end": Command<ConsultationReference, ConsultationData>;
  "consultation.set_mode": Command<ChangeMode, ConsultationData>;
  "message.send": Command<SendMessage, MessageData>;
  "message.read": Command<ReadMessages, ReadData>;
  "typing.set": Command<SetTyping, TypingData>;
  "signal.send": Command<SendSignal, SignalData>;
  "media.report": Command<ReportMedia, MediaData>;
  "media.renew": Command<ConsultationReference, RenewedIceServers>;
  "recording.ask": Command<ConsultationReference, ConsultationData>;
  "recording.agree": Command<ConsultationReference, ConsultationData>;
  "recording.decline": Command<ConsultationReference, ConsultationData>;
  "recording.stop": Command<ConsultationReference, ConsultationData>;
  "recording.connect": Command<ConnectRecording, RecordingConnected>;
  "readers.watch": Command<WatchReaders, WatchData>;
  "queue.join": Command<JoinQueue, QueueEntryData>;
  "queue.leave": Command<LeaveQueue, QueueLeft>;
}

export interface Events extends LivestreamEvents {
  "consultation.scheduled": ConsultationStateEvent;
  "consultation.requested": ConsultationStateEvent;
  "consultation.accepted": ConsultationStateEvent;
  "consultation.declined": ConsultationStateEvent;
  "consultation.cancelled": ConsultationStateEvent;
  "consultation.started": ConsultationStateEvent;
  "consultation.paused": ConsultationStateEvent;
  "consultation.resumed": ConsultationStateEvent;
  "consultation.ended": ConsultationStateEvent;
  "consultation.changed": ConsultationStateEvent;
  "consultation.charged": ConsultationChargedEvent;
  "consultation.balance_low": ConsultationBalanceLowEvent;
  "consultation.balance_exhausted": ConsultationBalanceExhaustedEvent;
  "consultation.booking_near": ConsultationBookingNearEvent;
  "message.sent": MessageSentEvent;
  "message.read": MessageReadEvent;
  "typing.changed": TypingChangedEvent;
  "signal.received": SignalReceivedEvent;
  "wallet.changed": WalletChangedEvent;
  "earnings.changed": EarningsChangedEvent;
  "reader.status_changed": ReaderStatusChangedEvent;
  "queue.changed": QueueChangedEvent;
  "queue.line_changed": QueueLineChangedEvent;
  "notification.created": NotificationCreatedEvent;
  "notification.read": NotificationsReadEvent;
  "connection.closing": ConnectionClosingEvent;
}

export type CommandName = keyof Commands;
export type EventName = keyof Events;

/** Events whose payload is the whole snapshot. */
export const STATE_EVENTS = [
  "consultation.scheduled",
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

/** Livestreams and gifts as the live protocol tells of them, and the commands and events about them. */

import type {
  AnswerLivestream,
  DeleteLivestreamMessage,
  GiftData,
  GiftGoalView,
  GiftKindView,
  GiftSentEvent,
  GiftView,
  JoinLivestream,
  LivestreamAnswered,
  LivestreamData,
  LivestreamJoined,
  LivestreamLeft,
  LivestreamMessageData,
  LivestreamMessageDeleted,
  LivestreamMessageDeletedEvent,
  LivestreamMessageView,
  LivestreamModeratorSetEvent,
  LivestreamReference,
  LivestreamSaidEvent,
  LivestreamSanctionedEvent,
  LivestreamStarted,
  LivestreamStateEvent,
  LivestreamsWatched,
  LivestreamTakenOverEvent,
  LivestreamView,
  LivestreamViewersChangedEvent,
  ModeratorData,
  SanctionData,
  SanctionView,
  SanctionViewer,
  SayInLivestream,
  SendGift,
  SetChat,
  SetModerator,
  SpeakerView,
  StandingView,
  StartLivestream,
  TopSenderView,
  WatchLivestreams,
} from "../generated/protocol";

export type { LivestreamJoined, LivestreamStateEvent } from "../generated/protocol";

export type Person = SpeakerView;
export type GiftGoal = GiftGoalView;
export type Livestream = LivestreamView;
export type Gift = GiftView;
export type LivestreamMessage = LivestreamMessageView;
export type Badge = LivestreamMessage["badges"][number];
export type TopSender = TopSenderView;
export type MediaOffer = LivestreamJoined["media"];

export type GiftKind = GiftKindView;

export type SanctionKind = SanctionViewer["kind"];
export type Sanction = Pick<SanctionView, "kind" | "until_at" | "reason">;
/** What somebody may do in a livestream's chat. */
export type Rank = StandingView["rank"];

interface Command<Payload, Data> {
  payload: Payload;
  data: Data;
}

export interface LivestreamCommands {
  "livestream.start": Command<StartLivestream, LivestreamStarted>;
  "livestream.pause": Command<LivestreamReference, LivestreamData>;
  "livestream.end": Command<LivestreamReference, LivestreamData>;
  "livestream.join": Command<JoinLivestream, LivestreamJoined>;
  "livestream.answer": Command<AnswerLivestream, LivestreamAnswered>;
  "livestream.leave": Command<LivestreamReference, LivestreamLeft>;
  "livestream.say": Command<SayInLivestream, LivestreamMessageData>;
  "livestream.set_chat": Command<SetChat, LivestreamData>;
  "livestream.delete_message": Command<DeleteLivestreamMessage, LivestreamMessageDeleted>;
  "livestream.sanction": Command<SanctionViewer, SanctionData>;
  "livestream.set_moderator": Command<SetModerator, ModeratorData>;
  "livestreams.watch": Command<WatchLivestreams, LivestreamsWatched>;
  "gift.send": Command<SendGift, GiftData>;
}

export interface LivestreamEvents {
  "livestream.started": LivestreamStateEvent;
  "livestream.ended": LivestreamStateEvent;
  "livestream.paused": LivestreamStateEvent;
  "livestream.resumed": LivestreamStateEvent;
  "livestream.changed": LivestreamStateEvent;
  "livestream.taken_over": LivestreamTakenOverEvent;
  "livestream.said": LivestreamSaidEvent;
  "livestream.message_deleted": LivestreamMessageDeletedEvent;
  "livestream.sanctioned": LivestreamSanctionedEvent;
  "livestream.moderator_set": LivestreamModeratorSetEvent;
  "livestream.viewers_changed": LivestreamViewersChangedEvent;
  "gift.sent": GiftSentEvent;
}

export const LIVESTREAM_STATE_EVENTS = [
  "livestream.started",
  "livestream.ended",
  "livestream.paused",
  "livestream.resumed",
  "livestream.changed",
] as const satisfies readonly (keyof LivestreamEvents)[];

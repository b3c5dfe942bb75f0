/** Livestreams and gifts as the live protocol tells of them, and the commands and events about them. */

export interface Person {
  id: string;
  display_name: string;
  avatar_url: string | null;
}

export interface GiftGoal {
  title: string;
  goal_minor: number;
  reached_minor: number;
}

export interface Livestream {
  id: string;
  reader: Person;
  title: string;
  description: string;
  category: string;
  cover_url: string | null;
  status: "scheduled" | "live" | "ended" | "cancelled";
  end_reason: string | null;
  scheduled_at: string | null;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  is_paused: boolean;
  pause_reason: "connection" | "private" | null;
  pause_until_at: string | null;
  /** Where its media are; null while there is nothing to see. */
  media_id: string | null;
  viewer_count: number;
  peak: number;
  slow_mode_seconds: number;
  is_followers_only: boolean;
  gift_goal: GiftGoal | null;
  currency: string;
  gifts_minor: number;
  last_seq: number;
  version: number;
  is_recorded: boolean;
  recording: { state: string; is_published: boolean; seconds: number | null } | null;
}

export interface Gift {
  id: string;
  sender: Person;
  gift_kind_id: string;
  quantity: number;
  amount_minor: number;
  message: string;
  currency: string;
}

export type Badge = "reader" | "moderator" | "admin";

export interface LivestreamMessage {
  id: string;
  seq: number;
  kind: "text" | "gift";
  sender: Person;
  badges: Badge[];
  content: string;
  gift: Gift | null;
  is_deleted: boolean;
  created_at: string;
}

export interface TopSender {
  user: Person;
  total_minor: number;
}

export interface GiftKind {
  id: string;
  name: string;
  description: string;
  price_minor: number;
  currency: string;
  image_url: string;
  animation_url: string | null;
}

export interface SessionDescription {
  type: "offer" | "answer";
  sdp: string;
}

export type MediaOffer = "offered" | "waiting" | "full" | "unavailable";

export interface LivestreamJoined {
  livestream: Livestream;
  messages: LivestreamMessage[];
  top_senders: TopSender[];
  description: SessionDescription | null;
  media: MediaOffer;
}

export type SanctionKind = "muted" | "banned" | "none";

export interface Sanction {
  kind: SanctionKind;
  until_at: string | null;
  reason: string;
}

interface About {
  livestream_id: string;
}

interface LivestreamData {
  livestream: Livestream;
}

interface Command<Payload, Data> {
  payload: Payload;
  data: Data;
}

export interface SendGift {
  livestream_id?: string;
  consultation_id?: string;
  gift_kind_id: string;
  quantity: number;
  message?: string;
  nonce: string;
}

export interface LivestreamCommands {
  "livestream.start": Command<
    About & { description: SessionDescription; publishing_id?: string },
    LivestreamData & { description: SessionDescription; publishing_id: string }
  >;
  "livestream.pause": Command<About, LivestreamData>;
  "livestream.end": Command<About, LivestreamData>;
  "livestream.join": Command<About & { after_seq?: number }, LivestreamJoined>;
  "livestream.answer": Command<About & { description: SessionDescription }, object>;
  "livestream.leave": Command<About, object>;
  "livestream.say": Command<About & { content: string; nonce: string }, { message: LivestreamMessage }>;
  "livestream.set_chat": Command<About & { slow_mode_seconds?: number; is_followers_only?: boolean }, LivestreamData>;
  "livestream.delete_message": Command<About & { message_id: string }, object>;
  "livestream.sanction": Command<
    About & { user_id: string; kind: SanctionKind; seconds?: number; reason?: string },
    { sanction: Sanction | null }
  >;
  "livestream.set_moderator": Command<About & { user_id: string; on: boolean }, { on: boolean }>;
  "livestreams.watch": Command<{ on: boolean }, { on: boolean }>;
  "gift.send": Command<SendGift, { gift: Gift; balance_minor: number }>;
}

export interface LivestreamStateEvent extends About {
  livestream: Livestream;
  at: string;
}

export interface GiftSentEvent {
  livestream_id?: string | null;
  consultation_id?: string | null;
  gift: Gift;
  message: LivestreamMessage | null;
  top_senders: TopSender[];
  gift_goal: GiftGoal | null;
  at: string;
}

export interface LivestreamEvents {
  "livestream.started": LivestreamStateEvent;
  "livestream.ended": LivestreamStateEvent;
  "livestream.paused": LivestreamStateEvent;
  "livestream.resumed": LivestreamStateEvent;
  "livestream.changed": LivestreamStateEvent;
  "livestream.taken_over": About & { publishing_id: string; at: string };
  "livestream.said": About & { message: LivestreamMessage; at: string };
  "livestream.message_deleted": About & { message_id: string; seq: number; deleted_by: string | null; at: string };
  "livestream.sanctioned": About & Sanction & { at: string };
  "livestream.viewers_changed": About & { viewer_count: number; peak: number; at: string };
  "gift.sent": GiftSentEvent;
}

export const LIVESTREAM_STATE_EVENTS = [
  "livestream.started",
  "livestream.ended",
  "livestream.paused",
  "livestream.resumed",
  "livestream.changed",
] as const satisfies readonly (keyof LivestreamEvents)[];

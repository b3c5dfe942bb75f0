/**
 * What one browser knows about one livestream, and how each thing it hears changes that. Pure: no clock, no network.
 * Events may be missed, doubled or late; whatever the order, the state never goes back, and `isMissingMessages` says
 * whether something must be fetched to catch up with the server.
 */
import type { LiveEvent } from "../live/protocol";
import {
  type GiftGoal,
  LIVESTREAM_STATE_EVENTS,
  type Livestream,
  type LivestreamJoined,
  type LivestreamMessage,
  type LivestreamStateEvent,
  type Rank,
  type Sanction,
  type TopSender,
} from "./protocol";

/** Of a long evening, what somebody may scroll back to. */
export const MESSAGES_KEPT = 500;

export interface LivestreamState {
  readonly livestreamId: string;
  readonly ownId: string;
  readonly livestream: Livestream | null;
  /** The `seq` before the first message that is kept; null until the livestream was joined. */
  readonly baseSeq: number | null;
  /** In order and without a gap. */
  readonly messages: readonly LivestreamMessage[];
  /** Received beyond a gap; they join `messages` once the gap is filled. */
  readonly ahead: readonly LivestreamMessage[];
  readonly topSenders: readonly TopSender[];
  /** The gift's `seq` after which the top senders were so. */
  readonly topSendersSeq: number;
  readonly viewersHeardAtMs: number;
  /** What holds for this visitor here. */
  readonly standing: Standing;
}

export interface Standing {
  readonly rank: Rank;
  /** Null: not known. */
  readonly isFollowing: boolean | null;
  readonly sanction: Sanction | null;
}

export type LivestreamAction =
  /** `isFresh`: without `after_seq`, so that what came before is not asked for. */
  | { kind: "joined"; joined: LivestreamJoined; isFresh: boolean }
  | { kind: "told_snapshot"; livestream: Livestream }
  | { kind: "fetched_messages"; messages: readonly LivestreamMessage[] }
  | { kind: "told_following"; isFollowing: boolean }
  | { kind: "event"; event: LiveEvent };

export function emptyLivestream(livestreamId: string, ownId: string): LivestreamState {
  return {
    livestreamId,
    ownId,
    livestream: null,
    baseSeq: null,
    messages: [],
    ahead: [],
    topSenders: [],
    topSendersSeq: -1,
    viewersHeardAtMs: 0,
    standing: { rank: "viewer", isFollowing: null, sanction: null },
  };
}

/** The highest `seq` up to which nothing is missing; null before the first join. */
export function lastSeq(state: LivestreamState): number | null {
  return state.messages.at(-1)?.seq ?? state.baseSeq;
}

export function isMissingMessages(state: LivestreamState): boolean {
  const last = lastSeq(state);
  if (last === null || state.livestream === null) return false;
  return state.ahead.length > 0 || last < state.livestream.last_seq;
}

export function reduceLivestream(state: LivestreamState, action: LivestreamAction): LivestreamState {
  switch (action.kind) {
    case "joined":
      return withJoined(state, action.joined, action.isFresh);
    case "told_snapshot":
      return withSnapshot(state, action.livestream);
    case "fetched_messages":
      return withMessages(state, action.messages);
    case "told_following":
      return withStanding(state, { isFollowing: action.isFollowing });
    case "event":
      return withEvent(state, action.event);
  }
}

function withJoined(state: LivestreamState, joined: LivestreamJoined, isFresh: boolean): LivestreamState {
  const { livestream, messages, top_senders: topSenders, standing } = joined;
  const first = messages[0]?.seq ?? livestream.last_seq + 1;
  const begun =
    state.baseSeq === null || isFresh
      ? { ...state, baseSeq: first - 1, messages: [], ahead: [...state.messages, ...state.ahead] }
      : state;
  const next = withMessages(withSnapshot(begun, livestream), messages);
  const { rank, is_following: isFollowing, sanction } = standing;
  return withTopSenders(withStanding(next, { rank, isFollowing, sanction }), topSenders, livestream.last_seq);
}

function withEvent(state: LivestreamState, event: LiveEvent): LivestreamState {
  if (!("livestream_id" in event.payload) || event.payload.livestream_id !== state.livestreamId) return state;
  if (isLivestreamStateEvent(event)) return withSnapshot(state, event.payload.livestream);
  switch (event.name) {
    case "livestream.said":
      return withMessages(state, [event.payload.message]);
    case "livestream.message_deleted":
      return withDeleted(state, event.payload.seq);
    case "livestream.sanctioned": {
      const { kind, until_at, reason } = event.payload;
      return withStanding(state, { sanction: kind === "none" ? null : { kind, until_at, reason } });
    }
    case "livestream.moderator_set":
      if (event.payload.user_id !== state.ownId) return state;
      return withStanding(state, { rank: event.payload.on ? "moderator" : "viewer" });
    case "livestream.viewers_changed":
      return withViewers(state, event.payload);
    case "gift.sent": {
      const { message, top_senders: topSenders, gift_goal: goal, gift } = event.payload;
      if (message === null) return state;
      const next = withGoal(
        withMessages(state, [message]),
        goal,
        message.seq > state.topSendersSeq ? gift.amount_minor : 0,
      );
      return withTopSenders(next, topSenders, message.seq);
    }
    default:
      return state;
  }
}

export function isLivestreamStateEvent(
  event: LiveEvent,
): event is Extract<LiveEvent, { payload: LivestreamStateEvent }> {
  return (LIVESTREAM_STATE_EVENTS as readonly string[]).includes(event.name);
}

function withStanding(state: LivestreamState, change: Partial<Standing>): LivestreamState {
  return { ...state, standing: { ...state.standing, ...change } };
}

/** A late answer or a doubled event is older than what we have; what only ever grows counts all the same. */
function withSnapshot(state: LivestreamState, incoming: Livestream): LivestreamState {
  const known = state.livestream;
  if (known === null) return { ...state, livestream: incoming };
  const next = incoming.version >= known.version ? incoming : known;
  const livestream = {
    ...next,
    peak: Math.max(known.peak, incoming.peak),
    last_seq: Math.max(known.last_seq, incoming.last_seq),
    gifts_minor: Math.max(known.gifts_minor, incoming.gifts_minor),
    gift_goal: furtherGoal(next.gift_goal, next === incoming ? known.gift_goal : incoming.gift_goal),
  };
  return { ...state, livestream };
}

/** Of one goal, whichever telling got further. */
function furtherGoal(goal: GiftGoal | null, other: GiftGoal | null): GiftGoal | null {
  if (goal === null || other === null) return goal;
  if (goal.title !== other.title || goal.goal_minor !== other.goal_minor) return goal;
  return goal.reached_minor >= other.reached_minor ? goal : other;
}

function withGoal(state: LivestreamState, goal: GiftGoal | null, amountMinor: number): LivestreamState {
  if (state.livestream === null) return state;
  const { livestream } = state;
  const gift_goal = goal === null ? livestream.gift_goal : furtherGoal(goal, livestream.gift_goal);
  return { ...state, livestream: { ...livestream, gift_goal, gifts_minor: livestream.gifts_minor + amountMinor } };
}

function withTopSenders(state: LivestreamState, topSenders: readonly TopSender[], seq: number): LivestreamState {
  return seq < state.topSendersSeq ? state : { ...state, topSenders, topSendersSeq: seq };
}

function withViewers(
  state: LivestreamState,
  told: { viewer_count: number; peak: number; at: string },
): LivestreamState {
  const atMs = Date.parse(told.at);
  if (state.livestream === null || atMs < state.viewersHeardAtMs) return state;
  const { livestream } = state;
  const peak = Math.max(livestream.peak, told.peak);
  return { ...state, viewersHeardAtMs: atMs, livestream: { ...livestream, viewer_count: told.viewer_count, peak } };
}

function withDeleted(state: LivestreamState, seq: number): LivestreamState {
  const wipe = (message: LivestreamMessage) => (message.seq === seq ? deleted(message) : message);
  return { ...state, messages: state.messages.map(wipe), ahead: state.ahead.map(wipe) };
}

function deleted(message: LivestreamMessage): LivestreamMessage {
  return { ...message, content: "", is_deleted: true };
}

function withMessages(state: LivestreamState, incoming: readonly LivestreamMessage[]): LivestreamState {
  const last = lastSeq(state);
  const bySeq = new Map(state.ahead.map((message) => [message.seq, message]));
  for (const message of incoming) {
    // What was deleted stays so, whichever copy comes later.
    if (bySeq.get(message.seq)?.is_deleted !== true) bySeq.set(message.seq, message);
  }
  // Nothing is in order before the join has said where it begins.
  if (last === null) return { ...state, ahead: inOrder(bySeq) };
  const known = state.messages.map((message) => {
    const again = bySeq.get(message.seq);
    return again?.is_deleted && !message.is_deleted ? again : message;
  });
  const added: LivestreamMessage[] = [];
  for (let next = bySeq.get(last + 1); next; next = bySeq.get(last + 1 + added.length)) added.push(next);
  const end = last + added.length;
  const messages = [...known, ...added].slice(-MESSAGES_KEPT);
  const ahead = inOrder(bySeq).filter((message) => message.seq > end);
  const highest = ahead.at(-1)?.seq ?? end;
  const { livestream } = state;
  return {
    ...state,
    messages,
    ahead,
    baseSeq: (messages[0]?.seq ?? end + 1) - 1,
    livestream:
      livestream !== null && highest > livestream.last_seq ? { ...livestream, last_seq: highest } : livestream,
  };
}

function inOrder(bySeq: ReadonlyMap<number, LivestreamMessage>): LivestreamMessage[] {
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

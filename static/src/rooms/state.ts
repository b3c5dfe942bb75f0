/**
 * What one browser knows about one consultation, and how each thing it hears changes that. Pure: no clock, no
 * network. Events may be missed, doubled or late; whatever the order, the state never goes back, and `needs` says
 * what must be fetched to catch up with the server.
 */

import type { LiveEvent, StateEventName } from "../live/protocol";
import { STATE_EVENTS } from "../live/protocol";
import type { Consultation, ConsultationBalanceExhaustedEvent, ConsultationChargedEvent, Message } from "../protocol";

export interface RoomState {
  readonly consultationId: string;
  readonly ownId: string;
  readonly consultation: Consultation | null;
  /** In order and without a gap, from `seq` 1. */
  readonly messages: readonly Message[];
  /** Received beyond a gap; they join `messages` once the gap is filled. */
  readonly aheadMessages: readonly Message[];
  /** The newest change that anything told us of; being behind it means that the snapshot must be fetched. */
  readonly heardOf: { readonly version: number; readonly increment: number };
  readonly needs: { readonly snapshot: boolean; readonly messages: boolean };
  readonly isOtherTyping: boolean;
  readonly readUpTo: { readonly own: number; readonly other: number };
  /** The wallet of the client, as last told. */
  readonly balanceMinor: number | null;
  /** From `balance_low`; a top-up takes it back. */
  readonly minutesLeft: number | null;
}

export type RoomAction =
  | { kind: "fetched_snapshot"; consultation: Consultation }
  | { kind: "fetched_messages"; messages: readonly Message[] }
  | { kind: "own_message_stored"; message: Message }
  | { kind: "balance_known"; balanceMinor: number }
  | { kind: "event"; event: LiveEvent };

export function emptyRoom(consultationId: string, ownId: string): RoomState {
  return {
    consultationId,
    ownId,
    consultation: null,
    messages: [],
    aheadMessages: [],
    heardOf: { version: 0, increment: 0 },
    needs: { snapshot: true, messages: true },
    isOtherTyping: false,
    readUpTo: { own: 0, other: 0 },
    balanceMinor: null,
    minutesLeft: null,
  };
}

export function reduceRoom(state: RoomState, action: RoomAction): RoomState {
  return withNeeds(withAction(state, action));
}

/** The highest `seq` up to which nothing is missing. */
export function contiguousSeq(state: RoomState): number {
  return state.messages.length;
}

function withAction(state: RoomState, action: RoomAction): RoomState {
  switch (action.kind) {
    case "fetched_snapshot":
      return withSnapshot(state, action.consultation);
    case "fetched_messages":
      return withMessages(state, action.messages);
    case "own_message_stored":
      return withMessages(state, [action.message]);
    case "balance_known":
      return withBalance(state, action.balanceMinor);
    case "event":
      return withEvent(state, action.event);
  }
}

function withEvent(state: RoomState, event: LiveEvent): RoomState {
  if (event.name === "wallet.changed") return withBalance(state, event.payload.balance_minor);
  if (!("consultation_id" in event.payload) || event.payload.consultation_id !== state.consultationId) return state;
  if (isStateEvent(event)) return withSnapshot(state, event.payload.consultation);
  switch (event.name) {
    case "consultation.charged":
      return withCharge(state, event.payload);
    case "consultation.balance_low":
      return { ...state, minutesLeft: event.payload.minutes_left };
    case "consultation.balance_exhausted":
      return withExhaustion(state, event.payload);
    case "message.sent":
      return withMessages(withoutTyping(state, event.payload.message.sender_id), [event.payload.message]);
    case "message.read":
      return withReadMark(state, event.payload.user_id, event.payload.up_to_seq);
    case "typing.changed":
      return event.payload.user_id === state.ownId ? state : { ...state, isOtherTyping: event.payload.is_typing };
    default:
      return state;
  }
}

function isStateEvent(event: LiveEvent): event is Extract<LiveEvent, { name: StateEventName }> {
  return (STATE_EVENTS as readonly string[]).includes(event.name);
}

function withSnapshot(state: RoomState, incoming: Consultation): RoomState {
  const known = state.consultation;
  const lastSeq = Math.max(incoming.last_seq, known?.last_seq ?? 0);
  // A late answer or a doubled event is older than what we have: only its messages count.
  const next = known !== null && !isAtLeastAsNew(incoming, known) ? known : incoming;
  const consultation = next.last_seq === lastSeq ? next : { ...next, last_seq: lastSeq };
  const isClient = incoming.client.id === state.ownId;
  const own = isClient ? incoming.client_read_seq : incoming.reader_read_seq;
  const other = isClient ? incoming.reader_read_seq : incoming.client_read_seq;
  return hearing(
    {
      ...state,
      consultation,
      readUpTo: { own: Math.max(own, state.readUpTo.own), other: Math.max(other, state.readUpTo.other) },
      isOtherTyping: consultation.status === "in_progress" && state.isOtherTyping,
    },
    incoming.version,
    incoming.billed_increments,
  );
}

/** The first charge may share its version with the start, so charges break the tie. */
function isAtLeastAsNew(incoming: Consultation, known: Consultation): boolean {
  if (incoming.version !== known.version) return incoming.version > known.version;
  return incoming.billed_increments >= known.billed_increments;
}

function withCharge(state: RoomState, charge: ConsultationChargedEvent): RoomState {
  const known = state.consultation;
  const heard = hearing(state, charge.version, charge.increment);
  if (known === null) return heard;
  const isNext =
    (charge.version === known.version || charge.version === known.version + 1) &&
    charge.increment === known.billed_increments + 1;
  if (!isNext) return heard;
  const consultation: Consultation = {
    ...known,
    version: charge.version,
    billed_increments: charge.increment,
    total_cost_minor: charge.total_cost_minor,
    paid_until_at: charge.paid_until_at,
    paid_seconds_left: Math.max(0, (Date.parse(charge.paid_until_at) - Date.parse(charge.at)) / 1000),
  };
  if (typeof charge.earnings_minor === "number") consultation.earnings_minor = charge.earnings_minor;
  const charged = { ...heard, consultation };
  return typeof charge.balance_minor === "number" ? withBalance(charged, charge.balance_minor) : charged;
}

function withExhaustion(state: RoomState, stop: ConsultationBalanceExhaustedEvent): RoomState {
  const next = withSnapshot(state, stop.consultation);
  return next.consultation?.pause_reason === "balance" ? { ...next, minutesLeft: 0 } : next;
}

function withMessages(state: RoomState, incoming: readonly Message[]): RoomState {
  const bySeq = new Map<number, Message>();
  for (const message of [...state.aheadMessages, ...incoming]) {
    if (message.consultation_id === state.consultationId && message.seq > state.messages.length) {
      bySeq.set(message.seq, message);
    }
  }
  const messages = [...state.messages];
  for (let next = bySeq.get(messages.length + 1); next; next = bySeq.get(messages.length + 1)) {
    messages.push(next);
    bySeq.delete(next.seq);
  }
  const aheadMessages = [...bySeq.values()].sort((a, b) => a.seq - b.seq);
  const highest = Math.max(messages.length, aheadMessages.at(-1)?.seq ?? 0);
  const consultation =
    state.consultation !== null && highest > state.consultation.last_seq
      ? { ...state.consultation, last_seq: highest }
      : state.consultation;
  return { ...state, messages, aheadMessages, consultation };
}

function withNeeds(state: RoomState): RoomState {
  const known = state.consultation;
  const { version, increment } = state.heardOf;
  const snapshot = known === null || known.version < version || known.billed_increments < increment;
  const messages = known === null || state.messages.length < known.last_seq || state.aheadMessages.length > 0;
  if (snapshot === state.needs.snapshot && messages === state.needs.messages) return state;
  return { ...state, needs: { snapshot, messages } };
}

function hearing(state: RoomState, version: number, increment: number): RoomState {
  const { heardOf } = state;
  if (version <= heardOf.version && increment <= heardOf.increment) return state;
  const next = { version: Math.max(version, heardOf.version), increment: Math.max(increment, heardOf.increment) };
  return { ...state, heardOf: next };
}

function withReadMark(state: RoomState, userId: string, upToSeq: number): RoomState {
  const side = userId === state.ownId ? "own" : "other";
  if (state.readUpTo[side] >= upToSeq) return state;
  return { ...state, readUpTo: { ...state.readUpTo, [side]: upToSeq } };
}

function withBalance(state: RoomState, balanceMinor: number): RoomState {
  const hasRisen = state.balanceMinor !== null && balanceMinor > state.balanceMinor;
  return { ...state, balanceMinor, minutesLeft: hasRisen ? null : state.minutesLeft };
}

function withoutTyping(state: RoomState, senderId: string): RoomState {
  return senderId === state.ownId || !state.isOtherTyping ? state : { ...state, isOtherTyping: false };
}

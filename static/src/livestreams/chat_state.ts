/** Whether this visitor may write in a livestream's chat right now, and if not why. Pure. */
import type { Livestream, LivestreamMessage, Rank } from "./protocol";
import type { Standing } from "./state";

export type ChatState =
  | { kind: "open" }
  /** Slow mode: the next text may be sent then. */
  | { kind: "slow"; untilMs: number }
  | { kind: "followers_only" }
  | { kind: "muted" | "banned"; untilMs: number | null; reason: string }
  | { kind: "ended" };

/** Who looks at the chat. */
export interface ChatVisitor extends Standing {
  ownId: string;
  /** From a refusal of slow mode. */
  slowedUntilMs: number;
}

export function readChat(
  livestream: Livestream,
  messages: readonly LivestreamMessage[],
  visitor: ChatVisitor,
  nowMs: number,
): ChatState {
  if (livestream.status === "ended" || livestream.status === "cancelled") return { kind: "ended" };
  const { sanction } = visitor;
  if (sanction !== null) {
    const untilMs = sanction.until_at === null ? null : Date.parse(sanction.until_at);
    if (untilMs === null || untilMs > nowMs) return { kind: sanction.kind, untilMs, reason: sanction.reason };
  }
  if (keepsOrder(visitor.rank)) return { kind: "open" };
  // Where it is not known, the server decides.
  if (livestream.is_followers_only && visitor.isFollowing === false) return { kind: "followers_only" };
  const untilMs = slowUntil(livestream, messages, visitor);
  return untilMs > nowMs ? { kind: "slow", untilMs } : { kind: "open" };
}

/** 0 = no waiting. */
export function slowUntil(
  livestream: Livestream,
  messages: readonly LivestreamMessage[],
  visitor: Pick<ChatVisitor, "ownId" | "rank" | "slowedUntilMs">,
): number {
  if (livestream.slow_mode_seconds === 0 || keepsOrder(visitor.rank)) return 0;
  const own = messages.findLast(({ kind, sender }) => kind === "text" && sender.id === visitor.ownId);
  const next = own === undefined ? 0 : Date.parse(own.created_at) + livestream.slow_mode_seconds * 1000;
  return Math.max(next, visitor.slowedUntilMs);
}

/** May delete messages, mute and ban, and is bound by no mode of the chat: the reader, moderators, admins. */
export function keepsOrder(rank: Rank): boolean {
  return rank !== "viewer";
}

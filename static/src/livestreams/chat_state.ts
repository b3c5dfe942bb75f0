/** Whether this visitor may write in a livestream's chat right now, and if not why. Pure. */
import type { Livestream, LivestreamMessage, Sanction } from "./protocol";

export type ChatState =
  | { kind: "open" }
  /** Slow mode: the next text may be sent then. */
  | { kind: "slow"; untilMs: number }
  | { kind: "followers_only" }
  | { kind: "muted" | "banned"; untilMs: number | null; reason: string }
  | { kind: "ended" };

/** What is known about the visitor beside what everybody sees. */
export interface ChatVisitor {
  ownId: string;
  sanction: Sanction | null;
  /** Null: not known; the server decides. */
  isFollowing: boolean | null;
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
  if (sanction !== null && sanction.kind !== "none") {
    const untilMs = sanction.until_at === null ? null : Date.parse(sanction.until_at);
    if (untilMs === null || untilMs > nowMs) return { kind: sanction.kind, untilMs, reason: sanction.reason };
  }
  if (keepsOrder(livestream, messages, visitor.ownId)) return { kind: "open" };
  if (livestream.is_followers_only && visitor.isFollowing === false) return { kind: "followers_only" };
  const untilMs = slowUntil(livestream, messages, visitor);
  return untilMs > nowMs ? { kind: "slow", untilMs } : { kind: "open" };
}

/** The reader, their moderators and admins are bound by no mode of the chat; 0 = no waiting. */
export function slowUntil(
  livestream: Livestream,
  messages: readonly LivestreamMessage[],
  visitor: Pick<ChatVisitor, "ownId" | "slowedUntilMs">,
): number {
  if (livestream.slow_mode_seconds === 0 || keepsOrder(livestream, messages, visitor.ownId)) return 0;
  const own = messages.findLast(({ kind, sender }) => kind === "text" && sender.id === visitor.ownId);
  const next = own === undefined ? 0 : Date.parse(own.created_at) + livestream.slow_mode_seconds * 1000;
  return Math.max(next, visitor.slowedUntilMs);
}

function keepsOrder(livestream: Livestream, messages: readonly LivestreamMessage[], ownId: string): boolean {
  if (livestream.reader.id === ownId) return true;
  return (messages.findLast(({ sender }) => sender.id === ownId)?.badges.length ?? 0) > 0;
}

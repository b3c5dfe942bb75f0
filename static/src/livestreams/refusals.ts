/** Why a livestream could not be begun, or gone on with: from the server's codes to what the studio can say about it. */
import type { Problem } from "../api/problems";

export type Refusal =
  /** The livestream is over. */
  | "ended"
  /** Another livestream of the same reader is live. */
  | "already_live"
  /** The reader is in a consultation. */
  | "busy"
  | "unverified"
  /** Another page publishes now. */
  | "taken_over"
  | "full"
  /** It is not this person's, or does not exist. */
  | "not_yours"
  /** One of the two did not understand the other's description. */
  | "not_understood"
  /** Nobody answered. */
  | "unavailable"
  /** It was answered, but sound and picture found no way. */
  | "no_way"
  | "refused";

const BY_CODE: Record<string, Refusal> = {
  "livestream.ended": "ended",
  "livestream.already_live": "already_live",
  "livestream.full": "full",
  "livestream.taken_over": "taken_over",
  "reader.busy": "busy",
  "reader.unverified": "unverified",
};

/** Null: it is worth trying again. */
export function refusalOf(problem: Problem): Refusal | null {
  const known = BY_CODE[problem.code];
  if (known !== undefined) return known;
  if (problem.isRetryable) return null;
  if (problem.status === 404 || problem.status === 403) return "not_yours";
  return problem.status === 422 ? "not_understood" : "refused";
}

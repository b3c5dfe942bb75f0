/** What a reader writes about a livestream, as it stands in the form, and as it is sent. */
import type { LivestreamDraft } from "../protocol";
import { editableMoney, parseMoney } from "../texts/formats";
import type { Livestream } from "./protocol";

export interface TypedDetails {
  title: string;
  description: string;
  category: string;
  isRecorded: boolean;
  goalTitle: string;
  goalAmount: string;
  /** As a `datetime-local` field has it, by this browser's clock; empty for "now". */
  when: string;
  /** Undefined: as it was; null: none. */
  coverUploadId?: string | null;
}

export type DetailsMistake = "title" | "goal_incomplete" | "goal_amount" | "when";

export const FIRST_DETAILS: TypedDetails = {
  title: "",
  description: "",
  category: "general",
  isRecorded: false,
  goalTitle: "",
  goalAmount: "",
  when: "",
};

export function typedOf(livestream: Livestream): TypedDetails {
  const { title, description, category, is_recorded: isRecorded, gift_goal: goal, currency, scheduled_at } = livestream;
  return {
    ...{ title, description, category, isRecorded },
    goalTitle: goal?.title ?? "",
    goalAmount: goal === null ? "" : editableMoney(goal.goal_minor, currency),
    when: scheduled_at === null ? "" : localTime(scheduled_at),
  };
}

/** `isAnnounced`: it needs a time that is still to come. */
export function mistakesOf(
  typed: TypedDetails,
  currency: string,
  { isAnnounced, nowMs }: { isAnnounced: boolean; nowMs: number },
): readonly DetailsMistake[] {
  const mistakes: DetailsMistake[] = [];
  if (typed.title.trim() === "") mistakes.push("title");
  const hasTitle = typed.goalTitle.trim() !== "";
  const hasAmount = typed.goalAmount.trim() !== "";
  if (hasAmount && !parseMoney(typed.goalAmount, currency)) mistakes.push("goal_amount");
  else if (hasTitle !== hasAmount) mistakes.push("goal_incomplete");
  if (isAnnounced && !(Date.parse(typed.when) > nowMs)) mistakes.push("when");
  return mistakes;
}

/** Only of details without a mistake. */
export function bodyOf(typed: TypedDetails, currency: string): LivestreamDraft {
  const goalMinor = parseMoney(typed.goalAmount, currency);
  const goalTitle = typed.goalTitle.trim();
  return {
    title: typed.title.trim(),
    description: typed.description.trim(),
    category: typed.category,
    scheduled_at: typed.when === "" ? null : new Date(typed.when).toISOString(),
    is_recorded: typed.isRecorded,
    gift_goal: goalMinor === null || goalTitle === "" ? null : { title: goalTitle, goal_minor: goalMinor },
    ...(typed.coverUploadId === undefined ? {} : { cover_upload_id: typed.coverUploadId }),
  };
}

/** The moment as this browser's clock shows it, for a `datetime-local` field. */
export function localTime(at: string | number): string {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

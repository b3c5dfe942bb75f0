/** Why a consultation ended, in a sentence for one of the two. */
import type { Consultation } from "../protocol";
import { formatMoney } from "./formats";
import { texts } from "./index";

export function endReasonText(consultation: Consultation, isClient: boolean): string | undefined {
  const reason = consultation.end_reason ?? "";
  const side = isClient ? "client" : "reader";
  if (consultation.scheduled_at === null || consultation.started_at !== null) {
    return texts.room.endReasons[reason]?.[side];
  }
  const amountMinor = isClient ? consultation.total_cost_minor : (consultation.earnings_minor ?? 0);
  if (reason === "client_no_show" && amountMinor > 0) {
    const amount = formatMoney(amountMinor, consultation.currency);
    return isClient ? texts.bookings.feeCharged(amount) : texts.bookings.feeEarned(amount);
  }
  return (texts.bookings.endReasons[reason] ?? texts.room.endReasons[reason])?.[side];
}

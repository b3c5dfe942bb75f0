/** "Live", how many watch, or when it begins. */
import { Eye } from "lucide-preact";
import type { Livestream } from "../../livestreams/protocol";
import { texts } from "../../texts";
import { formatAppointment, formatClock, formatDateTime, formatNumber, zoneAbbreviation } from "../../texts/formats";

export function LiveSign(props: { livestream: Livestream }) {
  const { livestream } = props;
  if (livestream.status !== "live") return null;
  return (
    <span class="live-signs">
      <span class={`live-sign${livestream.is_paused ? " live-sign--paused" : ""}`}>
        {livestream.is_paused ? texts.livestreams.paused : texts.livestreams.live}
      </span>
      <span class="live-sign live-sign--viewers figures">
        <Eye size={14} aria-hidden="true" />
        <span aria-hidden="true">{formatNumber(livestream.viewer_count)}</span>
        <span class="for-screen-readers">{texts.livestreams.watching(livestream.viewer_count)}</span>
      </span>
    </span>
  );
}

/** When it begins, as this visitor's clock shows it. */
export function startText(at: string): string {
  return texts.livestreams.startsAt(formatAppointment(at), zoneAbbreviation(at));
}

/** When it was and how long. */
export function pastText(livestream: Livestream): string {
  const { started_at: startedAt, ended_at: endedAt } = livestream;
  if (startedAt === null) return "";
  const seconds = endedAt === null ? 0 : (Date.parse(endedAt) - Date.parse(startedAt)) / 1000;
  return [formatDateTime(startedAt), seconds > 0 ? texts.livestreams.lasted(formatClock(seconds)) : ""]
    .filter(Boolean)
    .join(" · ");
}

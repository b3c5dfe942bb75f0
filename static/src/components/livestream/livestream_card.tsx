/** One livestream in a list: its cover or its reader's initials, what it is, and when or how many watch. */
import type { Livestream } from "../../livestreams/protocol";
import { texts } from "../../texts";
import { Avatar } from "../avatar";
import { LiveSign, pastText, startText } from "./live_sign";

export function LivestreamCard(props: { livestream: Livestream }) {
  const { livestream } = props;
  const { reader, title, category, status } = livestream;
  return (
    <a class="livestream-card card" href={`/live/${livestream.id}`}>
      <span class="livestream-card__cover">
        {livestream.cover_url === null ? (
          <Avatar id={reader.id} name={reader.display_name} url={reader.avatar_url} size="large" />
        ) : (
          <img src={livestream.cover_url} alt="" loading="lazy" />
        )}
        <LiveSign livestream={livestream} />
      </span>
      <span class="livestream-card__words">
        <span class="livestream-card__title">{title}</span>
        <span class="soft">{reader.display_name}</span>
        {status === "scheduled" && livestream.scheduled_at !== null && (
          <span class="livestream-card__when">{startText(livestream.scheduled_at)}</span>
        )}
        {status === "ended" && <span class="faint">{pastText(livestream)}</span>}
        <span class="tag-list">
          <span class="tag">{texts.studio.categories[category] ?? category}</span>
        </span>
      </span>
    </a>
  );
}

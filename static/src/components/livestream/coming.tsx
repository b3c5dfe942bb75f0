/** A livestream that has not begun: what it will be and when, and the chat of who came early. */
import { useServerNow } from "../../hooks/server_time";
import type { Livestream } from "../../livestreams/protocol";
import { texts } from "../../texts";
import { formatClock } from "../../texts/formats";
import { startText } from "./live_sign";
import { Curtain } from "./viewer_stage";
import { ChatWithGifts, type WatchPart } from "./watching";
import { About, FollowReader, Who } from "./who";

const COUNTDOWN_MS = 24 * 3_600_000;

export function Coming(props: WatchPart) {
  const { room, livestream } = props;
  return (
    <div class="watch watch--calm">
      <div class="watch__main stack">
        <div class="viewer-stage viewer-stage--calm">
          <Curtain livestream={livestream} />
        </div>
        <Beginning livestream={livestream} />
        <div class="watch__head">
          <Who livestream={livestream} />
          <FollowReader room={room} reader={livestream.reader} />
        </div>
        {room.isFollowing.value === false && (
          <p class="soft">{texts.livestreams.followToBeTold(livestream.reader.display_name)}</p>
        )}
        <About livestream={livestream} />
      </div>
      <aside class="watch__chat card">
        <ChatWithGifts {...props} />
      </aside>
    </div>
  );
}

export function Beginning(props: { livestream: Livestream }) {
  const { scheduled_at: at, reader } = props.livestream;
  const now = useServerNow(at !== null);
  const leftMs = at === null ? 0 : Date.parse(at) - now;
  if (at === null || leftMs <= 0) return <p class="beginning">{texts.livestreams.startsSoon(reader.display_name)}</p>;
  return (
    <div class="beginning">
      <p>{startText(at)}</p>
      {leftMs < COUNTDOWN_MS && (
        <p class="beginning__left figures">{texts.livestreams.startsIn(formatClock(leftMs / 1000))}</p>
      )}
    </div>
  );
}

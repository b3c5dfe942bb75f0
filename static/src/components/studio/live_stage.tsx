/** What viewers see, as its sender sees it: the picture, that it is live, how well it gets through, and what is the matter. */
import { Eye } from "lucide-preact";
import { useServerNow } from "../../hooks/server_time";
import { useShownStream, useStreamOf } from "../../hooks/stream";
import type { Livestream } from "../../livestreams/protocol";
import type { Publisher } from "../../livestreams/publishing";
import type { SentQuality } from "../../livestreams/sent_quality";
import { secondsUntil } from "../../rooms/clock";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { formatClock, formatNumber } from "../../texts/formats";
import { GiftLayer } from "../gifts/gift_layer";
import { StageTrouble } from "./stage_trouble";

export interface LivePart {
  /** Null until the server has said that it is live. */
  livestream: Livestream | null;
  /** Null where this tab publishes nothing. */
  publisher: Publisher | null;
}

export function LiveStage(props: LivePart) {
  const { livestream, publisher } = props;
  const room = useServices().ownLivestream.room.value;
  const stage = publisher?.stage.value ?? "idle";
  return (
    <section class="stage studio-stage" aria-label={texts.studio.ownStage}>
      {publisher !== null && <OwnPicture publisher={publisher} />}
      <div class="stage__signs">
        {livestream !== null && <LiveSign livestream={livestream} />}
        {publisher !== null && stage === "live" && <SentSign quality={publisher.quality.value} />}
      </div>
      {room !== null && <GiftLayer moments={room.giftMoments} />}
      <StageTrouble {...props} />
    </section>
  );
}

function OwnPicture({ publisher }: { publisher: Publisher }) {
  const { outgoing } = publisher;
  const track = outgoing.video.value;
  const isScreen = outgoing.isSharingScreen.value;
  const video = useShownStream(useStreamOf(track));
  if (track === null) return <p class="stage__person stage__faint">{texts.studio.cameraOff}</p>;
  return (
    <video
      ref={video}
      class={isScreen ? "stage__picture" : "stage__picture is-mirrored"}
      autoPlay
      playsInline
      muted
      aria-label={isScreen ? texts.studio.ownScreen : texts.studio.ownPicture}
    />
  );
}

function LiveSign({ livestream }: { livestream: Livestream }) {
  const isRunning = livestream.started_at !== null && livestream.status === "live";
  const now = useServerNow(isRunning);
  if (!isRunning) return null;
  const seconds = (now - Date.parse(livestream.started_at ?? "")) / 1_000;
  return (
    <>
      <span class="stage__sign studio-live-sign figures" role="timer" aria-live="off">
        {texts.studio.liveFor(formatClock(seconds))}
      </span>
      <span class="stage__sign figures">
        <Eye size={15} aria-hidden="true" />
        <span class="for-screen-readers">{texts.studio.watching}</span>
        {formatNumber(livestream.viewer_count)}
      </span>
    </>
  );
}

function SentSign({ quality }: { quality: SentQuality }) {
  const { level, sentKbps, lines, lossPercent, roundTripMs } = quality;
  const details = texts.studio.qualityDetails(
    sentKbps === null ? "–" : formatNumber(sentKbps),
    lines === null ? "" : formatNumber(lines),
    lossPercent === null ? "–" : formatNumber(lossPercent, 1),
    roundTripMs === null ? "–" : formatNumber(roundTripMs),
  );
  return (
    <details class={`stage__sign stage__sign--${level} studio-quality`}>
      <summary>
        <span class="for-screen-readers">{texts.studio.quality[level]}</span>
        <span aria-hidden="true">
          {texts.studio.qualityShort[level]}
          {sentKbps !== null && ` · ${texts.studio.sent(formatNumber(sentKbps))}`}
        </span>
      </summary>
      <span class="figures">{details}</span>
    </details>
  );
}

/** How long viewers still wait; null where they do not. */
export function usePauseLeft(livestream: Livestream | null): number | null {
  const now = useServerNow(livestream?.is_paused === true);
  return livestream?.is_paused ? secondsUntil(livestream.pause_until_at, now) : null;
}

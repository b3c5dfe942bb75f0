/** The money ended: the clock stands, the reader is kept for a while, and the client can add money right here. */
import { useEffect, useRef } from "preact/hooks";
import { useServerNow } from "../../hooks/server_time";
import { secondsUntil } from "../../rooms/clock";
import { texts } from "../../texts";
import { formatClock } from "../../texts/formats";
import { Button } from "../button";
import { TopUpForm } from "../top_up_form";
import type { RoomPart } from "./part";

export function StoppedClock(props: RoomPart & { onEnd: () => void }) {
  const card = useRef<HTMLElement>(null);
  useEffect(() => card.current?.focus(), []);
  return (
    <div class="stopped">
      <section ref={card} tabIndex={-1} class="stopped__card stack" role="alertdialog" aria-labelledby="stopped-title">
        <StoppedWords {...props} />
        {props.isClient && <TopUpForm ratePerMinuteMinor={props.consultation.rate_per_minute_minor} />}
        <div>
          <Button look="quiet" onPress={props.onEnd}>
            {texts.room.endInstead}
          </Button>
        </div>
      </section>
    </div>
  );
}

/** That the clock has stopped, why, and how long the other one is kept. */
export function StoppedWords(props: RoomPart) {
  const { consultation, other, isClient } = props;
  const left = secondsUntil(consultation.top_up_until_at, useServerNow());
  return (
    <div class="stack stack--tight">
      <div class="stopped__head">
        <h2 id="stopped-title">{texts.room.stoppedTitle}</h2>
        {left !== null && (
          <span class="stopped__count figures" role="timer" aria-label={texts.room.heldLabel}>
            {formatClock(left)}
          </span>
        )}
      </div>
      <p>{isClient ? texts.room.stoppedClient(other.display_name) : texts.room.stoppedReader(other.display_name)}</p>
    </div>
  );
}

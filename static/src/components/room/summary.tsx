/** After the end: what happened, what it cost, and a word for others. */
import { useLoaded } from "../../hooks/loading";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { endReasonText } from "../../texts/end_reasons";
import { formatClock, formatMoney } from "../../texts/formats";
import { Avatar } from "../avatar";
import { UnsentBubble } from "./message_bubble";
import type { RoomPart } from "./part";
import { ReviewForm } from "./review_form";

export function Summary(props: RoomPart) {
  const { consultation, other, isClient, room } = props;
  const reason = endReasonText(consultation, isClient);
  const hasHappened = consultation.started_at !== null;
  const wasFree = hasHappened && consultation.connected_seconds < consultation.free_seconds;
  const amountMinor = isClient ? consultation.total_cost_minor : (consultation.earnings_minor ?? 0);
  const unsent = room.visibleOutbox.value;
  return (
    <div class="narrow centered stack summary">
      <header class="summary__head">
        <Avatar id={other.id} name={other.display_name} url={other.avatar_url} size="large" />
        <div role="status">
          <h1>{texts.room.endedTitle[consultation.status]}</h1>
        </div>
        <p class="soft">{texts.room.kindWithName(texts.readers.typesLong[consultation.type], other.display_name)}</p>
        {hasHappened && consultation.mode !== consultation.type && (
          <p class="soft">{texts.room.endedBy[consultation.mode]}</p>
        )}
        {reason !== undefined && <p>{reason}</p>}
        {wasFree && <p>{texts.room.wasFree(consultation.free_seconds)}</p>}
      </header>
      {hasHappened && (
        <section class="card facts" aria-label={texts.room.summary}>
          <Fact label={texts.room.duration} value={formatClock(consultation.connected_seconds)} />
          <Fact
            label={isClient ? texts.room.cost : texts.room.yourEarnings}
            value={formatMoney(amountMinor, consultation.currency)}
          />
          <Fact label={texts.room.messageCount} value={String(consultation.last_seq)} />
        </section>
      )}
      {unsent.length > 0 && (
        <section class="stack stack--tight">
          {unsent.map((item) => (
            <UnsentBubble key={item.nonce} item={item} room={room} />
          ))}
        </section>
      )}
      {isClient && <ReviewForm {...props} />}
      <div class="summary__ways">
        {hasHappened && (
          <a class="button" href={`/consultations/${consultation.id}`}>
            {texts.room.statement}
          </a>
        )}
        {isClient ? (
          <>
            <WayToLivestream readerId={other.id} name={other.display_name} />
            <a class="button" href={`/readers/${other.id}`}>
              {texts.room.again(other.display_name)}
            </a>
            <a class={hasHappened ? "button" : "button button--primary"} href="/">
              {texts.shell.toReaders}
            </a>
          </>
        ) : (
          <a class="button button--primary" href="/desk">
            {texts.room.toDesk}
          </a>
        )}
      </div>
    </div>
  );
}

/** Whoever was taken out of an audience finds the way back to it. */
function WayToLivestream(props: { readerId: string; name: string }) {
  const { resources } = useServices();
  const livestreamId = useLoaded(() => resources.reader(props.readerId), [props.readerId]).value?.livestream_id ?? null;
  if (livestreamId === null) return null;
  return (
    <a class="button button--primary" href={`/live/${livestreamId}`}>
      {texts.room.toLivestream(props.name)}
    </a>
  );
}

function Fact(props: { label: string; value: string }) {
  return (
    <div>
      <p class="fact__value">{props.value}</p>
      <p class="fact__label">{props.label}</p>
    </div>
  );
}

/** One reader in the directory: who, whether free, for what, and for how much. */
import type { ReaderCard } from "../protocol";
import { useServices } from "../services";
import { hasTurn } from "../stores/own_queue";
import { texts } from "../texts";
import { formatMoney, formatWeekdayTime, languageName } from "../texts/formats";
import { Avatar } from "./avatar";
import { LiveNow } from "./live_now";
import { Rating } from "./rating";
import { StatusBadge } from "./status_badge";
import { TypeIcon } from "./type_icon";

const TYPES = ["chat", "call", "video"] as const;
const SHOWN_SPECIALTIES = 3;
/** The server says "now" for hours that run already, and our idea of its clock may be a little behind. */
const SOON_MS = 60_000;

export function ReaderCardLink(props: { reader: ReaderCard }) {
  const { reader } = props;
  const { queue } = useServices();
  const own = queue.find(reader.id);
  const { livestream_id: livestreamId } = reader;
  return (
    // A link in a link is none: the way to the livestream lies over the card.
    <div class={`reader-place${livestreamId === null ? "" : " reader-place--live"}`}>
      <LiveNow livestreamId={livestreamId} name={reader.display_name} />
      <a class="card reader-card" href={`/readers/${reader.id}`}>
        <div class="reader-card__who">
          <Avatar id={reader.id} name={reader.display_name} url={reader.avatar_url} />
          <div class="grow">
            <h2 class="reader-card__name">{reader.display_name}</h2>
            <StatusBadge status={reader.status} readerId={reader.id} />
            {reader.status === "busy" && !(own !== undefined && hasTurn(own)) && (
              <span class="reader-card__line">
                {own === undefined
                  ? texts.queue.cardHint(reader.waiting_count)
                  : texts.queue.cardPlace(own.position ?? 1)}
              </span>
            )}
          </div>
        </div>
        {reader.headline && <p class="reader-card__headline">{reader.headline}</p>}
        <Rates reader={reader} />
        <NextAvailable reader={reader} />
        <div class="tag-list">
          {reader.is_followed && <span class="tag">{texts.notifications.following}</span>}
          {reader.is_demonstration && <span class="tag tag--notice">{texts.readers.demonstration}</span>}
          {reader.specialties.slice(0, SHOWN_SPECIALTIES).map((specialty) => (
            <span key={specialty} class="tag">
              {specialty}
            </span>
          ))}
        </div>
        <div class="row row--apart reader-card__foot">
          <Rating rating={reader.rating_average} count={reader.rating_count} />
          {reader.languages.length > 0 && <span class="faint">{reader.languages.map(languageName).join(", ")}</span>}
        </div>
      </a>
    </div>
  );
}

/** What each way to talk costs; what is not offered is not there. */
function Rates(props: { reader: ReaderCard }) {
  const { rates, currency } = props.reader;
  if (TYPES.every((type) => rates[type] === null)) return null;
  return (
    <p class="reader-card__rates">
      {TYPES.map((type) => {
        const rate = rates[type];
        if (rate === null) return null;
        return (
          <span key={type} class="reader-card__rate">
            <TypeIcon type={type} size={16} />
            <span class="for-screen-readers">{texts.readers.types[type]} </span>
            <span class="figures">{formatMoney(rate.rate_per_minute_minor, currency)}</span>
          </span>
        );
      })}
      <span class="faint">{texts.readers.aMinute}</span>
    </p>
  );
}

/** The next planned hours of somebody who is not free now; hours that run already promise nothing. */
function NextAvailable(props: { reader: ReaderCard }) {
  const { serverClock } = useServices();
  const { next_available_at: at, status } = props.reader;
  if (status === "online" || at === null || Date.parse(at) <= serverClock.nowMs() + SOON_MS) return null;
  return <p class="faint">{texts.readers.nextAvailable(formatWeekdayTime(at))}</p>;
}

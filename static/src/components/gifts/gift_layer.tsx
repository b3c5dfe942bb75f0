/** Gifts as they come, over the picture: who gives, what, how many, and the words with it. */
import type { GiftMoment, GiftMoments } from "../../livestreams/gift_moments";
import { texts } from "../../texts";
import { Avatar } from "../avatar";
import { GiftPicture } from "./gift_picture";

export function GiftLayer(props: { moments: GiftMoments }) {
  return (
    <ul class="gift-layer" aria-label={texts.gifts.layer} aria-live="polite">
      {props.moments.shown.value.map((moment) => (
        <Moment key={moment.key} moment={moment} />
      ))}
    </ul>
  );
}

function Moment({ moment }: { moment: GiftMoment }) {
  const { sender, name, quantity, combo, message } = moment;
  return (
    <li class="gift-moment">
      {/* Another key lets the movement begin anew with each gift that joins in. */}
      <span class="gift-moment__picture" key={combo}>
        <GiftPicture imageUrl={moment.imageUrl} animationUrl={moment.animationUrl} size="large" isMoving />
      </span>
      <span class="gift-moment__words">
        <span class="gift-moment__who">
          <Avatar id={sender.id} name={sender.display_name} url={sender.avatar_url} size="small" />
          <span>
            {texts.gifts.moment(sender.display_name, name)}
            <span class="for-screen-readers"> {texts.gifts.times(quantity)}</span>
          </span>
        </span>
        {message !== "" && <span class="gift-moment__message">{message}</span>}
      </span>
      {quantity > 1 && (
        <b class="gift-moment__count figures" key={`count-${combo}`} aria-hidden="true">
          {texts.gifts.times(quantity)}
        </b>
      )}
    </li>
  );
}

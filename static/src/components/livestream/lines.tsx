/** One line of a livestream's chat: something said, a gift, or what is still on its way. Links and markup stay text. */
import { EllipsisVertical } from "lucide-preact";
import { Component } from "preact";
import type { Badge, LivestreamMessage } from "../../livestreams/protocol";
import type { LivestreamRoom } from "../../livestreams/room";
import type { OutgoingMessage } from "../../rooms/outbox";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { GiftPicture } from "../gifts/gift_picture";

export interface LineProps {
  message: LivestreamMessage;
  onModerate?: ((message: LivestreamMessage) => void) | undefined;
}

/** A class, since hundreds of lines stay as they are with each that comes. */
export class Line extends Component<LineProps> {
  override shouldComponentUpdate(next: LineProps): boolean {
    return next.message !== this.props.message || next.onModerate !== this.props.onModerate;
  }

  override render() {
    return <OneLine {...this.props} />;
  }
}

function OneLine({ message, onModerate }: LineProps) {
  const { sender, gift } = message;
  return (
    <article class={`line-said${gift === null ? "" : " line-said--gift"}`}>
      {gift !== null && <GiftPicture imageUrl={gift.image_url} size="small" />}
      <p class="line-said__text">
        <Speaker name={sender.display_name} badges={message.badges} />{" "}
        {gift !== null && <span>{texts.gifts.gave(gift.name, gift.quantity, message.content !== "")} </span>}
        {message.is_deleted ? (
          <em class="line-said__deleted">{texts.livestreams.deleted}</em>
        ) : (
          <span>{message.content}</span>
        )}
      </p>
      {onModerate !== undefined && (
        <button
          type="button"
          class="line-said__more"
          aria-label={texts.livestreams.moderate(sender.display_name)}
          aria-haspopup="dialog"
          onClick={() => onModerate(message)}
        >
          <EllipsisVertical size={18} aria-hidden="true" />
        </button>
      )}
    </article>
  );
}

function Speaker(props: { name: string; badges: readonly Badge[] }) {
  return (
    <>
      <b class="line-said__name">{props.name}</b>
      {props.badges.map((badge) => (
        <span key={badge} class={`line-said__badge line-said__badge--${badge}`}>
          {texts.livestreams.badges[badge]}
        </span>
      ))}
    </>
  );
}

export function UnsentLine(props: { item: OutgoingMessage; room: LivestreamRoom; name: string }) {
  const { item, room } = props;
  const { live } = useServices();
  const isConnected = live.state.value === "connected";
  return (
    <article class="line-said line-said--unsent">
      <p class="line-said__text">
        <Speaker name={props.name} badges={[]} /> <span>{item.content}</span>
        <span class="line-said__state">
          {item.state === "refused"
            ? texts.livestreams.notSent(item.refusal ?? "")
            : isConnected
              ? texts.livestreams.sending
              : texts.livestreams.waitingToSend}
        </span>
      </p>
      {item.state === "refused" && (
        <div class="row">
          <button type="button" class="button button--quiet" onClick={() => room.retry(item.nonce)}>
            {texts.livestreams.sendAgain}
          </button>
          <button type="button" class="button button--quiet" onClick={() => room.discard(item.nonce)}>
            {texts.livestreams.discard}
          </button>
        </div>
      )}
    </article>
  );
}

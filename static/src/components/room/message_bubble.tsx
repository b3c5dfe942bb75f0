/** One message, stored or still on its way. */
import type { Message } from "../../protocol";
import type { OutgoingMessage } from "../../rooms/outbox";
import type { Room } from "../../rooms/room";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { formatTime } from "../../texts/formats";
import { Button } from "../button";
import { UploadedImage } from "../uploaded_image";

export function MessageBubble(props: {
  message: Message;
  isOwn: boolean;
  senderName: string;
  isFollowing: boolean;
  isLastRead: boolean;
}) {
  const { message } = props;
  if (message.kind === "system") return <p class="messages__day">{message.content}</p>;
  const side = props.isOwn ? " bubble--own" : "";
  return (
    <article class={`bubble${side}${props.isFollowing ? " bubble--following" : ""}`}>
      <span class="for-screen-readers">{props.senderName}: </span>
      {message.kind === "image" ? (
        <UploadedImage url={message.upload_url} description={texts.room.image(props.senderName)} />
      ) : (
        <p class="bubble__text">{message.content}</p>
      )}
      <p class="bubble__foot">
        {props.isLastRead && <span>{texts.room.read} · </span>}
        <time dateTime={message.created_at}>{formatTime(message.created_at)}</time>
      </p>
    </article>
  );
}

export function UnsentBubble(props: { item: OutgoingMessage; room: Room }) {
  const { item, room } = props;
  return (
    <article class="bubble bubble--own bubble--unsent">
      {item.kind === "text" ? (
        <p class="bubble__text">{item.content}</p>
      ) : (
        <p class="bubble__text">{texts.room.image(texts.room.you)}</p>
      )}
      <p class="bubble__foot">
        <UnsentState {...props} />
      </p>
      {item.state === "refused" && (
        <div class="row">
          <Button look="quiet" onPress={() => room.retry(item.nonce)}>
            {texts.room.sendAgain}
          </Button>
          <Button look="quiet" onPress={() => room.discard(item.nonce)}>
            {texts.room.discard}
          </Button>
        </div>
      )}
    </article>
  );
}

function UnsentState(props: { item: OutgoingMessage; room: Room }) {
  const { live } = useServices();
  const { item } = props;
  if (item.state === "refused") return <span class="bubble__refusal">{texts.room.notSent(item.refusal ?? "")}</span>;
  if (live.state.value !== "connected") return <span>{texts.room.waitingToSend}</span>;
  const isStopped = props.room.state.value.consultation?.pause_reason === "balance";
  return <span>{isStopped ? texts.room.waitingForMoney : texts.room.sending}</span>;
}

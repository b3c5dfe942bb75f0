/** The chat of a livestream: what was said and given, newest at the bottom, and the field to write in. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useFollowedEnd } from "../../hooks/followed_end";
import { keepsOrder } from "../../livestreams/chat_state";
import type { Livestream, LivestreamMessage } from "../../livestreams/protocol";
import type { LivestreamRoom } from "../../livestreams/room";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { Line, UnsentLine } from "./lines";
import { ModerationDialog } from "./moderation";
import { SayField } from "./say_field";
import "../../styles/livestream_chat.css";

export function LivestreamChat(props: {
  room: LivestreamRoom;
  livestream: Livestream;
  /** Beside the field. */
  children?: ComponentChildren;
  follow?: ComponentChildren;
}) {
  const { room, livestream } = props;
  const { login } = useServices();
  const [chosen, setChosen] = useState<LivestreamMessage | null>(null);
  const messages = room.messages.value;
  const unsent = room.unsent.value;
  const list = useFollowedEnd((messages.at(-1)?.seq ?? 0) + unsent.length);
  const mayModerate = keepsOrder(room.rank.value);
  const isOver = livestream.status === "ended" || livestream.status === "cancelled";
  return (
    <section class="livestream-chat" aria-label={texts.livestreams.chat}>
      <div
        class="livestream-chat__lines"
        ref={list}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
        tabIndex={0}
        role="log"
        aria-label={texts.livestreams.messages}
        aria-live="polite"
      >
        {messages.length === 0 && unsent.length === 0 && (
          <p class="livestream-chat__empty">
            {isOver ? texts.livestreams.chatEmptyEnded : texts.livestreams.chatEmpty}
          </p>
        )}
        {messages.map((message) => (
          <Line key={message.id} message={message} onModerate={mayModerate ? setChosen : undefined} />
        ))}
        {unsent.map((item) => (
          <UnsentLine key={item.nonce} item={item} room={room} name={login.user?.display_name ?? ""} />
        ))}
      </div>
      <SayField room={room} livestream={livestream} follow={props.follow}>
        {props.children}
      </SayField>
      {chosen !== null && (
        <ModerationDialog room={room} livestream={livestream} message={chosen} onClose={() => setChosen(null)} />
      )}
    </section>
  );
}

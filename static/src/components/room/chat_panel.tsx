/** The chat of a call: beside the picture where there is room, over its lower part on a phone. */
import { X } from "lucide-preact";
import { texts } from "../../texts";
import { Button } from "../button";
import { Composer } from "./composer";
import { MessageList } from "./message_list";
import type { RoomPart } from "./part";

export function ChatPanel(props: RoomPart & { isStopped: boolean; onClose: () => void }) {
  return (
    <section
      class="chat-panel"
      aria-label={texts.calls.chat}
      onKeyDown={(event) => {
        if (event.key === "Escape") props.onClose();
      }}
    >
      <div class="chat-panel__head only-narrow">
        <h2>{texts.calls.chat}</h2>
        <Button look="quiet" label={texts.calls.closeChat} onPress={props.onClose}>
          <X size={20} />
        </Button>
      </div>
      <MessageList {...props} />
      {!props.isStopped && <Composer {...props} />}
    </section>
  );
}

/** What the other wrote while the chat was closed. */
export function countUnread({ room, ownId }: RoomPart): number {
  const { messages, readUpTo } = room.state.value;
  return messages.filter(({ seq, sender_id }) => seq > readUpTo.own && sender_id !== ownId).length;
}

export function NewMessageAnnouncement(props: RoomPart) {
  const unread = countUnread(props);
  return (
    <span class="for-screen-readers" role="status">
      {unread > 0 ? `${texts.calls.newMessage(props.other.display_name)} (${unread})` : ""}
    </span>
  );
}

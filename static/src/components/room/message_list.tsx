/** The conversation, newest at the bottom, with what is still on its way. */
import { useEffect } from "preact/hooks";
import { useFollowedEnd } from "../../hooks/followed_end";
import { texts } from "../../texts";
import { formatDay } from "../../texts/formats";
import { MessageBubble, UnsentBubble } from "./message_bubble";
import type { RoomPart } from "./part";

export function MessageList(props: RoomPart) {
  const { room, consultation, other, isClient, ownId } = props;
  const { messages, readUpTo } = room.state.value;
  const isOtherHere = isClient ? consultation.reader_present : consultation.client_present;
  // Who lost the connection in the middle of a word could not say that the writing stopped.
  const isOtherTyping = room.state.value.isOtherTyping && isOtherHere;
  const unsent = room.visibleOutbox.value;
  const list = useFollowedEnd(messages.length + unsent.length + (isOtherTyping ? 1 : 0));
  useEffect(() => {
    const markRead = () => {
      if (document.visibilityState === "visible") room.markRead();
    };
    markRead();
    document.addEventListener("visibilitychange", markRead);
    return () => document.removeEventListener("visibilitychange", markRead);
  }, [messages.length, room]);
  const lastReadOwn = messages.findLast((message) => message.sender_id === ownId && message.seq <= readUpTo.other)?.seq;
  const isEmpty = messages.length === 0 && unsent.length === 0;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
    <div class="messages" ref={list} tabIndex={0} role="log" aria-label={texts.room.messages} aria-live="polite">
      {isEmpty && (
        <p class="messages__empty soft">
          {consultation.status === "in_progress" ? texts.room.noMessages : texts.room.noMessagesEnded}
        </p>
      )}
      {messages.map((message, index) => {
        const previous = messages[index - 1];
        const day = formatDay(message.created_at);
        const isNewDay = previous === undefined || formatDay(previous.created_at) !== day;
        return (
          <>
            {isNewDay && (
              <p class="messages__day" key={`day-${message.id}`}>
                {day}
              </p>
            )}
            <MessageBubble
              key={message.id}
              message={message}
              isOwn={message.sender_id === ownId}
              senderName={message.sender_id === ownId ? texts.room.you : other.display_name}
              isFollowing={!isNewDay && previous?.sender_id === message.sender_id}
              isLastRead={message.seq === lastReadOwn}
            />
          </>
        );
      })}
      {unsent.map((item) => (
        <UnsentBubble key={item.nonce} item={item} room={room} />
      ))}
      {isOtherTyping && <p class="typing">{texts.room.typing(other.display_name)}</p>}
    </div>
  );
}

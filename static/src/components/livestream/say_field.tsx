/** One field and send; or, where nothing may be said, why not and until when. */
import { SendHorizontal } from "lucide-preact";
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { useServerNow } from "../../hooks/server_time";
import type { Livestream } from "../../livestreams/protocol";
import type { LivestreamRoom } from "../../livestreams/room";
import { texts } from "../../texts";
import { formatShortAppointment, formatTime } from "../../texts/formats";

const MAXIMUM_CHARACTERS = 500;

export function SayField(props: {
  room: LivestreamRoom;
  livestream: Livestream;
  /** Beside the field: the gift button. */
  children?: ComponentChildren;
  /** Where followers alone may write: how to become one. */
  follow?: ComponentChildren;
}) {
  const { room, livestream } = props;
  const chat = room.chat.value;
  const now = useServerNow(chat.kind === "slow" || chat.kind === "muted");
  const name = livestream.reader.display_name;
  if (chat.kind === "ended") return null;
  const isLifted = (chat.kind === "muted" || chat.kind === "banned") && chat.untilMs !== null && chat.untilMs <= now;
  if (chat.kind === "followers_only") {
    return (
      <Quiet beside={props.children}>
        {texts.livestreams.followersOnly(name)} {props.follow}
      </Quiet>
    );
  }
  if ((chat.kind === "muted" || chat.kind === "banned") && !isLifted) {
    return (
      <Quiet beside={chat.kind === "muted" ? props.children : undefined}>
        {chat.kind === "muted" ? mutedText(chat.untilMs) : bannedText(name, chat.untilMs)}
        {chat.reason !== "" && ` ${texts.livestreams.reason(chat.reason)}`}
      </Quiet>
    );
  }
  const waitSeconds = chat.kind === "slow" ? Math.max(0, Math.ceil((chat.untilMs - now) / 1000)) : 0;
  return (
    <Field room={room} waitSeconds={waitSeconds} slowSeconds={livestream.slow_mode_seconds}>
      {props.children}
    </Field>
  );
}

export function mutedText(untilMs: number | null): string {
  const until = untilMs === null ? "" : ` ${texts.livestreams.mutedUntil(formatTime(untilMs))}`;
  return texts.livestreams.muted + until;
}

export function bannedText(name: string, untilMs: number | null): string {
  if (untilMs === null) return texts.livestreams.banned(name);
  return texts.livestreams.bannedUntil(name, formatShortAppointment(new Date(untilMs).toISOString()));
}

function Quiet(props: { children: ComponentChildren; beside: ComponentChildren }) {
  return (
    <div class="say">
      <div class="say__row">
        <p class="say__quiet grow" role="status">
          {props.children}
        </p>
        {props.beside}
      </div>
    </div>
  );
}

function Field(props: {
  room: LivestreamRoom;
  waitSeconds: number;
  slowSeconds: number;
  children?: ComponentChildren;
}) {
  const { room, waitSeconds } = props;
  const field = useRef<HTMLInputElement>(null);
  const draft = room.draft.value;
  const isWaiting = waitSeconds > 0;
  const send = (event: Event) => {
    event.preventDefault();
    const content = draft.trim();
    if (content === "" || isWaiting) return;
    room.say(content);
    field.current?.focus();
  };
  return (
    <form class="say" onSubmit={send}>
      <div class="say__row">
        <label class="grow">
          <span class="for-screen-readers">{texts.livestreams.say}</span>
          <input
            ref={field}
            class="input say__field"
            maxLength={MAXIMUM_CHARACTERS}
            autoComplete="off"
            enterKeyHint="send"
            placeholder={texts.livestreams.say}
            value={draft}
            onInput={(event) => room.writeDraft(event.currentTarget.value)}
          />
        </label>
        <button
          type="submit"
          class="button button--primary button--icon"
          aria-label={texts.livestreams.send}
          disabled={draft.trim() === "" || isWaiting}
        >
          {isWaiting ? (
            <span class="figures">{texts.livestreams.sendIn(waitSeconds)}</span>
          ) : (
            <SendHorizontal size={20} aria-hidden="true" />
          )}
        </button>
        {props.children}
      </div>
      {props.slowSeconds > 0 && (
        <p class="say__hint figures">
          {isWaiting ? texts.livestreams.slowWait(waitSeconds) : texts.livestreams.slow(props.slowSeconds)}
        </p>
      )}
    </form>
  );
}

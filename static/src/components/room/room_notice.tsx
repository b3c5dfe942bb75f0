/** One bar between head and messages: why the clock stands, or that the money runs low. */
import { useEffect, useState } from "preact/hooks";
import { useServerNow } from "../../hooks/server_time";
import { secondsUntil } from "../../rooms/clock";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { formatClock } from "../../texts/formats";
import { Button } from "../button";
import type { RoomPart } from "./part";
import { minutesLeftOf } from "./room_head";

const LOW_MINUTES = 2;
const LOSS_SHOWN_AFTER_MS = 1_000;

export function RoomNotice(props: RoomPart & { onAddMoney: () => void }) {
  const { consultation, isClient } = props;
  const isSelfLost = useLastingLoss();
  const minutes = minutesLeftOf(props);
  if (isSelfLost) return <Bar tone="danger">{texts.room.pausedSelf}</Bar>;
  if (consultation.started_at === null) return <Waiting {...props} />;
  if (consultation.is_paused && consultation.pause_reason !== "balance") return <Paused {...props} />;
  if (!isClient || consultation.is_paused || minutes === null || minutes > LOW_MINUTES) return null;
  return (
    <div class="room-bar room-bar--warning">
      <span role="alert">{texts.room.low(minutes)}</span>
      <Button onPress={props.onAddMoney}>{texts.room.addMoney}</Button>
    </div>
  );
}

function Bar(props: { tone: "danger" | "neutral"; children: string }) {
  return (
    <div class={`room-bar room-bar--${props.tone}`} role="status">
      {props.children}
    </div>
  );
}

function Waiting(props: RoomPart) {
  const left = secondsUntil(props.consultation.join_until_at, useServerNow());
  const { ownCall } = useServices();
  return (
    <div class="room-bar room-bar--neutral">
      <span role="status">{waitingText(props, ownCall.isReady(props.consultation.id))}</span>
      {left !== null && <span class="figures">{formatClock(left)}</span>}
    </div>
  );
}

function waitingText(props: RoomPart, isReady: boolean): string {
  const { consultation, other } = props;
  const { own, others } = sidesOf(props);
  if (!own.isHere) return texts.room.connectingYou;
  if (!others.isHere) return texts.room.waitingFor(other.display_name);
  if (consultation.mode === "chat") return texts.room.connectingYou;
  const name = other.display_name;
  if (!isReady && own.media !== "connected") return texts.room.waitingForOwnMedia[consultation.mode](name);
  return others.media === "connected"
    ? texts.room.connectingYou
    : texts.room.waitingForOthersMedia[consultation.mode](name);
}

function pausedText(props: RoomPart, isReady: boolean): string {
  const { consultation, other } = props;
  const { own, others } = sidesOf(props);
  if (consultation.pause_reason !== "media" || consultation.mode === "chat") {
    return others.isHere ? texts.room.pausedConnection : texts.room.pausedOther(other.display_name);
  }
  const words = texts.room.pausedMedia[consultation.mode];
  if (!isReady && own.media !== "connected") return words.join;
  if (own.media === "connected" || others.media === "none") return words.other(other.display_name);
  return others.media === "connected" ? words.own : words.both;
}

function sidesOf({ consultation, isClient }: RoomPart) {
  const client = { isHere: consultation.client_present, media: consultation.client_media };
  const reader = { isHere: consultation.reader_present, media: consultation.reader_media };
  return isClient ? { own: client, others: reader } : { own: reader, others: client };
}

function Paused(props: RoomPart) {
  const { ownCall } = useServices();
  const left = secondsUntil(props.consultation.grace_until_at, useServerNow());
  return (
    <div class="room-bar room-bar--warning">
      <span role="status">{pausedText(props, ownCall.isReady(props.consultation.id))}</span>
      {left !== null && <span class="figures">{formatClock(left)}</span>}
    </div>
  );
}

/** A loss that lasts; a hand-over between two networks is not worth a word. */
function useLastingLoss(): boolean {
  const { live } = useServices();
  const isLost = live.state.value === "lost";
  const [isLasting, setLasting] = useState(false);
  useEffect(() => {
    if (!isLost) {
      setLasting(false);
      return;
    }
    const timer = setTimeout(() => setLasting(true), LOSS_SHOWN_AFTER_MS);
    return () => clearTimeout(timer);
  }, [isLost]);
  return isLasting;
}

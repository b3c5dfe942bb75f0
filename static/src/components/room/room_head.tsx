/** The top of the room, never out of sight: who, both connections, clock, spend, and the way out. */
import { LogOut } from "lucide-preact";
import { useServerNow } from "../../hooks/server_time";
import { minutesPaidBy, readRoomClock } from "../../rooms/clock";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { formatClock, formatMoney } from "../../texts/formats";
import { Avatar } from "../avatar";
import { Button } from "../button";
import type { RoomPart } from "./part";

/** Without `onEnd` the way out is among the call's controls. */
export function RoomHead(props: RoomPart & { onEnd: (() => void) | undefined }) {
  const { consultation, other, isClient } = props;
  const amountMinor = isClient ? consultation.total_cost_minor : (consultation.earnings_minor ?? 0);
  return (
    <header class="room-head">
      <div class="room-head__who">
        <Avatar id={other.id} name={other.display_name} url={other.avatar_url} size="small" />
        <div class="grow">
          <h1 class="room-head__name">{other.display_name}</h1>
          <ConnectionDots {...props} />
        </div>
      </div>
      <dl class="room-head__figures">
        <ClockFigure {...props} />
        <div>
          <dt>{isClient ? texts.room.spend : texts.room.earned}</dt>
          <dd>{formatMoney(amountMinor, consultation.currency)}</dd>
        </div>
        {isClient && <MinutesLeft {...props} />}
      </dl>
      {props.onEnd !== undefined && (
        <Button look="danger" onPress={props.onEnd}>
          <LogOut size={18} aria-hidden="true" />
          {texts.room.end}
        </Button>
      )}
      <ChargeAnnouncement {...props} />
    </header>
  );
}

function ClockFigure(props: RoomPart) {
  const { consultation } = props;
  const { live } = useServices();
  // Without a connection the server's clock stands as well; the snapshot that follows says since when.
  const isTicking = consultation.paid_until_at !== null && !consultation.is_paused && live.state.value !== "lost";
  const clock = readRoomClock(consultation, useServerNow(isTicking));
  return (
    <div class={isTicking ? "" : "is-standing"}>
      <dt>{texts.room.clock}</dt>
      <dd>
        <span role="timer">{formatClock(clock.connectedSeconds)}</span>
      </dd>
    </div>
  );
}

/** Whole minutes that the balance still pays, beyond the one that runs. */
export function minutesLeftOf(props: RoomPart): number | null {
  const { minutesLeft, balanceMinor } = props.room.state.value;
  const byBalance =
    balanceMinor === null ? null : minutesPaidBy(balanceMinor, props.consultation.rate_per_minute_minor);
  if (minutesLeft === null || byBalance === null) return minutesLeft ?? byBalance;
  return Math.min(minutesLeft, byBalance);
}

function MinutesLeft(props: RoomPart) {
  const minutes = minutesLeftOf(props);
  if (minutes === null) return null;
  return (
    <div>
      <dt>{texts.room.minutesLeft}</dt>
      <dd>{minutes}</dd>
    </div>
  );
}

function ConnectionDots(props: RoomPart) {
  const { consultation, other, isClient } = props;
  const { live } = useServices();
  const isOwnHere = live.state.value === "connected";
  const isOtherHere = isClient ? consultation.reader_present : consultation.client_present;
  const hasStarted = consultation.started_at !== null;
  const otherText = isOtherHere
    ? texts.room.otherConnected(other.display_name)
    : hasStarted
      ? texts.room.otherLost(other.display_name)
      : texts.room.otherNotHere(other.display_name);
  return (
    <p class="dots" role="status">
      <span class={`dot${isOwnHere ? " dot--on" : ""}`} aria-hidden="true" />
      <span class="for-screen-readers">{isOwnHere ? texts.room.youConnected : texts.room.youLost}. </span>
      <span class="dots__you" aria-hidden="true">
        {texts.room.you}
      </span>
      <span class={`dot${isOtherHere ? " dot--on" : ""}`} aria-hidden="true" />
      <span class="for-screen-readers">{otherText}</span>
      <span class="dots__other" aria-hidden="true">
        {other.display_name}
      </span>
    </p>
  );
}

function ChargeAnnouncement(props: RoomPart) {
  const { consultation, isClient } = props;
  const text =
    isClient && consultation.billed_increments > 0
      ? texts.room.charged(
          formatMoney(consultation.rate_per_minute_minor, consultation.currency),
          formatMoney(consultation.total_cost_minor, consultation.currency),
        )
      : "";
  return (
    <span class="for-screen-readers" role="status">
      {text}
    </span>
  );
}

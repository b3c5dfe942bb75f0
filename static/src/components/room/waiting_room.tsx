/** A booked consultation before its time: how long it still is, who is there, what it will cost, and the way out of it. */
import { useServerNow } from "../../hooks/server_time";
import { isRoomOpen, secondsUntil } from "../../rooms/clock";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { formatAppointment, formatClock, formatMoney, formatTime } from "../../texts/formats";
import { Avatar } from "../avatar";
import { CalendarButton } from "../booking/calendar_button";
import { CancelButton } from "../booking/cancel_button";
import { Note } from "../notes";
import { PriceSentence } from "../price_sentence";
import { GettingReady } from "./getting_ready";
import type { RoomPart } from "./part";
import "../../styles/bookings.css";

export function WaitingRoom(props: RoomPart) {
  const { consultation, other, isClient, room } = props;
  const now = useServerNow();
  const isOpen = isRoomOpen(consultation, now);
  return (
    <div class="room-center">
      <div class={consultation.type === "chat" ? "waiting-room" : "waiting-room ringing--call"}>
        <Avatar id={other.id} name={other.display_name} url={other.avatar_url} size="large" />
        <h1>{texts.bookings.waitingTitle(consultation.type, other.display_name)}</h1>
        <p class="soft">
          {texts.bookings.when(formatAppointment(consultation.scheduled_at ?? ""), consultation.scheduled_minutes ?? 0)}
        </p>
        <Countdown scheduledAt={consultation.scheduled_at} now={now} />
        {isOpen ? <WhoIsThere {...props} /> : <OpensLater opensAt={consultation.waiting_room_opens_at} />}
        {isOpen && <GettingReady {...props} joinText={texts.bookings.joinWhenBegun} readyText={texts.bookings.ready} />}
        {isClient && <Costs {...props} />}
        <div class="row waiting-room__ways">
          <CalendarButton booking={consultation} />
          <CancelButton booking={consultation} other={other} onCancelled={(booking) => room.tellSnapshot(booking)} />
        </div>
      </div>
    </div>
  );
}

const LATE_SECONDS = 5;

function Countdown(props: { scheduledAt: string | null; now: number }) {
  const left = secondsUntil(props.scheduledAt, props.now) ?? 0;
  if (left > 0) {
    return (
      <p class="waiting-room__countdown" role="timer">
        <span class="faint">{texts.bookings.beginsIn}</span>
        <span class="figures">{formatLong(left)}</span>
      </p>
    );
  }
  const isLate = props.now - Date.parse(props.scheduledAt ?? "") > LATE_SECONDS * 1000;
  return <p role="status">{isLate ? texts.bookings.waitsForOther : texts.bookings.beginsNow}</p>;
}

const DAY_SECONDS = 86_400;

function formatLong(seconds: number): string {
  const days = Math.floor(seconds / DAY_SECONDS);
  return days === 0 ? formatClock(seconds) : texts.bookings.daysLeft(days, formatClock(seconds % DAY_SECONDS));
}

function WhoIsThere(props: RoomPart) {
  const { consultation, other, isClient } = props;
  const isSelfHere = isClient ? consultation.client_present : consultation.reader_present;
  const isOtherHere = isClient ? consultation.reader_present : consultation.client_present;
  const people = [
    { isHere: isSelfHere, text: isSelfHere ? texts.bookings.youHere : texts.bookings.youNotHere },
    {
      isHere: isOtherHere,
      text: isOtherHere
        ? texts.bookings.otherHere(other.display_name)
        : texts.bookings.otherNotHere(other.display_name),
    },
  ];
  return (
    <>
      <ul class="waiting-room__people" aria-live="polite">
        {people.map((person) => (
          <li key={person.text} class={person.isHere ? "is-here" : ""}>
            <span class="waiting-room__dot" aria-hidden="true" />
            {person.text}
          </li>
        ))}
      </ul>
      <p class="soft">{texts.bookings.stayHint}</p>
    </>
  );
}

function OpensLater(props: { opensAt: string | null }) {
  return (
    <>
      <p>{texts.bookings.roomOpensAt(formatTime(props.opensAt ?? ""))}</p>
      <p class="soft">{texts.bookings.comeBackHint}</p>
    </>
  );
}

function Costs(props: RoomPart) {
  const { consultation } = props;
  const { site, wallet } = useServices();
  const rate = consultation.rate_per_minute_minor;
  if (site.value === null) return null;
  const balance = wallet.value.value;
  const minimumMinutes = site.value.billing.minimum_minutes_to_start;
  return (
    <>
      <PriceSentence type={consultation.type} ratePerMinuteMinor={rate} currency={consultation.currency} />
      {balance !== null && balance.balance_minor < rate * minimumMinutes && (
        <Note tone="warning">
          <p>
            {texts.readers.tooLow(formatMoney(balance.balance_minor, balance.currency), minimumMinutes)}{" "}
            <a href={`/wallet?next=${encodeURIComponent(`/room/${consultation.id}`)}`}>{texts.readers.addMoney}</a>
          </p>
        </Note>
      )}
      {consultation.no_show_minutes > 0 && (
        <p class="soft">
          {texts.bookings.feeRule(formatMoney(rate * consultation.no_show_minutes, consultation.currency))}
        </p>
      )}
    </>
  );
}

/** Bars on every page: a booking that begins within minutes, and a booking that waits for who talks just now. */
import { useEffect, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import type { Consultation } from "../../protocol";
import { isRoomOpen, secondsUntil } from "../../rooms/clock";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { formatAppointment, formatClock, formatTime } from "../../texts/formats";

const LOOK_EVERY_MS = 1_000;

export function BookingBars() {
  useGoingIn();
  useCancellations();
  return (
    <>
      <NextBookingBar />
      <NearBookingBar />
    </>
  );
}

/** Whoever has been in the waiting room in this tab is there when it begins, and sees that it does. */
function useGoingIn(): void {
  const { liveConsultation } = useServices();
  const { route } = useLocation();
  const live = liveConsultation.value.value;
  const begunId = live?.status === "in_progress" && live.scheduled_at !== null ? live.id : null;
  useEffect(() => {
    if (begunId !== null && liveConsultation.hasEntered(begunId)) route(`/room/${begunId}`);
  }, [begunId]);
}

/** That the other one cancelled is said wherever one is; a letter says it too. */
function useCancellations(): void {
  const { live, login, notices } = useServices();
  const ownId = login.user?.id;
  useEffect(
    () =>
      live.on("consultation.cancelled", ({ consultation }) => {
        const isClient = consultation.client.id === ownId;
        const byOther = isClient ? "declined" : "withdrawn";
        if (consultation.scheduled_at === null || consultation.end_reason !== byOther) return;
        const { display_name: name } = isClient ? consultation.reader : consultation.client;
        notices.say(texts.bookings.otherCancelled(name, formatAppointment(consultation.scheduled_at)));
      }),
    [live, notices, ownId],
  );
}

function NextBookingBar() {
  const { bookings, login, serverClock } = useServices();
  const { path } = useLocation();
  const next = bookings.value.value[0];
  const ownId = login.user?.id;
  const [now, setNow] = useState(serverClock.nowMs());
  useEffect(() => {
    setNow(serverClock.nowMs());
    if (next === undefined) return;
    const timer = setInterval(() => setNow(serverClock.nowMs()), LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [next?.id, serverClock]);
  if (next === undefined || ownId === undefined || !isRoomOpen(next, now) || path === `/room/${next.id}`) return null;
  return <OpenBar booking={next} ownId={ownId} now={now} />;
}

function OpenBar(props: { booking: Consultation; ownId: string; now: number }) {
  const { booking } = props;
  const { display_name: name } = booking.client.id === props.ownId ? booking.reader : booking.client;
  const left = secondsUntil(booking.scheduled_at, props.now) ?? 0;
  return (
    <div class="wide-bar wide-bar--live">
      {/* Only the minute is announced: a clock that is read out every second says nothing else any more. */}
      <span class="for-screen-readers" role="status">
        {left > 0
          ? texts.bookings.soonBar(booking.type, name, texts.bookings.minutes(Math.ceil(left / 60)))
          : texts.bookings.nowBar(booking.type, name)}
      </span>
      <span aria-hidden="true">
        {left > 0
          ? texts.bookings.soonBar(booking.type, name, formatClock(left))
          : texts.bookings.nowBar(booking.type, name)}
      </span>
      <a href={`/room/${booking.id}`}>{texts.bookings.openRoom}</a>
    </div>
  );
}

function NearBookingBar() {
  const { bookings, liveConsultation, login } = useServices();
  const near = bookings.near.value;
  const live = liveConsultation.value.value;
  if (near === null || live === null || near.consultation_id !== live.id) return null;
  const time = formatTime(near.scheduled_at);
  const person = near.user_id === live.client.id ? live.client : live.reader;
  const isSelf = near.user_id === login.user?.id;
  return (
    <div class="wide-bar wide-bar--test" role="status">
      <span>{isSelf ? texts.bookings.nearSelf(time) : texts.bookings.nearOther(person.display_name, time)}</span>
    </div>
  );
}

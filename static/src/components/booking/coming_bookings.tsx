/** What is booked and has not begun: when, with whom, the way into the waiting room, and out of the booking. */
import { useServerNow } from "../../hooks/server_time";
import type { Consultation } from "../../protocol";
import { isRoomOpen } from "../../rooms/clock";
import { useServices } from "../../services";
import { texts } from "../../texts";
import { formatAppointment, formatTime } from "../../texts/formats";
import { Avatar } from "../avatar";
import { CancelButton } from "./cancel_button";
import "../../styles/bookings.css";

export function ComingBookings(props: { ownId: string; emptyHint?: string }) {
  const { bookings } = useServices();
  const coming = bookings.value.value;
  const now = useServerNow(coming.length > 0);
  if (coming.length === 0 && props.emptyHint === undefined) return null;
  return (
    <section class="card stack stack--tight" aria-label={texts.bookings.coming}>
      <h2>{texts.bookings.coming}</h2>
      {coming.length === 0 ? (
        <p class="soft">{props.emptyHint}</p>
      ) : (
        <ul class="line-list">
          {coming.map((booking) => (
            <li key={booking.id}>
              <Coming booking={booking} ownId={props.ownId} isOpen={isRoomOpen(booking, now)} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Coming(props: { booking: Consultation; ownId: string; isOpen: boolean }) {
  const { booking } = props;
  const other = booking.client.id === props.ownId ? booking.reader : booking.client;
  return (
    <div class="coming">
      <Avatar id={other.id} name={other.display_name} url={other.avatar_url} size="small" />
      <span class="grow">
        <span class="line__title name">{other.display_name}</span>
        <span class="line__facts faint">
          {texts.bookings.line(
            booking.type,
            formatAppointment(booking.scheduled_at ?? ""),
            booking.scheduled_minutes ?? 0,
          )}
        </span>
        {!props.isOpen && (
          <span class="line__facts faint">
            {texts.bookings.roomOpensAt(formatTime(booking.waiting_room_opens_at ?? ""))}
          </span>
        )}
      </span>
      <span class="coming__ways">
        <a class={`button${props.isOpen ? " button--primary" : ""}`} href={`/room/${booking.id}`}>
          {props.isOpen ? texts.bookings.openRoom : texts.bookings.seeRoom}
        </a>
        <CancelButton booking={booking} other={other} />
      </span>
    </div>
  );
}

/** It is booked: when, what happens next, and a file for one's own calendar. */
import type { Consultation } from "../../protocol";
import { texts } from "../../texts";
import { formatAppointment } from "../../texts/formats";
import { CalendarButton } from "./calendar_button";

export function Booked(props: { booking: Consultation }) {
  const { booking } = props;
  return (
    <div class="stack">
      <div role="status" class="stack stack--tight">
        <p>
          <strong>{texts.bookings.chosen(booking.type, formatAppointment(booking.scheduled_at ?? ""))}</strong>
        </p>
        <p class="soft">{texts.bookings.bookedHint(booking.reader.display_name)}</p>
        <p class="soft">{texts.bookings.reminders}</p>
      </div>
      <div class="row">
        <CalendarButton booking={booking} />
        <a class="button button--primary" href="/consultations">
          {texts.bookings.toBookings}
        </a>
      </div>
    </div>
  );
}

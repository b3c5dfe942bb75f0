"""What follows when a booked consultation does not take place: the client's fee where one was agreed, letters, the free time."""

from __future__ import annotations

from datetime import timedelta

from billing.metering.absences import charge_absence
from realtime.consultations.clock import Moment
from realtime.consultations.letters import post_letters_of_end
from storage.bookings import forget_booking
from storage.consultations import Consultation
from storage.transaction import Transaction


async def settle_absence(
    tx: Transaction, consultation: Consultation, *, reason: str, moment: Moment
) -> tuple[Consultation, int | None]:
    """Charge the fee that was agreed when it was booked, if it is owed; the wallet's new balance (None when nothing moved)."""
    if reason != "client_no_show" or not owes_fee(consultation, moment):
        return consultation, None
    return await charge_absence(tx, consultation, now=moment.now)


def owes_fee(consultation: Consultation, moment: Moment) -> bool:
    """Whether a client who did not come pays: the reader is there, the booking began in time, the client never was there.

    Who came, found nobody and left owes nothing, nor does who could not connect, or whom we opened the room too late for.
    """
    c = consultation
    if c.no_show_minutes == 0 or c.scheduled_at is None or c.accepted_at is None:
        return False
    began_in_time = c.accepted_at <= c.scheduled_at + timedelta(seconds=moment.settings.consultations.join_seconds)
    return began_in_time and c.client_came_at is None and c.client_joined_at is None and c.reader_joined_at is not None


async def close_booking(tx: Transaction, consultation: Consultation, *, note: str | None) -> None:
    """It is over: its time is free, and if it never began whoever did not end it gets a letter."""
    if consultation.scheduled_at is None:
        return
    await forget_booking(tx, consultation.id)
    if consultation.started_at is None:
        await post_letters_of_end(tx, consultation, note=note)

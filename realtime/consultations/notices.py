"""What is told before a booking begins: reminders by letter, and a word to whoever talks with one of the two just then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import groupby
from uuid import UUID

from config import limits
from realtime.consultations.clock import Moment
from realtime.consultations.events import emit_booking_near
from realtime.consultations.letters import post_letters
from realtime.queue.lines import advance_line
from realtime.reader_status import announce_reader_status
from storage.bookings import BookingNotice, take_due_notices
from storage.consultations import Consultation, find_live_parts, find_parts
from storage.transaction import Transaction


def plan_notices(booking: Consultation, moment: Moment) -> Iterator[BookingNotice]:
    """A reminder that would come right behind the letter of the booking itself is left out."""
    assert booking.scheduled_at is not None
    earliest_at = moment.now + timedelta(seconds=limits.REMINDER_EARLIEST_SECONDS)
    for minutes in moment.settings.consultations.reminder_minutes:
        due_at = booking.scheduled_at - timedelta(minutes=minutes)
        if due_at >= earliest_at:
            yield BookingNotice(booking.id, "reminder", due_at)
    warned_at = booking.scheduled_at - timedelta(seconds=moment.settings.consultations.keep_free_seconds)
    yield BookingNotice(booking.id, "warning", warned_at)


async def tell_due_notices(tx: Transaction, moment: Moment) -> bool:
    """Turn a batch of what is due into letters and events; whether there may be more.

    The notice goes and the letter's job comes in one transaction: each is told once, whoever else ticks or crashes.
    """
    taken = await take_due_notices(tx, now=moment.now, limit=limits.BOOKING_NOTICES_BATCH)
    of_booking = sorted(taken, key=lambda notice: (notice.consultation_id, notice.kind))
    for _, same in groupby(of_booking, key=lambda notice: (notice.consultation_id, notice.kind)):
        await _tell(tx, list(same), moment)
    readers = {await _warned_reader(tx, notice) for notice in taken if notice.kind == "warning"}
    for reader_id in sorted(readers):
        await advance_line(tx, reader_id, moment)
        await announce_reader_status(tx, reader_id, now=moment.now)
    return len(taken) == limits.BOOKING_NOTICES_BATCH


async def _tell(tx: Transaction, notices: Sequence[BookingNotice], moment: Moment) -> None:
    """Several reminders of one booking that became due while nobody ticked are one letter; after its time it is none."""
    parts = await find_parts(tx, notices[0].consultation_id)
    if parts is None or parts.consultation.status != "scheduled":
        return
    booking = parts.consultation
    assert booking.scheduled_at is not None
    if notices[0].kind == "warning":
        await _warn(tx, booking, moment)
    elif moment.now < booking.scheduled_at:
        await post_letters(tx, booking, "reminder", to=(booking.client_id, booking.reader_id))


async def _warned_reader(tx: Transaction, notice: BookingNotice) -> UUID:
    """From now on the reader is busy to everybody else."""
    parts = await find_parts(tx, notice.consultation_id)
    assert parts is not None
    return parts.consultation.reader_id


async def _warn(tx: Transaction, booking: Consultation, moment: Moment) -> None:
    for user_id in (booking.client_id, booking.reader_id):
        live = await find_live_parts(tx, user_id)
        if live is not None and live.consultation.id != booking.id:
            assert booking.scheduled_at is not None
            emit_booking_near(tx, live.consultation, user_id=user_id, scheduled_at=booking.scheduled_at, now=moment.now)

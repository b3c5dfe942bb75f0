"""Booked consultations: making a booking, giving it up, and beginning it when its time has come.

When a reader can be booked is in `booking_times.py`, who did not come in `no_shows.py`, what is sent before in `notices.py`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from config import limits
from config.errors import Forbidden, NotFound, RateLimited, WalletBalanceTooLow, invalid
from config.fields import render_instant
from realtime.calendars import find_zone
from realtime.consultations.booking_times import is_offered, is_on_grid, list_slots
from realtime.consultations.clock import Moment, save_change
from realtime.consultations.endings import end_unanswered
from realtime.consultations.errors import (
    ClientTimeTaken,
    ClientTooManyBookings,
    ConsultationNotScheduled,
    ConsultationTooEarly,
    ReaderTimeNotOffered,
    ReaderTimeTaken,
    ReaderTypeNotOffered,
    ReaderUnverified,
)
from realtime.consultations.events import emit_state
from realtime.consultations.letters import post_letters
from realtime.consultations.notices import plan_notices
from realtime.consultations.presence import run_if_ready
from realtime.consultations.requests import cancel_consultation, draft_consultation, find_known
from realtime.reader_status import announce_reader_status
from storage.availability import list_windows
from storage.bookings import (
    count_bookings,
    count_bookings_made,
    has_taken_slot,
    insert_notices,
    insert_slots,
    lock_active_people,
    make_live,
    try_lock_reader_row,
)
from storage.consultations import Consultation, ConsultationParts, find_parts, has_live_consultation, insert_consultation
from storage.ledger import find_ledger_account
from storage.reader_terms import ReaderTerms, find_reader_terms
from storage.readers_status import is_on_air
from storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class BookingDraft:
    """What a client books; `nonce` makes a repeated booking the same booking."""

    reader_id: UUID
    type: str
    scheduled_at: datetime
    minutes: int
    nonce: str | None

    def fingerprint(self) -> bytes:
        wanted = f"{self.reader_id}|{self.type}|{self.scheduled_at.isoformat()}|{self.minutes}"
        return hashlib.sha256(wanted.encode()).digest()


async def book_consultation(
    tx: Transaction, *, client_id: UUID, role: str, draft: BookingDraft, moment: Moment
) -> ConsultationParts:
    """Book a reader. Rates, settlement and what a client pays who stays away are frozen here; nothing is charged.

    That nobody is booked twice at one time is held by the database. Raises Unprocessable, NotFound, ReaderUnverified,
    ReaderTypeNotOffered, ReaderTimeNotOffered, ReaderTimeTaken, ClientTimeTaken, ClientTooManyBookings, WalletBalanceTooLow,
    RateLimited, NonceReused.
    """
    if role != "client":
        raise Forbidden("Only clients can book a consultation")
    known = await find_known(tx, client_id, draft)
    if known is not None:
        return known
    _check_time(draft, moment)
    active = await lock_active_people(tx, [client_id, draft.reader_id])
    if client_id not in active:
        raise Forbidden("This account cannot book")
    reader = await find_reader_terms(tx, draft.reader_id, now=moment.now, currency=moment.settings.billing.currency)
    if reader is None or draft.reader_id not in active:
        raise NotFound("There is no such reader")
    rate = await _check_reader(tx, reader, draft)
    wallet_id = await _check_client(tx, client_id, rate, moment)
    booking = _booked(client_id, wallet_id, reader, rate, draft, moment)
    if not await insert_consultation(tx, booking):
        known = await find_known(tx, client_id, draft)
        assert known is not None, "only a nonce that was used a moment ago keeps a booking out"
        return known
    slots = list_slots(draft.scheduled_at, draft.minutes)
    if not await insert_slots(tx, booking.id, reader_id=draft.reader_id, client_id=client_id, slots=slots):
        is_client_taken = await has_taken_slot(tx, client_id=client_id, slots=slots, other_than=booking.id)
        raise ClientTimeTaken if is_client_taken else ReaderTimeTaken
    await insert_notices(tx, plan_notices(booking, moment))
    await post_letters(tx, booking, "booked", to=(client_id, draft.reader_id))
    parts = await find_parts(tx, booking.id)
    assert parts is not None
    emit_state(tx, parts, "scheduled", now=moment.now)
    return parts


def _check_time(draft: BookingDraft, moment: Moment) -> None:
    notice_seconds = moment.settings.consultations.booking_notice_seconds
    if not is_on_grid(draft.scheduled_at):
        raise invalid([("scheduled_at", "must be a full quarter of an hour")])
    if draft.scheduled_at < moment.now + timedelta(seconds=notice_seconds):
        raise invalid([("scheduled_at", f"must be at least {notice_seconds / 60:g} minutes ahead")])
    if draft.scheduled_at > moment.now + timedelta(days=limits.BOOKING_DAYS):
        raise invalid([("scheduled_at", f"must be within {limits.BOOKING_DAYS} days")])


async def _check_reader(tx: Transaction, reader: ReaderTerms, draft: BookingDraft) -> int:
    if not reader.is_verified:
        raise ReaderUnverified
    rate = reader.rates.get(draft.type)
    if rate is None:
        raise ReaderTypeNotOffered
    from_date = (draft.scheduled_at - timedelta(days=1)).date()
    windows = (await list_windows(tx, [reader.id], from_date=from_date)).get(reader.id, [])
    if not is_offered(windows, find_zone(reader.time_zone), starts_at=draft.scheduled_at, minutes=draft.minutes):
        raise ReaderTimeNotOffered
    return rate


async def _check_client(tx: Transaction, client_id: UUID, rate: int, moment: Moment) -> int:
    """Limits of a day or a month say nothing of a day to come: only the money is looked at."""
    billing = moment.settings.billing
    wallet = await find_ledger_account(tx, owner_id=client_id, kind="wallet", currency=billing.currency)
    if wallet is None or wallet.spendable_minor < rate * billing.minimum_minutes_to_start:
        raise WalletBalanceTooLow
    if await count_bookings(tx, client_id) >= limits.BOOKINGS_PER_CLIENT:
        raise ClientTooManyBookings
    # Each one sends letters, and so does giving it up, with words of the client's own.
    if await count_bookings_made(tx, client_id, since=moment.now - timedelta(days=1)) >= limits.BOOKINGS_MADE_PER_DAY:
        raise RateLimited("You have booked too often today")
    return wallet.id


def _booked(client_id: UUID, wallet_id: int, reader: ReaderTerms, rate: int, draft: BookingDraft, moment: Moment) -> Consultation:
    settings = moment.settings.consultations
    return replace(
        draft_consultation(client_id, wallet_id, reader, rate, draft, moment),
        status="scheduled",
        scheduled_at=draft.scheduled_at,
        scheduled_minutes=draft.minutes,
        waiting_room_opens_at=draft.scheduled_at - timedelta(seconds=settings.waiting_room_seconds),
        kept_free_from_at=draft.scheduled_at - timedelta(seconds=settings.keep_free_seconds),
        no_show_minutes=settings.client_no_show_minutes,
    )


async def cancel_before_start(
    tx: Transaction, parts: ConsultationParts, *, user_id: UUID, reason: str | None, moment: Moment
) -> ConsultationParts:
    """Either of the two gives a booking up before its time, for nothing; a request is taken back by its client.

    `reason`: words for the other one. A repeated call changes nothing. Raises ConsultationNotScheduled once it has begun.
    """
    c = parts.consultation
    if c.scheduled_at is None:
        return await cancel_consultation(tx, parts, user_id=user_id, moment=moment)
    end_reason = "withdrawn" if user_id == c.client_id else "declined"
    if c.end_reason == end_reason:
        return parts
    if c.status != "scheduled":
        raise ConsultationNotScheduled
    return await end_unanswered(tx, parts, reason=end_reason, change="cancelled", at=moment.now, moment=moment, note=reason)


def check_room_is_open(consultation: Consultation, moment: Moment) -> None:
    """Raises ConsultationTooEarly before the waiting room of a booking opens."""
    opens_at = consultation.waiting_room_opens_at
    if consultation.status == "scheduled" and opens_at is not None and moment.now < opens_at:
        raise ConsultationTooEarly(f"The waiting room opens at {render_instant(opens_at)}")


async def begin_if_due(tx: Transaction, parts: ConsultationParts, moment: Moment) -> ConsultationParts:
    """The time of a booking has come: it begins, and waits for who is not there yet.

    While one of the two has another live consultation it cannot begin, and is tried again with every tick until the time
    for joining is over; then who was busy did not come. With nobody busy it was we who could not open it in time.
    The caller holds the row lock.
    """
    c = parts.consultation
    if c.status != "scheduled" or c.scheduled_at is None or moment.now < c.scheduled_at:
        return parts
    settings = moment.settings.consultations
    wait_until = c.scheduled_at + timedelta(seconds=settings.no_show_seconds)
    if wait_until <= moment.now:
        reason = await _who_was_busy(tx, c)
        return await end_unanswered(tx, parts, reason=reason, change="cancelled", at=wait_until, moment=moment)
    # Whoever rings at the reader holds the reader's row and may wait for our row in the index of live consultations.
    if not await try_lock_reader_row(tx, c.reader_id) or await _is_somebody_busy(tx, c) or not await make_live(tx, c.id):
        return parts
    before = replace(c, status="in_progress")
    after = replace(
        before,
        accepted_at=moment.now,
        # Whoever begins late has at least as long to come as after an answered ring.
        join_until_at=max(wait_until, moment.now + timedelta(seconds=settings.join_seconds)),
        client_came_at=None if c.client_joined_at is None else moment.now,
    )
    parts = await save_change(tx, replace(parts, consultation=before), after, "accepted", moment, kind="accepted")
    parts = await run_if_ready(tx, parts, moment)
    await announce_reader_status(tx, c.reader_id, now=moment.now)
    return parts


async def _is_somebody_busy(tx: Transaction, consultation: Consultation) -> bool:
    """In another live consultation, or the reader before everybody: nobody's consultation begins in a livestream."""
    if await is_on_air(tx, consultation.reader_id):
        return True
    return await has_live_consultation(tx, client_id=consultation.client_id, reader_id=consultation.reader_id)


async def _who_was_busy(tx: Transaction, consultation: Consultation) -> str:
    client_busy = await has_live_consultation(tx, client_id=consultation.client_id)
    reader_busy = await has_live_consultation(tx, reader_id=consultation.reader_id) or await is_on_air(tx, consultation.reader_id)
    if client_busy and reader_busy:
        return "both_no_show"
    if client_busy:
        return "client_no_show"
    return "reader_no_show" if reader_busy else "expired"

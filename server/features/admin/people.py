"""What admins do to people: suspend, ban, reinstate; vouch for readers, or refuse to."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from config.errors import NotFound
from realtime.commands import Caller
from realtime.consultations.bookings import cancel_before_start
from realtime.consultations.clock import Moment
from realtime.consultations.endings import end_by_platform, end_if_due
from realtime.reader_status import DIRECTORY_AUDIENCE, ReaderStatusChangedEvent, announce_reader_status
from server.features.admin.audit import note
from server.features.admin.errors import OwnAccountStatus
from storage.back_office import Person, find_person, lock_person, update_person_status
from storage.bookings import list_booking_ids
from storage.consultations import find_live_parts, lock_parts
from storage.logins import insert_security_event, revoke_logins
from storage.readers import update_verification
from storage.transaction import Event, Transaction

_SHUT_OUT = frozenset({"suspended", "banned"})


async def access_person(tx: Transaction, user_id: UUID) -> Person:
    """The person, locked. Raises NotFound."""
    person = await lock_person(tx, user_id)
    if person is None:
        raise NotFound("There is no such person")
    return person


async def change_status(tx: Transaction, admin: Caller, user_id: UUID, *, status: str, reason: str, moment: Moment) -> Person:
    """Shutting somebody out ends their live consultation (settled as by an admin) and all their logins.

    Their sockets are to be closed after the commit. Raises NotFound or OwnAccountStatus.
    """
    if user_id == admin.user_id:
        raise OwnAccountStatus
    before = await access_person(tx, user_id)
    await update_person_status(tx, user_id, status=status, reason=reason, now=moment.now)
    if status in _SHUT_OUT:
        await end_consultations(tx, user_id, moment=moment)
        await revoke_logins(tx, user_id=user_id, reason="suspended", now=moment.now)
    after = await access_person(tx, user_id)
    await _tell_directory(tx, before, after, now=moment.now)
    await insert_security_event(
        tx, user_id=user_id, type=f"account.{status}", payload=None, ip_address=None, user_agent=None, now=moment.now
    )
    await note(
        tx,
        admin,
        "user.change_status",
        entity_type="user",
        entity_id=user_id,
        before={"status": before.status, "reason": before.status_reason},
        after={"status": status, "reason": reason},
        now=moment.now,
    )
    return after


async def end_consultations(tx: Transaction, user_id: UUID, *, moment: Moment) -> None:
    """End whatever the person takes part in right now, on either side, and give up everything that is booked."""
    await cancel_bookings(tx, user_id, moment=moment)
    found = await find_live_parts(tx, user_id)
    parts = None if found is None else await lock_parts(tx, found.consultation.id)
    if parts is None:
        return
    parts = await end_if_due(tx, parts, moment)
    if parts.consultation.is_live:
        await end_by_platform(tx, parts, reason="participant_suspended", moment=moment)


async def cancel_bookings(tx: Transaction, user_id: UUID, *, moment: Moment) -> None:
    """Give up whatever is booked with the person, as if they had cancelled it themselves: the others are told, nobody pays."""
    for booking_id in await list_booking_ids(tx, user_id):
        parts = await lock_parts(tx, booking_id)
        if parts is not None and parts.consultation.status == "scheduled":
            await cancel_before_start(tx, parts, user_id=user_id, reason=None, moment=moment)


async def change_verification(
    tx: Transaction, admin: Caller, reader_id: UUID, *, verification: str, reason: str | None, moment: Moment
) -> Person:
    """Who is not vouched for any more loses what is booked. Raises NotFound for who is no reader."""
    now = moment.now
    before = await access_person(tx, reader_id)
    if before.verification is None:
        raise NotFound("There is no such reader")
    await update_verification(tx, reader_id, verification=verification, reason=reason, now=now)
    if verification != "verified":
        await cancel_bookings(tx, reader_id, moment=moment)
    after = await find_person(tx, reader_id)
    assert after is not None
    await _tell_directory(tx, before, after, now=now)
    await note(
        tx,
        admin,
        "reader.verify" if verification == "verified" else "reader.reject",
        entity_type="reader",
        entity_id=reader_id,
        before={"verification": before.verification, "reason": before.verification_reason},
        after={"verification": verification, "reason": reason},
        now=now,
    )
    return after


def _is_listed(person: Person) -> bool:
    return person.verification == "verified" and person.status == "active"


async def _tell_directory(tx: Transaction, before: Person, after: Person, *, now: datetime) -> None:
    """Who comes into the directory has a status; who leaves it is offline to all that still show them."""
    if _is_listed(after):
        await announce_reader_status(tx, after.id, now=now)
    elif _is_listed(before):
        gone = ReaderStatusChangedEvent(reader_id=after.id, status="offline", waiting_count=0, at=now)
        tx.emit(Event("reader.status_changed", DIRECTORY_AUDIENCE, gone))

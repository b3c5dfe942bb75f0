"""A reader's line in the database: read, settled and told of, always under the lock of the reader's row.

That row is the last lock of a transaction: after the consultation, who attends it, and ledger accounts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from uuid import UUID

from billing.metering.affordability import is_within_spending_limits
from realtime.consultations.clock import Moment
from realtime.notifications.jobs import turn_job
from realtime.queue.events import emit_line_changes
from realtime.queue.turns import Line, in_order, settle_line
from storage.queue import Place, QueueEntry, QueueReader, list_places, list_queue_readers, lock_reader_row, save_entry
from storage.transaction import Connection, Transaction


async def load_lines(db: Connection, reader_ids: Sequence[UUID], moment: Moment) -> list[Line]:
    """The lines of these readers as they stand, in order of the readers' ids."""
    billing = moment.settings.billing
    readers = await list_queue_readers(db, reader_ids, now=moment.now)
    places = await list_places(
        db, reader_ids, now=moment.now, currency=billing.currency, minimum_minutes=billing.minimum_minutes_to_start
    )
    by_reader = {key: list(found) for key, found in groupby(places, key=lambda place: place.entry.reader_id)}
    lines = []
    for reader in readers:
        judged = [await _with_limits(db, reader, place, moment) for place in by_reader.get(reader.id, [])]
        lines.append(Line(reader, in_order(judged)))
    return lines


async def _with_limits(db: Connection, reader: QueueReader, place: Place, moment: Moment) -> Place:
    """Whether the client's own spending limits allow a start, where that decides anything just now."""
    rate, decides = reader.rates.get(place.entry.type), reader.is_free or place.entry.skipped_at is not None
    if not place.has_limits or not place.can_pay or not decides or rate is None or place.wallet_id is None:
        return place
    billing = moment.settings.billing
    first_minor = rate * billing.increment_ms // billing.minute_ms
    can_pay = await is_within_spending_limits(
        db, client_id=place.client.id, wallet_id=place.wallet_id, spent_minor=0, charge_minor=first_minor, now=moment.now
    )
    return replace(place, can_pay=can_pay)


async def advance_line(tx: Transaction, reader_id: UUID, moment: Moment) -> Line | None:
    """Lock the reader's row and settle the line: reservations that ran out pass on, a free reader is kept for the next.

    None when there is no such reader. The caller announces the reader's status afterwards.
    """
    if not await lock_reader_row(tx, reader_id):
        return None
    (line,) = await load_lines(tx, [reader_id], moment)
    if not line.places:
        return line
    return await change_line(tx, line, settle_line(line, now=moment.now, settings=moment.settings.queue), moment)


async def change_line(tx: Transaction, line: Line, places: Sequence[Place], moment: Moment) -> Line:
    """Save the places of a locked line as they are to be (new ones are written already), and tell of what changed."""
    entries = {place.entry.id: place.entry for place in line.places}
    # Who had the turn gives it up before somebody else gets it: the database lets one at a time have it.
    for place in sorted(places, key=lambda place: place.entry.state == "reserved"):
        before = entries.get(place.entry.id)
        if before is not None and before != place.entry:
            await save_entry(tx, before=before, after=place.entry)
            await _notify_of_turn(tx, before, place.entry, kept_seconds=moment.settings.queue.kept_seconds)
    after = Line(line.reader, in_order(places))
    ended = [place for place in places if not place.entry.is_open]
    emit_line_changes(tx, line, after, ended, settings=moment.settings, now=moment.now)
    return after


async def _notify_of_turn(tx: Transaction, before: QueueEntry, after: QueueEntry, *, kept_seconds: float) -> None:
    """A turn that came, or that was missed by who had no page open, is also told outside the pages."""
    if after.state == "reserved" and before.state != "reserved":
        state, until_at = "came", after.reserved_until_at
    elif after.skipped_at is not None and before.skipped_at is None and after.skip_reason == "disconnected":
        state, until_at = "missed", after.skipped_at + timedelta(seconds=kept_seconds)
    else:
        return
    assert until_at is not None
    job = {"reader_id": str(after.reader_id), "client_id": str(after.client_id), "entry_id": str(after.id), "state": state}
    await turn_job(tx, job | {"type": after.type, "until_at": until_at.isoformat()})

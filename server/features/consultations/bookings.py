"""Reading what can be booked: a reader's availability, less what is taken."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from config import limits
from config.settings import Settings
from realtime.calendars import find_zone
from realtime.commands import Caller
from realtime.consultations.booking_times import list_free_times
from server.features.consultations.booking_requests import TimesQuery
from server.features.consultations.booking_views import ReaderTimes
from server.features.readers.profiles import access_reader
from storage.availability import list_windows
from storage.bookings import list_taken_slots
from storage.readers import Reader
from storage.transaction import Connection


async def find_reader_times(
    db: Connection, reader_id: UUID, query: TimesQuery, *, caller: Caller | None, settings: Settings, now: datetime
) -> ReaderTimes:
    """A client's own bookings are left out as well. Raises NotFound."""
    reader = await access_reader(db, reader_id, caller=caller, now=now)
    minutes = query.minutes or settings.consultations.booking_minutes
    last_at = now + timedelta(days=limits.BOOKING_DAYS)
    from_at = min(max(query.from_at or now, now), last_at)
    until_at = min(from_at + timedelta(days=query.days), last_at)
    earliest_at = max(from_at, now + timedelta(seconds=settings.consultations.booking_notice_seconds))
    times: list[datetime] = []
    if reader.is_listed and (query.type is None or query.type in reader.rates):
        client_id = caller.user_id if caller is not None and caller.role == "client" else None
        times = await _list_times(db, reader, client_id, minutes=minutes, from_at=earliest_at, until_at=until_at)
    return ReaderTimes(
        time_zone=reader.time_zone,
        minutes=minutes,
        from_at=from_at,
        until_at=until_at,
        bookable_until_at=last_at,
        no_show_minutes=settings.consultations.client_no_show_minutes,
        wait_seconds=settings.consultations.no_show_seconds,
        times=times,
    )


async def _list_times(
    db: Connection, reader: Reader, client_id: UUID | None, *, minutes: int, from_at: datetime, until_at: datetime
) -> list[datetime]:
    from_date = (from_at - timedelta(days=1)).date()
    windows = (await list_windows(db, [reader.id], from_date=from_date)).get(reader.id, [])
    taken_until_at = until_at + timedelta(minutes=minutes)
    taken = await list_taken_slots(db, reader_id=reader.id, client_id=client_id, from_at=from_at, until_at=taken_until_at)
    zone = find_zone(reader.time_zone)
    return list_free_times(windows, zone, minutes=minutes, from_at=from_at, until_at=until_at, taken=taken)

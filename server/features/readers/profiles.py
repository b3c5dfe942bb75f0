"""Reading and changing readers' profiles and calendars."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from config import limits
from config.errors import Forbidden, NotFound, invalid
from realtime.calendars import Span, find_next_availability, find_zone, list_spans
from realtime.commands import Caller
from server.features.readers.requests import AvailabilityPayload, ReaderPatch
from storage.accounts import update_profile
from storage.availability import Window, list_windows, replace_windows
from storage.readers import Reader, find_reader, update_reader
from storage.transaction import Connection, Transaction


async def access_reader(db: Connection, reader_id: UUID, *, caller: Caller | None, now: datetime) -> Reader:
    """The reader, if this person may see the profile: listed, their own, or to an admin. Raises NotFound."""
    reader = await find_reader(db, reader_id, now=now, viewer_id=None if caller is None else caller.user_id)
    if reader is None or not (reader.is_listed or _sees_everything(caller, reader_id)):
        raise NotFound("There is no such reader")
    return reader


def _sees_everything(caller: Caller | None, reader_id: UUID) -> bool:
    return caller is not None and (caller.user_id == reader_id or caller.role == "admin")


async def get_own_reader(db: Connection, caller: Caller, *, now: datetime) -> Reader:
    """Raises Forbidden for who is no reader."""
    reader = await find_reader(db, caller.user_id, now=now)
    if reader is None:
        raise Forbidden("Only readers have a profile")
    return reader


async def change_own_reader(tx: Transaction, caller: Caller, patch: ReaderPatch, *, now: datetime) -> Reader:
    await update_reader(tx, caller.user_id, patch.changes(), now=now)
    return await get_own_reader(tx, caller, now=now)


async def replace_availability(tx: Transaction, caller: Caller, payload: AvailabilityPayload, *, now: datetime) -> Reader:
    """Raises Unprocessable with one entry for each window that overlaps an earlier one."""
    windows = [window.window() for window in payload.windows]
    overlaps = find_overlaps(windows)
    if overlaps:
        raise invalid((f"windows.{later}", f"overlaps windows.{earlier}") for later, earlier in overlaps)
    if payload.time_zone is not None:
        await update_profile(tx, user_id=caller.user_id, display_name=None, time_zone=payload.time_zone, username=None, now=now)
    await replace_windows(tx, caller.user_id, windows, now=now)
    return await get_own_reader(tx, caller, now=now)


def find_overlaps(windows: Sequence[Window]) -> list[tuple[int, int]]:
    """For each window that overlaps one before it in the list: its position, and that of the first such window."""
    found = []
    for later, window in enumerate(windows):
        for earlier in range(later):
            other = windows[earlier]
            same_day = (window.day_of_week, window.specific_date) == (other.day_of_week, other.specific_date)
            if same_day and window.start_minute < other.end_minute and other.start_minute < window.end_minute:
                found.append((later, earlier))
                break
    return found


async def list_next_availabilities(db: Connection, readers: Sequence[Reader], *, now: datetime) -> dict[UUID, datetime | None]:
    """When each of the readers can be had next, by their calendars."""
    calendars = await list_windows(db, [reader.id for reader in readers], from_date=_yesterday(now))
    return {
        reader.id: find_next_availability(
            calendars.get(reader.id, ()), find_zone(reader.time_zone), now=now, days=limits.AVAILABILITY_DAYS
        )
        for reader in readers
    }


async def find_calendar(db: Connection, reader: Reader, *, now: datetime) -> tuple[list[Window], list[Span]]:
    """The windows, and the concrete spans of the next days."""
    windows = (await list_windows(db, [reader.id], from_date=_yesterday(now))).get(reader.id, [])
    return windows, list_spans(windows, find_zone(reader.time_zone), now=now, days=limits.AVAILABILITY_DAYS)


def _yesterday(now: datetime) -> date:
    """No reader's today lies before this day."""
    return (now - timedelta(days=1)).date()

"""When readers say they can be had: weekly windows and single days, in wall-clock minutes of the reader's own time zone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from storage.transaction import Connection, Transaction


@dataclass(frozen=True, slots=True)
class Window:
    """Either `day_of_week` (0 = Sunday … 6 = Saturday) or `specific_date`; minutes since midnight, up to 1440."""

    day_of_week: int | None
    specific_date: date | None
    start_minute: int
    end_minute: int


async def list_windows(db: Connection, reader_ids: Sequence[UUID], *, from_date: date) -> dict[UUID, list[Window]]:
    """The windows of each reader; single days before `from_date` are over and left out."""
    rows = await db.fetch(
        "SELECT reader_id, day_of_week, specific_date, (extract(epoch FROM start_time) / 60)::integer AS start_minute,"
        " (extract(epoch FROM end_time) / 60)::integer AS end_minute FROM availability"
        " WHERE reader_id = ANY($1) AND (specific_date IS NULL OR specific_date >= $2)"
        " ORDER BY reader_id, specific_date NULLS FIRST, day_of_week, start_time",
        list(reader_ids),
        from_date,
    )
    found: dict[UUID, list[Window]] = defaultdict(list)
    for row in rows:
        found[row["reader_id"]].append(Window(row["day_of_week"], row["specific_date"], row["start_minute"], row["end_minute"]))
    return found


async def replace_windows(tx: Transaction, reader_id: UUID, windows: Sequence[Window], *, now: datetime) -> None:
    """Forget all windows of the reader and write these."""
    # The reader's row is locked, so that of two replacements at once one wins as a whole.
    await tx.execute("SELECT 1 FROM readers WHERE user_id = $1 FOR NO KEY UPDATE", reader_id)
    await tx.execute("DELETE FROM availability WHERE reader_id = $1", reader_id)
    await tx.execute(
        "INSERT INTO availability (reader_id, day_of_week, specific_date, start_time, end_time, is_recurring, created_at)"
        " SELECT $1, day_of_week, specific_date, start_time::time, end_time::time, specific_date IS NULL, $6"
        " FROM unnest($2::integer[], $3::date[], $4::text[], $5::text[])"
        " AS draft (day_of_week, specific_date, start_time, end_time)",
        reader_id,
        [window.day_of_week for window in windows],
        [window.specific_date for window in windows],
        [_clock_time(window.start_minute) for window in windows],
        [_clock_time(window.end_minute) for window in windows],
        now,
    )


def _clock_time(minute: int) -> str:
    """`24:00` is a time of day to Postgres."""
    return f"{minute // 60:02d}:{minute % 60:02d}"

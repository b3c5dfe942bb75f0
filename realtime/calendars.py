"""From windows on a wall clock to instants: days of a reader's own time zone, right across daylight saving time.

When a consultation may be booked is in `consultations/booking_times.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from storage.availability import Window


@dataclass(frozen=True, slots=True)
class Span:
    """From one instant up to another, in UTC."""

    starts_at: datetime
    ends_at: datetime


def find_zone(name: str) -> ZoneInfo:
    """UTC for a zone that this machine's database has lost."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def list_spans(windows: Sequence[Window], zone: ZoneInfo, *, now: datetime, days: int) -> list[Span]:
    """What has not ended by `now` of today's windows and those of the days after it; adjoining ones become one."""
    today = now.astimezone(zone).date()
    spans: list[Span] = []
    for offset in range(days):
        for span in _spans_of_day(windows, zone, today + timedelta(days=offset)):
            if span.ends_at <= now:
                continue
            if spans and span.starts_at <= spans[-1].ends_at:
                span = Span(spans.pop().starts_at, span.ends_at)
            spans.append(span)
    return spans


def find_next_availability(windows: Sequence[Window], zone: ZoneInfo, *, now: datetime, days: int) -> datetime | None:
    """`now` within a window; otherwise the start of the next one within so many days."""
    spans = list_spans(windows, zone, now=now, days=days)
    return max(now, spans[0].starts_at) if spans else None


def start_of_day(zone: ZoneInfo, now: datetime) -> datetime:
    """The instant at which today began there."""
    return instant_of(datetime.combine(now.astimezone(zone).date(), time()), zone)


def instant_of(wall_time: datetime, zone: ZoneInfo) -> datetime:
    """When the clocks there show a time (without zone): the first of two such instants; the end of the gap for one they skip."""
    instant = wall_time.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall_time:
        return instant
    # Clocks that were put forward skip this time. Read with the offset from after the change it lies before the change (PEP 495).
    return _find_change(zone, wall_time.replace(tzinfo=zone, fold=1).astimezone(UTC), instant)


def _spans_of_day(windows: Sequence[Window], zone: ZoneInfo, day: date) -> Iterator[Span]:
    """A day with windows of its own has only those. Every instant at which the clocks there show a time within a window.

    Where clocks are put back, a window that ends within the hour that comes twice is two spans: once on either pass.
    """
    own = [window for window in windows if window.specific_date == day]
    weekday = day.isoweekday() % 7
    todays = own or [window for window in windows if window.specific_date is None and window.day_of_week == weekday]
    if not todays:
        return
    midnight = datetime.combine(day, time(), UTC)
    stretches = _stretches(zone, midnight - _FARTHEST, midnight + timedelta(days=1) + _FARTHEST)
    spans = [
        Span(max(begins_at, midnight + start - offset), min(ends_at, midnight + end - offset))
        for start, end in ((timedelta(minutes=w.start_minute), timedelta(minutes=w.end_minute)) for w in todays)
        for begins_at, ends_at, offset in stretches
    ]
    yield from sorted((span for span in spans if span.starts_at < span.ends_at), key=lambda span: span.starts_at)


# No zone is farther from UTC than this.
_FARTHEST = timedelta(hours=16)


def _stretches(zone: ZoneInfo, begins_at: datetime, ends_at: datetime) -> list[tuple[datetime, datetime, timedelta]]:
    """From one instant up to another, and the offset from UTC between them; the clocks change once at most in three days."""
    before, after = _offset(zone, begins_at), _offset(zone, ends_at)
    if before == after:
        return [(begins_at, ends_at, before)]
    change_at = _find_change(zone, begins_at, ends_at)
    return [(begins_at, change_at, before), (change_at, ends_at, after)]


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    offset = instant.astimezone(zone).utcoffset()
    assert offset is not None
    return offset


def _find_change(zone: ZoneInfo, before_at: datetime, after_at: datetime) -> datetime:
    """The instant between two, at which the clocks change; to the second."""
    before, after = int(before_at.timestamp()), int(after_at.timestamp())
    old_offset = _offset(zone, before_at)
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(zone, datetime.fromtimestamp(middle, UTC)) == old_offset:
            before = middle
        else:
            after = middle
    return datetime.fromtimestamp(after, UTC)

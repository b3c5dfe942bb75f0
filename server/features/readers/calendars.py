"""From windows on a wall clock to instants: days of a reader's own time zone, right across daylight saving time."""

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
    before, after = int(wall_time.replace(tzinfo=zone, fold=1).timestamp()), int(instant.timestamp())
    old_offset = datetime.fromtimestamp(before, zone).utcoffset()
    while after - before > 1:
        middle = (before + after) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == old_offset:
            before = middle
        else:
            after = middle
    return datetime.fromtimestamp(after, UTC)


def _spans_of_day(windows: Sequence[Window], zone: ZoneInfo, day: date) -> Iterator[Span]:
    """A day with windows of its own has only those."""
    own = [window for window in windows if window.specific_date == day]
    weekday = day.isoweekday() % 7
    midnight = datetime.combine(day, time())
    todays = own or [window for window in windows if window.specific_date is None and window.day_of_week == weekday]
    for window in sorted(todays, key=lambda window: window.start_minute):
        starts_at = instant_of(midnight + timedelta(minutes=window.start_minute), zone)
        ends_at = instant_of(midnight + timedelta(minutes=window.end_minute), zone)
        if starts_at < ends_at:
            yield Span(starts_at, ends_at)

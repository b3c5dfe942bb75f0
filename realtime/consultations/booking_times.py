"""The times at which a reader can be booked: availability on a grid of 15 minutes, less what is taken. Pure; no database."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from realtime.calendars import Span, list_spans
from storage.availability import Window

STEP_MINUTES = 15
STEP = timedelta(minutes=STEP_MINUTES)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def is_on_grid(instant: datetime) -> bool:
    """Whether it is a whole quarter of an hour in UTC. Every zone's offset is a multiple of that, so its clocks show one too."""
    return (instant - _EPOCH) % STEP == timedelta(0)


def list_slots(starts_at: datetime, minutes: int) -> list[datetime]:
    """The quarters of an hour that a consultation of so many minutes takes."""
    return [starts_at + STEP * number for number in range(-(-minutes // STEP_MINUTES))]


def is_offered(windows: Sequence[Window], zone: ZoneInfo, *, starts_at: datetime, minutes: int) -> bool:
    """Whether all of it lies within the reader's availability."""
    ends_at = starts_at + timedelta(minutes=minutes)
    # Up to the day after tomorrow: it may go past midnight, and some zones have left a whole day out.
    spans = list_spans(windows, zone, now=starts_at, days=3)
    return any(span.starts_at <= starts_at and ends_at <= span.ends_at for span in spans)


def list_free_times(
    windows: Sequence[Window],
    zone: ZoneInfo,
    *,
    minutes: int,
    from_at: datetime,
    until_at: datetime,
    taken: Collection[datetime],
) -> list[datetime]:
    """When a consultation of so many minutes may start, from one instant up to before another, in order.

    `taken`: the quarters of an hour that are booked already.
    """
    # Days are those of the reader's zone: one more on either side, and two for what goes past midnight.
    days = (until_at - from_at).days + 4
    spans = list_spans(windows, zone, now=from_at, days=days)
    return [
        starts_at
        for span in spans
        for starts_at in _starts_within(span, minutes)
        if from_at <= starts_at < until_at and not any(slot in taken for slot in list_slots(starts_at, minutes))
    ]


def _starts_within(span: Span, minutes: int) -> Iterator[datetime]:
    starts_at = span.starts_at + (_EPOCH - span.starts_at) % STEP
    while starts_at + timedelta(minutes=minutes) <= span.ends_at:
        yield starts_at
        starts_at += STEP

"""Where time comes from. Rules never ask the operating system: they are given a clock or an instant."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Aware UTC instants."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock plus an offset, so that all nodes follow the database's clock."""

    def __init__(self) -> None:
        self._offset_seconds = 0.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(time.time() + self._offset_seconds, UTC)

    def follow(self, *, reference: datetime, tolerance_seconds: float = 0.25) -> None:
        """Correct a drift against the reference (the database's time) once it passes the tolerance."""
        drift = (reference - self.now()).total_seconds()
        if abs(drift) > tolerance_seconds:
            self._offset_seconds += drift


class MovableClock:
    """A clock that tests move by hand."""

    def __init__(self, start: datetime | None = None) -> None:
        self._now = start or datetime(2026, 1, 5, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> datetime:
        self._now += timedelta(seconds=seconds)
        return self._now


def milliseconds_between(start: datetime, end: datetime) -> int:
    """Whole milliseconds from start to end, rounded down; negative when end lies before start."""
    delta = end - start
    microseconds = (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds
    return microseconds // 1000

"""Whose turn it is: from a line as it stands to the line as it should be. Pure; everything that acts on a line asks this.

Whatever was missed (a lost event, a dead node, a late sweep) is made up for, because nothing here depends on how it came so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from config.settings import QueueSettings
from storage.queue import Place, QueueEntry, QueueReader


@dataclass(frozen=True, slots=True)
class Line:
    """A reader and who waits for them: who has the turn first, then in order. Positions count from 1."""

    reader: QueueReader
    places: tuple[Place, ...]

    @property
    def reserved(self) -> Place | None:
        return next((place for place in self.places if place.entry.state == "reserved"), None)

    def find(self, client_id: object) -> Place | None:
        return next((place for place in self.places if place.entry.client_id == client_id), None)


def in_order(places: Sequence[Place]) -> tuple[Place, ...]:
    """Those who wait: who has the turn first, then as they came."""
    waiting = [place for place in places if place.entry.is_open]
    return tuple(sorted(waiting, key=lambda place: (place.entry.state != "reserved", place.entry.number)))


def settle_line(line: Line, *, now: datetime, settings: QueueSettings) -> tuple[Place, ...]:
    """Every place as it should be at `now`, those that ended included.

    A free reader is reserved for the first who can take the turn; who cannot is skipped and keeps the place for a while.
    """
    settled = [replace(place, entry=_settle(line.reader, place, now=now, settings=settings)) for place in line.places]
    if line.reader.is_free and not any(place.entry.state == "reserved" for place in settled):
        settled = _give_turn(settled, now=now, reserved_for=timedelta(seconds=settings.reserved_seconds))
    return tuple(settled)


def _settle(reader: QueueReader, place: Place, *, now: datetime, settings: QueueSettings) -> QueueEntry:
    """One entry by itself; the next turn is given afterwards."""
    entry = _with_answer(reader, place, now=now)
    if not entry.is_open or entry.consultation_id is not None:
        return entry
    if not (reader.is_active and reader.is_verified):
        return _ended(entry, "dissolved", "reader_closed", now)
    if not place.is_client_active:
        return _ended(entry, "left", "left", now)
    if entry.type not in reader.rates:
        return _ended(entry, "dissolved", "type_not_offered", now)
    entry = _stalled(reader, entry, now=now)
    if entry.stalled_at is not None and entry.stalled_at + timedelta(seconds=settings.reader_gone_seconds) <= now:
        return _ended(entry, "dissolved", "reader_gone", now)
    if entry.state == "reserved":
        return _settle_reserved(reader, place, entry, now=now)
    return _settle_skipped(place, entry, now=now, kept_for=timedelta(seconds=settings.kept_seconds))


def _with_answer(reader: QueueReader, place: Place, *, now: datetime) -> QueueEntry:
    """What became of the request that was made of the turn: taken up, refused by the reader, or taken back by the client."""
    entry, asked = place.entry, place.asked
    if reader.live_client_id == entry.client_id and reader.live_was_accepted:
        return _ended(entry, "served", "served", now)
    if asked is None or asked.status == "requested":
        return entry
    if asked.was_accepted:
        return _ended(entry, "served", "served", now)
    if asked.end_reason in ("declined", "expired"):
        return _ended(entry, "passed", "declined" if asked.end_reason == "declined" else "unanswered", now)
    return replace(entry, consultation_id=None)


def _stalled(reader: QueueReader, entry: QueueEntry, *, now: datetime) -> QueueEntry:
    """Since when the reader is neither free nor with somebody."""
    if reader.is_free or reader.is_taken:
        return replace(entry, stalled_at=None)
    return entry if entry.stalled_at is not None else replace(entry, stalled_at=now)


def _settle_reserved(reader: QueueReader, place: Place, entry: QueueEntry, *, now: datetime) -> QueueEntry:
    assert entry.reserved_until_at is not None
    if not reader.is_free:
        # The reader left, or is with somebody after all: the client keeps the place, and gets another turn.
        return replace(entry, state="waiting", reserved_until_at=None)
    if entry.reserved_until_at <= now:
        return _ended(entry, "passed", "time_ran_out", now)
    if place.is_in_consultation:
        return _skipped(replace(entry, state="waiting", reserved_until_at=None), _hindrance(place) or "busy", now)
    return entry


def _settle_skipped(place: Place, entry: QueueEntry, *, now: datetime, kept_for: timedelta) -> QueueEntry:
    if entry.skipped_at is None:
        return entry
    reason = _hindrance(place)
    if reason is None:
        return replace(entry, skipped_at=None, skip_reason=None)
    if entry.skipped_at + kept_for <= now:
        return _ended(entry, "passed", "not_ready", now)
    return replace(entry, skip_reason=reason)


def _give_turn(places: list[Place], *, now: datetime, reserved_for: timedelta) -> list[Place]:
    given = list(places)
    for index, place in enumerate(given):
        entry = place.entry
        if entry.state != "waiting":
            continue
        reason = _hindrance(place)
        if reason is None:
            turn = replace(
                entry,
                state="reserved",
                reserved_until_at=now + reserved_for,
                consultation_id=None,
                skipped_at=None,
                skip_reason=None,
            )
            given[index] = replace(place, entry=turn)
            break
        if entry.skipped_at is None:
            given[index] = replace(place, entry=_skipped(entry, reason, now))
    return given


def _hindrance(place: Place) -> str | None:
    """Why a client could not take the turn at this moment."""
    if not place.is_connected:
        return "disconnected"
    if place.is_in_consultation or place.has_turn_elsewhere:
        return "busy"
    return None if place.can_pay else "balance"


def _skipped(entry: QueueEntry, reason: str, now: datetime) -> QueueEntry:
    return replace(entry, skipped_at=now, skip_reason=reason)


def _ended(entry: QueueEntry, state: str, reason: str, now: datetime) -> QueueEntry:
    return replace(entry, state=state, end_reason=reason, ended_at=now, reserved_until_at=None, skipped_at=None, skip_reason=None)


def given_up(entry: QueueEntry, *, now: datetime) -> QueueEntry:
    """The client leaves the line, or passes on the turn."""
    return _ended(entry, "left", "left", now)

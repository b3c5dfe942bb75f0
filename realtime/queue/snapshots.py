"""What a line looks like from outside: a client's own place in it, and the line as its reader sees it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from config.fields import Instant, View
from config.settings import Settings
from realtime.consultations.snapshots import ConsultationType, ParticipantView, render_person
from realtime.queue.turns import Line
from storage.queue import Place, QueueEntry, QueueReader

QueueState = Literal["waiting", "reserved", "served", "passed", "left", "dissolved"]
QueueEndReason = Literal[
    "served", "left", "time_ran_out", "declined", "unanswered", "not_ready", "reader_gone", "reader_closed", "type_not_offered"
]  # fmt: skip
SkipReason = Literal["disconnected", "busy", "balance"]


class QueueEntryView(View):
    """A client's place. `position` counts from 1 (null once it ended), `waiting_count` everybody in the line.

    `reserved_until_at`: it is the client's turn until then; `consultation_id` is the request that was made of the turn.
    `skip_reason` and `kept_until_at`: the turn came and could not be taken; the place is kept until then.
    `stalled_until_at`: the reader is not there; the line ends if that is still so then. `rate_per_minute_minor` is today's.
    """

    id: UUID
    reader: ParticipantView
    type: ConsultationType
    rate_per_minute_minor: int | None
    currency: str
    state: QueueState
    end_reason: QueueEndReason | None
    position: int | None
    waiting_count: int
    joined_at: Instant
    reserved_until_at: Instant | None
    consultation_id: UUID | None
    skip_reason: SkipReason | None
    kept_until_at: Instant | None
    stalled_until_at: Instant | None
    ended_at: Instant | None


class QueuePlaceView(View):
    """Somebody who waits, as the reader sees them."""

    id: UUID
    client: ParticipantView
    type: ConsultationType
    state: QueueState
    position: int
    joined_at: Instant
    reserved_until_at: Instant | None
    consultation_id: UUID | None
    skip_reason: SkipReason | None


def render_line(line: Line) -> list[QueuePlaceView]:
    """The line in order, for its reader."""
    return [_render_place(place, position) for position, place in enumerate(line.places, start=1)]


def _render_place(place: Place, position: int) -> QueuePlaceView:
    entry = place.entry
    return QueuePlaceView(
        id=entry.id,
        client=render_person(place.client),
        type=entry.type,
        state=entry.state,
        position=position,
        joined_at=entry.joined_at,
        reserved_until_at=entry.reserved_until_at,
        consultation_id=entry.consultation_id,
        skip_reason=entry.skip_reason,
    )


def render_entries(line: Line, *, settings: Settings) -> dict[UUID, QueueEntryView]:
    """Each client's own place, by client."""
    count = len(line.places)
    return {
        place.entry.client_id: render_entry(line.reader, place.entry, position=position, waiting_count=count, settings=settings)
        for position, place in enumerate(line.places, start=1)
    }


def render_entry(
    reader: QueueReader, entry: QueueEntry, *, position: int | None, waiting_count: int, settings: Settings
) -> QueueEntryView:
    return QueueEntryView(
        id=entry.id,
        reader=render_person(reader.reader),
        type=entry.type,
        rate_per_minute_minor=reader.rates.get(entry.type),
        currency=settings.billing.currency,
        state=entry.state,
        end_reason=entry.end_reason,
        position=position,
        waiting_count=waiting_count,
        joined_at=entry.joined_at,
        reserved_until_at=entry.reserved_until_at,
        consultation_id=entry.consultation_id,
        skip_reason=entry.skip_reason,
        kept_until_at=_after(entry.skipped_at, settings.queue.kept_seconds),
        stalled_until_at=_after(entry.stalled_at, settings.queue.reader_gone_seconds),
        ended_at=entry.ended_at,
    )


def _after(instant: datetime | None, seconds: float) -> datetime | None:
    return None if instant is None else instant + timedelta(seconds=seconds)

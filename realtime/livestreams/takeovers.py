"""Which of a reader's tabs and devices publishes: the last one that was told to. The others are told, and stay away."""

from __future__ import annotations

from uuid import UUID

from config.fields import Instant, View
from config.ids import new_id
from realtime.commands import EventKind
from realtime.consultations.clock import Moment
from realtime.livestreams.errors import LivestreamTakenOver
from storage.livestreams import Livestream
from storage.transaction import Event, Transaction, user_audience


class LivestreamTakenOverEvent(View):
    """Whoever publishes under another `publishing_id` does so no more."""

    livestream_id: UUID
    publishing_id: UUID
    at: Instant


def check_not_taken_over(livestream: Livestream, resumed_id: UUID | None) -> None:
    """`resumed_id` is given by a page that goes on by itself: raises LivestreamTakenOver if another one has begun since."""
    if resumed_id is not None and livestream.publishing_id not in (None, resumed_id):
        raise LivestreamTakenOver


def take_over(tx: Transaction, livestream: Livestream, resumed_id: UUID | None, moment: Moment) -> UUID:
    """The `publishing_id` from now on; whoever held it is told after the commit. Raises LivestreamTakenOver."""
    check_not_taken_over(livestream, resumed_id)
    if resumed_id is not None and resumed_id == livestream.publishing_id:
        return resumed_id
    publishing_id = new_id()
    if livestream.publishing_id is not None:
        told = LivestreamTakenOverEvent(livestream_id=livestream.id, publishing_id=publishing_id, at=moment.now)
        tx.emit(Event("livestream.taken_over", user_audience(livestream.reader_id), told))
    return publishing_id


EVENTS = (
    EventKind(
        "livestream.taken_over",
        LivestreamTakenOverEvent,
        "all of the reader's connections",
        "another tab or device of the reader publishes from now on",
    ),
)

"""Telling who waits, and the reader they wait for, that a line changed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from config.fields import Instant, View
from config.settings import Settings
from realtime.commands import EventKind
from realtime.queue.snapshots import QueueEntryView, QueuePlaceView, render_entries, render_entry, render_line
from realtime.queue.turns import Line
from storage.queue import Place
from storage.transaction import Event, Transaction, user_audience


class QueueChangedEvent(View):
    """`entry` is the client's place as it is now, null when they do not wait there any more; `ended` says what became of it."""

    reader_id: UUID
    entry: QueueEntryView | None
    ended: QueueEntryView | None
    at: Instant


class QueueLineChangedEvent(View):
    """The whole line in order."""

    reader_id: UUID
    items: list[QueuePlaceView]
    at: Instant


def emit_line_changes(
    tx: Transaction, before: Line, after: Line, ended: list[Place], *, settings: Settings, now: datetime
) -> None:
    """Tell each client whose place looks different now, and the reader when the line does."""
    reader = after.reader
    was, entries = render_entries(before, settings=settings), render_entries(after, settings=settings)
    for client_id, entry in entries.items():
        if was.get(client_id) != entry:
            _tell_client(tx, client_id, QueueChangedEvent(reader_id=reader.id, entry=entry, ended=None, at=now))
    for place in ended:
        client_id, count = place.entry.client_id, len(after.places)
        last = render_entry(reader, place.entry, position=None, waiting_count=count, settings=settings)
        _tell_client(tx, client_id, QueueChangedEvent(reader_id=reader.id, entry=None, ended=last, at=now))
    items = render_line(after)
    if render_line(before) != items:
        payload = QueueLineChangedEvent(reader_id=reader.id, items=items, at=now)
        tx.emit(Event("queue.line_changed", user_audience(reader.id), payload))


def _tell_client(tx: Transaction, client_id: UUID, payload: QueueChangedEvent) -> None:
    tx.emit(Event("queue.changed", user_audience(client_id), payload))


EVENTS = (
    EventKind(
        "queue.changed",
        QueueChangedEvent,
        audience="a client who waits in line",
        when="the place moved up, its turn came or passed, or it ended",
        coalesces_by=("reader_id",),
    ),
    EventKind(
        "queue.line_changed",
        QueueLineChangedEvent,
        audience="the reader whose line it is",
        when="somebody joined or left the line, or the turn went to another",
        coalesces_by=("reader_id",),
    ),
)

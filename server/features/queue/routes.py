"""The doors of waiting in line: what a page shows before events tell it more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from config import limits
from config.errors import Forbidden
from realtime.consultations.clock import Moment
from realtime.queue.lines import load_lines
from realtime.queue.snapshots import render_entries, render_entry, render_line
from server.features.queue.views import OwnQueue, ReaderQueue
from server.http.routes import Call, Route
from storage.queue import list_lost_entries, list_open_reader_ids, list_queue_readers


def _moment(call: Call[Any, Any]) -> Moment:
    return Moment(call.clock.now(), call.settings)


async def get_own_queue(call: Call[None, None]) -> OwnQueue:
    moment, client_id = _moment(call), call.caller.user_id
    since = moment.now - timedelta(seconds=limits.QUEUE_LOST_SHOWN_SECONDS)
    async with call.database.connection() as db:
        reader_ids = await list_open_reader_ids(db, client_id)
        lines = {line.reader.id: line for line in await load_lines(db, reader_ids, moment)}
        ended = await list_lost_entries(db, client_id, since=since, limit=limits.QUEUE_LOST_SHOWN)
        readers = await list_queue_readers(db, [entry.reader_id for entry in ended], now=moment.now)
    found = [render_entries(lines[reader_id], settings=call.settings).get(client_id) for reader_id in reader_ids]
    by_id = {reader.id: reader for reader in readers}
    lost = [
        render_entry(by_id[entry.reader_id], entry, position=None, waiting_count=0, settings=call.settings) for entry in ended
    ]
    return OwnQueue(items=[entry for entry in found if entry is not None], lost=lost, at=moment.now)


async def get_reader_queue(call: Call[None, None]) -> ReaderQueue:
    moment = _moment(call)
    async with call.database.connection() as db:
        lines = await load_lines(db, [call.caller.user_id], moment)
    if not lines:
        raise Forbidden("Only readers have a line")
    return ReaderQueue(items=render_line(lines[0]), at=moment.now)


ROUTES = (
    Route(
        method="GET",
        path="/queue",
        handler=get_own_queue,
        summary="The lines the caller waits in, and the places lost a moment ago",
        tag="queue",
        answer=OwnQueue,
        roles=frozenset({"client"}),
    ),
    Route(
        method="GET",
        path="/me/reader/queue",
        handler=get_reader_queue,
        summary="Who waits in line for the caller",
        tag="queue",
        answer=ReaderQueue,
        roles=frozenset({"reader"}),
        errors=(Forbidden,),
    ),
)

"""A reader's status: what the reader chooses, what others see of it, and telling those who watch the directory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from config.errors import Forbidden
from config.fields import Flag, Instant, Payload, View
from realtime.commands import Caller, Command, EventKind, Live
from realtime.consultations.clock import Moment
from realtime.notifications.jobs import note_reachability
from realtime.queue.lines import advance_line
from storage.readers_status import find_effective_status, lock_statuses, update_chosen_status
from storage.transaction import Event, Transaction

DIRECTORY_AUDIENCE = "directory"

ChosenStatus = Literal["online", "away", "invisible", "offline"]
EffectiveStatus = Literal["online", "busy", "away", "offline"]


class SetStatus(Payload):
    status: ChosenStatus


class StatusData(View):
    """`status` is what the reader chose, `effective_status` what others see of it at this moment."""

    status: ChosenStatus
    effective_status: EffectiveStatus


class WatchReaders(Payload):
    on: Flag


class WatchData(View):
    on: bool


class ReaderStatusChangedEvent(View):
    """What clients see of a reader has changed; of two about one reader the later `at` counts.

    `waiting_count`: how many wait in line.
    """

    reader_id: UUID
    status: EffectiveStatus
    waiting_count: int
    at: Instant


async def announce_reader_status(tx: Transaction, reader_id: UUID, *, now: datetime) -> None:
    """Tell who watches the directory what the reader's status is once this transaction has committed.

    Call it after whatever changed the choice, the presence or the live consultation; takes the reader's row lock.
    """
    await announce_reader_statuses(tx, [reader_id], now=now)


async def announce_reader_statuses(tx: Transaction, user_ids: Sequence[UUID], *, now: datetime) -> None:
    """The same for many people at once; those who are no listed readers are passed over."""
    if not user_ids:
        return
    statuses = await lock_statuses(tx, user_ids, now=now)
    await note_reachability(tx, statuses, now=now)
    for found in statuses:
        payload = ReaderStatusChangedEvent(
            reader_id=found.reader_id, status=found.status, waiting_count=found.waiting_count, at=now
        )
        tx.emit(Event("reader.status_changed", DIRECTORY_AUDIENCE, payload))


async def settle_reader(tx: Transaction, reader_id: UUID, moment: Moment) -> None:
    """Bring the reader's line up to date; where that changed anything, tell of the status too. Takes the reader's row lock."""
    told = len(tx.events)
    await advance_line(tx, reader_id, moment)
    if len(tx.events) > told:
        await announce_reader_status(tx, reader_id, now=moment.now)


async def set_status(live: Live, caller: Caller, payload: SetStatus) -> StatusData:
    now = live.clock.now()

    async def change(tx: Transaction) -> str:
        if not await update_chosen_status(tx, caller.user_id, status=payload.status, now=now):
            raise Forbidden("Only readers have a status")
        await advance_line(tx, caller.user_id, Moment(now, live.settings))
        await announce_reader_status(tx, caller.user_id, now=now)
        status = await find_effective_status(tx, caller.user_id, now=now)
        assert status is not None
        return status

    effective = await live.database.transact(change)
    return StatusData(status=payload.status, effective_status=effective)


async def watch_readers(live: Live, caller: Caller, payload: WatchReaders) -> WatchData:
    move = live.enter_room if payload.on else live.leave_room
    await move(caller.connection_id, DIRECTORY_AUDIENCE)
    return WatchData(on=payload.on)


COMMANDS = (
    Command("reader.set_status", SetStatus, StatusData, set_status, "Choose how you are seen", roles=frozenset({"reader"})),
    Command("readers.watch", WatchReaders, WatchData, watch_readers, "Start or stop the events of the directory"),
)
EVENTS = (
    EventKind(
        "reader.status_changed",
        ReaderStatusChangedEvent,
        audience="who watches the directory",
        when="a listed reader's status, presence or live consultation changed what others see",
        coalesces_by=("reader_id",),
    ),
)

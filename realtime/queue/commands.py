"""The live commands of waiting in line."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from config import limits
from config.errors import NonceReused, NotFound
from config.fields import Id, Nonce, Payload, View
from config.ids import new_id
from realtime.commands import Caller, Command, Live
from realtime.consultations.clock import Moment
from realtime.consultations.errors import ClientBusy, ReaderOffline, ReaderTypeNotOffered, ReaderUnverified
from realtime.consultations.requests import check_wallet
from realtime.consultations.snapshots import ConsultationType
from realtime.queue.errors import QueueFull, QueueReaderFree, QueueTooManyLines
from realtime.queue.lines import advance_line, change_line, load_lines
from realtime.queue.snapshots import QueueEntryView, render_entries, render_entry
from realtime.queue.turns import Line, given_up
from realtime.reader_status import announce_reader_status
from storage.queue import QueueEntry, find_entry_by_nonce, insert_entry, list_queue_readers, lock_lines_of_client
from storage.transaction import Transaction


class JoinQueue(Payload):
    reader_id: Id
    type: ConsultationType
    nonce: Nonce


class LeaveQueue(Payload):
    reader_id: Id


class QueueEntryData(View):
    entry: QueueEntryView


class QueueLeft(View):
    """`left`: whether the client was in the line."""

    left: bool


async def join(live: Live, caller: Caller, payload: JoinQueue) -> QueueEntryData:
    moment = Moment(live.clock.now(), live.settings)
    entry = await live.database.transact(lambda tx: join_line(tx, caller.user_id, payload, moment))
    return QueueEntryData(entry=entry)


async def leave(live: Live, caller: Caller, payload: LeaveQueue) -> QueueLeft:
    moment = Moment(live.clock.now(), live.settings)
    left = await live.database.transact(lambda tx: leave_line(tx, caller.user_id, payload.reader_id, moment))
    return QueueLeft(left=left)


async def join_line(tx: Transaction, client_id: UUID, payload: JoinQueue, moment: Moment) -> QueueEntryView:
    """Go to the end of the line of a reader who is taken; whoever is in it already may ask for another type there.

    Raises NotFound, ReaderUnverified, ReaderTypeNotOffered, ReaderOffline, ClientBusy, QueueReaderFree, WalletBalanceTooLow,
    SpendingLimitReached, QueueTooManyLines, QueueFull, NonceReused.
    """
    lines_count = await lock_lines_of_client(tx, client_id)
    line = await advance_line(tx, payload.reader_id, moment)
    known = await find_entry_by_nonce(tx, client_id, payload.nonce)
    if known is not None:
        return await _render_known(tx, line, known, payload, moment)
    place = None if line is None else line.find(client_id)
    if line is not None and place is not None and place.entry.type == payload.type:
        return render_entries(line, settings=moment.settings)[client_id]
    line = await _check_reader(tx, line, client_id, payload, moment)
    if place is not None:
        changed = replace(place, entry=replace(place.entry, type=payload.type))
        line = await change_line(tx, line, [changed if p is place else p for p in line.places], moment)
    else:
        if lines_count >= limits.QUEUES_PER_CLIENT:
            raise QueueTooManyLines
        if len(line.places) >= limits.QUEUE_LENGTH:
            raise QueueFull
        line = await _append(tx, line, client_id, payload, moment)
    return render_entries(line, settings=moment.settings)[client_id]


async def _render_known(
    tx: Transaction, line: Line | None, known: QueueEntry, payload: JoinQueue, moment: Moment
) -> QueueEntryView:
    """The entry that this nonce made, whatever became of it."""
    if (known.reader_id, known.type) != (payload.reader_id, payload.type):
        raise NonceReused
    assert line is not None
    place = line.find(known.client_id)
    if place is not None and place.entry.id == known.id:
        return render_entries(line, settings=moment.settings)[known.client_id]
    (reader,) = await list_queue_readers(tx, [known.reader_id], now=moment.now)
    return render_entry(reader, known, position=None, waiting_count=len(line.places), settings=moment.settings)


async def _check_reader(tx: Transaction, line: Line | None, client_id: UUID, payload: JoinQueue, moment: Moment) -> Line:
    if line is None or not line.reader.is_active:
        raise NotFound("There is no such reader")
    reader = line.reader
    if not reader.is_verified:
        raise ReaderUnverified
    rate = reader.rates.get(payload.type)
    if rate is None:
        raise ReaderTypeNotOffered
    if reader.live_client_id == client_id:
        raise ClientBusy
    if not (reader.is_free or (reader.is_seen and reader.is_taken)):
        raise ReaderOffline
    if reader.is_free and line.reserved is None:
        raise QueueReaderFree
    await check_wallet(tx, client_id, rate, moment)
    return line


async def _append(tx: Transaction, line: Line, client_id: UUID, payload: JoinQueue, moment: Moment) -> Line:
    draft = QueueEntry(
        id=new_id(), reader_id=line.reader.id, client_id=client_id, type=payload.type, nonce=payload.nonce, joined_at=moment.now
    )
    inserted = await insert_entry(tx, draft)
    assert inserted  # the client's own lock lets nobody else use the nonce or take the place
    (longer,) = await load_lines(tx, [line.reader.id], moment)
    line = await change_line(tx, line, longer.places, moment)
    await announce_reader_status(tx, line.reader.id, now=moment.now)
    return line


async def leave_line(tx: Transaction, client_id: UUID, reader_id: UUID, moment: Moment) -> bool:
    """Give the place up, or the turn; the next in line gets it at once. False: the client was not in the line."""
    line = await advance_line(tx, reader_id, moment)
    place = None if line is None else line.find(client_id)
    if line is None or place is None:
        return False
    left = [replace(p, entry=given_up(p.entry, now=moment.now)) if p is place else p for p in line.places]
    await change_line(tx, line, left, moment)
    await advance_line(tx, reader_id, moment)
    await announce_reader_status(tx, reader_id, now=moment.now)
    return True


COMMANDS = (
    Command("queue.join", JoinQueue, QueueEntryData, join, "Wait in line for a busy reader", roles=frozenset({"client"})),
    Command("queue.leave", LeaveQueue, QueueLeft, leave, "Leave a line, or pass on the turn", roles=frozenset({"client"})),
)

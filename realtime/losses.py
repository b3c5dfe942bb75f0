"""Writing down that connections ended: in batches, one under way at a time, tried again until the database has it.

Where somebody attended a consultation through the connection, its clock is stopped in the same transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from config import limits
from config.clock import Clock
from config.errors import AppError
from config.logging import get_logger
from realtime.reader_status import announce_reader_statuses
from storage.connections import delete_connections, list_absent, list_attending, lock_connections
from storage.database import Database
from storage.transaction import Transaction

log = get_logger(__name__)

# (tx, connection, user, when it was last proven to be there); called while the connection's row and attendances are still there.
OnConnectionLost = Callable[[Transaction, str, UUID, datetime], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Loss:
    connection_id: str
    user_id: UUID
    lost_at: datetime


class Losses:
    """`start` before use, `close` at the end: it waits, within bounds, until everything is written."""

    def __init__(self, *, database: Database, clock: Clock, on_connection_lost: OnConnectionLost) -> None:
        self._database = database
        self._clock = clock
        self._on_connection_lost = on_connection_lost
        self._waiting: dict[str, Loss] = {}
        self._arrived = asyncio.Event()
        self._written = asyncio.Event()
        self._written.set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="connection-losses")

    async def close(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._written.wait(), limits.SOCKET_CLOSE_SECONDS)
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def add(self, loss: Loss) -> None:
        """At most one for each connection, so never more than there were connections."""
        self._waiting[loss.connection_id] = loss
        self._arrived.set()
        self._written.clear()

    def forget(self) -> None:
        """The node's lease was lost or given back: whoever takes its rows away writes down what was lost with them."""
        self._waiting.clear()
        self._written.set()

    async def _run(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                await self._write_batch(list(self._waiting.values())[: limits.LOSSES_BATCH])
            self._written.set()

    async def _write_batch(self, batch: list[Loss]) -> None:
        try:
            attended = await self._database.transact(lambda tx: self._forget_unattended(tx, batch))
            self._settle([loss for loss in batch if loss not in attended])
            slots = asyncio.Semaphore(limits.LOSSES_AT_ONCE)
            failures = await asyncio.gather(*(self._write_attended(loss, slots) for loss in attended), return_exceptions=True)
            for failure in failures:
                if failure is not None:
                    raise failure
        except AppError as error:
            log.warning("connections.losses_delayed", waiting=len(self._waiting), code=error.code)
            await asyncio.sleep(limits.LOSS_RETRY_SECONDS)
        except Exception:
            log.exception("connections.losses_delayed", waiting=len(self._waiting))
            await asyncio.sleep(limits.LOSS_RETRY_SECONDS)

    async def _forget_unattended(self, tx: Transaction, batch: list[Loss]) -> list[Loss]:
        """Delete the connections that nobody attends through; those that are left, which need more than deleting."""
        await lock_connections(tx, [loss.connection_id for loss in batch])
        attending = await list_attending(tx, [loss.connection_id for loss in batch])
        await self._delete(tx, [loss for loss in batch if loss.connection_id not in attending])
        return [loss for loss in batch if loss.connection_id in attending]

    async def _write_attended(self, loss: Loss, slots: asyncio.Semaphore) -> None:
        async def write(tx: Transaction) -> None:
            # Consultations are locked before connections, in the order that joining takes them.
            await self._on_connection_lost(tx, loss.connection_id, loss.user_id, loss.lost_at)
            await lock_connections(tx, [loss.connection_id])
            if await list_attending(tx, [loss.connection_id]):  # a join that was under way came between
                await self._on_connection_lost(tx, loss.connection_id, loss.user_id, loss.lost_at)
            await self._delete(tx, [loss])

        async with slots:
            await self._database.transact(write)
            self._settle([loss])

    async def _delete(self, tx: Transaction, losses: list[Loss]) -> None:
        now = self._clock.now()
        users = await delete_connections(tx, [loss.connection_id for loss in losses])
        await announce_reader_statuses(tx, await list_absent(tx, users, now=now), now=now)

    def _settle(self, losses: list[Loss]) -> None:
        for loss in losses:
            self._waiting.pop(loss.connection_id, None)

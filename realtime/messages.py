"""Group commit for messages: whatever is waiting goes into one statement, one batch in flight, nobody waits on a timer."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import NamedTuple
from uuid import UUID

import asyncpg

from config import limits
from config.clock import Clock
from config.errors import AppError, DependencyUnavailable, Overloaded, Unprocessable
from config.logging import get_logger
from storage.database import connect_directly
from storage.messages import MessageDraft, MessageOutcome, insert_messages
from storage.transaction import Connection

log = get_logger(__name__)


# What the database, or the driver on its way there, says of text that cannot be stored.
_REFUSED = (asyncpg.DataError, asyncpg.CheckViolationError, ValueError)


class _Waiting(NamedTuple):
    draft: MessageDraft
    outcome: asyncio.Future[MessageOutcome]


class MessageWriter:
    """Stores messages through a connection of its own. `start` before use, `close` at the end (it finishes what waits)."""

    def __init__(self, *, dsn: str, clock: Clock) -> None:
        self._dsn = dsn
        self._clock = clock
        self._waiting: deque[_Waiting] = deque()
        self._arrived = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._connection: asyncpg.Connection | None = None
        self._closing = False

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="message-writer")

    async def close(self) -> None:
        self._closing = True
        self._arrived.set()
        if self._task is not None:
            with suppress(TimeoutError, asyncio.CancelledError):
                await asyncio.wait_for(self._task, limits.SHUTDOWN_SECONDS)
        _refuse(self._waiting, DependencyUnavailable())
        if self._connection is not None:
            await self._connection.close(timeout=2)

    async def store(self, draft: MessageDraft) -> MessageOutcome:
        """Wait until the message is committed (or judged). Raises Overloaded or DependencyUnavailable: nothing is known then."""
        if self._closing or len(self._waiting) >= limits.MESSAGES_WAITING:
            raise Overloaded
        waiting = _Waiting(draft, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._arrived.set()
        return await waiting.outcome

    async def _run(self) -> None:
        while not (self._closing and not self._waiting):
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                await self._write(self._next_batch())

    def _next_batch(self) -> list[_Waiting]:
        """Up to a batch of what waits; a second message with the same nonce is left for the next batch, to be judged there."""
        batch: list[_Waiting] = []
        later: list[_Waiting] = []
        taken: set[tuple[UUID, UUID, str]] = set()
        while self._waiting and len(batch) < limits.MESSAGE_BATCH:
            waiting = self._waiting.popleft()
            draft, already = waiting.draft, len(taken)
            taken.add((draft.consultation_id, draft.sender_id, draft.nonce))
            (later if len(taken) == already else batch).append(waiting)
        self._waiting.extendleft(reversed(later))
        return batch

    async def _write(self, batch: Sequence[_Waiting]) -> None:
        """One statement for all; where the database refuses one of them, that one alone fails, and the order stays."""
        try:
            outcomes = await self._insert([waiting.draft for waiting in batch])
        except _REFUSED as error:
            if len(batch) == 1:
                log.warning("messages.refused", error=type(error).__name__)
                _refuse(batch, Unprocessable("This message cannot be stored"))
                return
            half = len(batch) // 2
            await self._write(batch[:half])
            await self._write(batch[half:])
            return
        except AppError as error:
            _refuse(batch, error)
            return
        except asyncio.CancelledError:
            _refuse(batch, DependencyUnavailable())
            raise
        for waiting, outcome in zip(batch, outcomes, strict=True):
            if not waiting.outcome.done():
                waiting.outcome.set_result(outcome)

    async def _insert(self, drafts: list[MessageDraft]) -> list[MessageOutcome]:
        """A nonce stored elsewhere meanwhile, a deadlock or a lost connection: try again, boundedly.

        Rooms that somebody keeps locked for too long (a node frozen in a transaction) are left out then; the others go on.
        """
        leaves_out_locked = False
        for attempt in range(1, limits.TRANSACTION_RETRIES + 1):
            try:
                connection = Connection(await self._connected())
                return await insert_messages(connection, drafts, now=self._clock.now(), skip_locked=leaves_out_locked)
            except (asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError):
                continue
            except asyncpg.LockNotAvailableError:
                leaves_out_locked = True
            except _REFUSED:
                raise
            except Exception as error:  # whatever it was, the connection may be of no more use, and the writer must go on
                log.warning("messages.write_failed", attempt=attempt, error=type(error).__name__)
                await self._drop_connection()
        raise DependencyUnavailable

    async def _connected(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await connect_directly(
                self._dsn, application="soulseer-messages", lock_timeout_seconds=limits.MESSAGE_LOCK_SECONDS
            )
        return self._connection

    async def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()


def _refuse(batch: Iterable[_Waiting], error: AppError) -> None:
    for waiting in batch:
        if not waiting.outcome.done():
            waiting.outcome.set_exception(error)

"""Group commit: whatever is waiting goes into one write, one batch in flight, nobody waits on a timer.

What is written, and how, is in the classes that build on `BatchWriter`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Hashable, Iterable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

import asyncpg

from config import limits
from config.clock import Clock
from config.errors import AppError, DependencyUnavailable, Overloaded, Unprocessable
from config.logging import get_logger
from storage.database import connect_directly
from storage.transaction import Connection

log = get_logger(__name__)
Draft = TypeVar("Draft")
Outcome = TypeVar("Outcome")

# What the database, or the driver on its way there, says of text that cannot be stored.
_REFUSED = (asyncpg.DataError, asyncpg.CheckViolationError, ValueError)


class _Waiting(Generic[Draft, Outcome]):
    __slots__ = ("draft", "outcome")

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()


class BatchWriter(Generic[Draft, Outcome]):
    """Writes through a connection of its own. `start` before use, `close` at the end (it finishes what waits)."""

    # Names the connection, the task and the log lines.
    name: str

    def __init__(self, *, dsn: str, clock: Clock) -> None:
        self._dsn = dsn
        self._clock = clock
        self._waiting: deque[_Waiting[Draft, Outcome]] = deque()
        self._arrived = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._connection: asyncpg.Connection | None = None
        self._closing = False

    def key_of(self, draft: Draft) -> Hashable:
        """Of two drafts with equal keys the second one is left for the next batch, to be judged there."""
        raise NotImplementedError

    def fits(self, batch: Sequence[Draft], draft: Draft) -> bool:
        """Whether a draft may be written together with these; if not it is left for a later batch."""
        return True

    async def announce(self) -> None:
        """Called once a batch is written and its senders have been answered."""

    async def write(self, db: Connection, drafts: Sequence[Draft], *, skip_locked: bool) -> list[Outcome]:
        """Write a batch, all of it or nothing: one outcome for each draft, in their order.

        With `skip_locked` nobody is waited for. The driver's errors say that nothing was written, or that nobody knows.
        """
        raise NotImplementedError

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=f"{self.name}-writer")

    async def close(self) -> None:
        self._closing = True
        self._arrived.set()
        if self._task is not None:
            with suppress(TimeoutError, asyncio.CancelledError):
                await asyncio.wait_for(self._task, limits.SHUTDOWN_SECONDS)
        _refuse(self._waiting, DependencyUnavailable())
        if self._connection is not None:
            await self._connection.close(timeout=2)

    async def store(self, draft: Draft) -> Outcome:
        """Wait until it is committed (or judged). Raises Overloaded or DependencyUnavailable: nothing is known then."""
        if self._closing or len(self._waiting) >= limits.MESSAGES_WAITING:
            raise Overloaded
        waiting: _Waiting[Draft, Outcome] = _Waiting(draft)
        self._waiting.append(waiting)
        self._arrived.set()
        return await waiting.outcome

    async def _run(self) -> None:
        while not (self._closing and not self._waiting):
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                await self._write(self._next_batch())

    def _next_batch(self) -> list[_Waiting[Draft, Outcome]]:
        """Up to a batch of what waits, with no key twice."""
        batch: list[_Waiting[Draft, Outcome]] = []
        drafts: list[Draft] = []
        later: list[_Waiting[Draft, Outcome]] = []
        taken: set[Hashable] = set()
        while self._waiting and len(batch) < limits.MESSAGE_BATCH:
            waiting, already = self._waiting.popleft(), len(taken)
            taken.add(self.key_of(waiting.draft))
            if len(taken) == already or (drafts and not self.fits(drafts, waiting.draft)):
                later.append(waiting)
            else:
                batch.append(waiting)
                drafts.append(waiting.draft)
        self._waiting.extendleft(reversed(later))
        return batch

    async def _write(self, batch: Sequence[_Waiting[Draft, Outcome]]) -> None:
        """One write for all; where the database refuses one of them, that one alone fails, and the order stays."""
        try:
            outcomes = await self._try([waiting.draft for waiting in batch])
        except _REFUSED as error:
            if len(batch) == 1:
                log.warning("batch.refused", writer=self.name, error=type(error).__name__)
                _refuse(batch, Unprocessable("This cannot be stored"))
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
        await self.announce()

    async def _try(self, drafts: list[Draft]) -> list[Outcome]:
        """A nonce stored elsewhere meanwhile, a deadlock or a lost connection: try again, boundedly.

        What somebody keeps locked for too long (a node frozen in a transaction) is left out then; the others go on.
        """
        leaves_out_locked = False
        for attempt in range(1, limits.TRANSACTION_RETRIES + 1):
            try:
                connection = Connection(await self._connected())
                return await self.write(connection, drafts, skip_locked=leaves_out_locked)
            except (asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError):
                continue
            except asyncpg.LockNotAvailableError:
                leaves_out_locked = True
            except _REFUSED:
                raise
            except Exception as error:  # whatever it was, the connection may be of no more use, and the writer must go on
                log.warning("batch.write_failed", writer=self.name, attempt=attempt, error=type(error).__name__)
                await self._drop_connection()
        raise DependencyUnavailable

    async def _connected(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await connect_directly(
                self._dsn, application=f"soulseer-{self.name}", lock_timeout_seconds=limits.MESSAGE_LOCK_SECONDS
            )
        return self._connection

    async def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()


def _refuse(batch: Iterable[_Waiting[Draft, Outcome]], error: AppError) -> None:
    for waiting in batch:
        if not waiting.outcome.done():
            waiting.outcome.set_exception(error)

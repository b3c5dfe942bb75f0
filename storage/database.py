"""The connection pool: bounded waiting, time limits on every statement, and transactions that collect events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, TypeVar

import asyncpg
import orjson

from config import limits
from config.errors import DependencyUnavailable, Overloaded
from config.logging import get_logger
from storage.transaction import Connection, Event, Record, Transaction

log = get_logger(__name__)
Result = TypeVar("Result")
Deliver = Callable[[Sequence[Event]], Awaitable[None]]

_RETRYABLE = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
_UNREACHABLE = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
)


async def prepare_connection(connection: asyncpg.Connection[Record]) -> None:
    """Teach a new connection our codecs: jsonb as parsed values, through orjson."""
    await connection.set_type_codec(
        "jsonb", encoder=lambda value: orjson.dumps(value).decode(), decoder=orjson.loads, schema="pg_catalog"
    )


async def _keep_state(_connection: object) -> None:
    """Replaces the pool's RESET round trip: no code changes the state of a pooled connection."""


async def connect_directly(dsn: str, *, application: str, lock_timeout_seconds: float = 0) -> asyncpg.Connection[Record]:
    """A connection of one's own, outside the pool, for work that keeps it: group commit, LISTEN, migrations.

    `lock_timeout_seconds` 0 = no limit of its own.
    """
    connection = await asyncpg.connect(
        dsn,
        timeout=limits.ACQUIRE_TIMEOUT_SECONDS,
        command_timeout=limits.STATEMENT_TIMEOUT_SECONDS,
        server_settings={
            "application_name": application,
            "timezone": "UTC",
            "lock_timeout": f"{int(lock_timeout_seconds * 1000)}",
            "idle_in_transaction_session_timeout": f"{int(limits.IDLE_TRANSACTION_SECONDS * 1000)}",
        },
    )
    await prepare_connection(connection)
    return connection


class Database:
    """Open it once per process with `Database.open`, close it at the end."""

    def __init__(self, pool: asyncpg.Pool[Record], dsn: str) -> None:
        self._pool = pool
        self.dsn = dsn
        self._deliver: Deliver | None = None

    @classmethod
    async def open(cls, dsn: str, *, connections: int = limits.POOL_CONNECTIONS) -> Database:
        """Raises the driver's error when the database cannot be reached."""
        pool = await asyncpg.create_pool(
            dsn,
            min_size=2,
            max_size=connections,
            command_timeout=limits.STATEMENT_TIMEOUT_SECONDS,
            timeout=limits.ACQUIRE_TIMEOUT_SECONDS,
            init=prepare_connection,
            reset=_keep_state,
            server_settings={
                "application_name": "soulseer",
                "timezone": "UTC",
                "lock_timeout": f"{int(limits.LOCK_TIMEOUT_SECONDS * 1000)}",
                "statement_timeout": f"{int(limits.STATEMENT_TIMEOUT_SECONDS * 1000)}",
                # A process that is frozen in a transaction keeps its locks no longer than this.
                "idle_in_transaction_session_timeout": f"{int(limits.IDLE_TRANSACTION_SECONDS * 1000)}",
                "jit": "off",
            },
        )
        return cls(pool, dsn)

    def on_commit(self, deliver: Deliver) -> None:
        """Set who delivers the events of committed transactions."""
        self._deliver = deliver

    async def close(self) -> None:
        try:
            await asyncio.wait_for(self._pool.close(), limits.SHUTDOWN_SECONDS)
        except TimeoutError:
            self._pool.terminate()

    @asynccontextmanager
    async def _acquire(self) -> AsyncIterator[Any]:
        try:
            raw = await self._pool.acquire(timeout=limits.ACQUIRE_TIMEOUT_SECONDS)
        except TimeoutError:
            raise Overloaded from None
        except _UNREACHABLE as error:
            log.warning("database.unreachable", error=type(error).__name__)
            raise DependencyUnavailable from None
        try:
            yield raw
        except (asyncpg.QueryCanceledError, asyncpg.LockNotAvailableError, TimeoutError) as error:
            log.warning("database.too_slow", error=type(error).__name__)
            raise Overloaded from None
        except _UNREACHABLE as error:
            log.warning("database.lost", error=type(error).__name__)
            raise DependencyUnavailable from None
        finally:
            await self._pool.release(raw)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection to read through. Raises Overloaded or DependencyUnavailable."""
        async with self._acquire() as raw:
            yield Connection(raw)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """One READ COMMITTED transaction; after its commit, the emitted events are delivered in order."""
        async with self._acquire() as raw:
            async with raw.transaction():
                tx = Transaction(raw)
                yield tx
        for follower in tx.followers:
            follower()
        if tx.events and self._deliver is not None:
            await self._deliver(tx.events)

    @asynccontextmanager
    async def snapshot(self, *, timeout_seconds: float) -> AsyncIterator[Connection]:
        """Read everything as it was at one instant, while others go on writing; each statement may take that long."""
        async with self._acquire() as raw:
            async with raw.transaction(isolation="repeatable_read", readonly=True):
                await raw.execute(f"SET LOCAL statement_timeout = {int(timeout_seconds * 1000)}")
                yield Connection(raw)

    async def transact(self, action: Callable[[Transaction], Awaitable[Result]]) -> Result:
        """Run an action in a transaction of its own, again when Postgres broke a deadlock; bounded."""
        for attempt in range(1, limits.TRANSACTION_RETRIES + 1):
            try:
                async with self.transaction() as tx:
                    return await action(tx)
            except _RETRYABLE as error:
                log.info("database.retry", attempt=attempt, error=type(error).__name__)
        raise Overloaded

    async def read_clock(self) -> datetime:
        """The database's time, which all nodes follow."""
        async with self.connection() as connection:
            instant: datetime = await connection.fetch_value("SELECT clock_timestamp()")
            return instant

    async def is_reachable(self) -> bool:
        try:
            async with self.connection() as connection:
                return bool(await connection.fetch_value("SELECT 1") == 1)
        except (Overloaded, DependencyUnavailable):
            return False

"""One database transaction, and the events that leave only once it has committed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

# One row, as asyncpg.Record offers it: by column name.
Record: TypeAlias = Mapping[str, Any]


class Event(NamedTuple):
    """Something that happened, for one audience.

    `audience` is a room of the live protocol (`user:<id>`, `directory`, …); `payload` is a typed model or a plain mapping.
    `skip_connection` leaves out the connection whose command caused the event and whose acknowledgement tells it.
    """

    name: str
    audience: str
    payload: Any
    skip_connection: str | None = None


def user_audience(user_id: UUID) -> str:
    """The room that all of a person's connections are in."""
    return f"user:{user_id}"


class Connection:
    """A database connection as the statements see it; reading through it outside a transaction is allowed."""

    __slots__ = ("raw",)

    def __init__(self, raw: Any) -> None:
        self.raw = raw  # an asyncpg.Connection

    async def fetch(self, statement: str, *args: object) -> list[Record]:
        rows: list[Record] = await self.raw.fetch(statement, *args)
        return rows

    async def fetch_row(self, statement: str, *args: object) -> Record | None:
        row: Record | None = await self.raw.fetchrow(statement, *args)
        return row

    async def fetch_value(self, statement: str, *args: object) -> Any:
        return await self.raw.fetchval(statement, *args)

    async def execute(self, statement: str, *args: object) -> int:
        """Run a statement; the number of rows it touched (0 where the command tells none)."""
        tag = await self.raw.execute(statement, *args)
        count = tag.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def execute_many(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        await self.raw.executemany(statement, rows)


class Transaction(Connection):
    """An open transaction. Actions take it and never commit; what they `emit` is delivered after the commit, in order."""

    __slots__ = ("events", "followers")

    def __init__(self, raw: Any) -> None:
        super().__init__(raw)
        self.events: list[Event] = []
        self.followers: list[Callable[[], None]] = []

    def emit(self, event: Event) -> None:
        """Have the event delivered once this transaction has committed; a rollback forgets it."""
        self.events.append(event)

    def after_commit(self, follower: Callable[[], None]) -> None:
        """Run something in memory (drop a cache entry, wake a loop) once this transaction has committed."""
        self.followers.append(follower)

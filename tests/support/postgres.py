"""One bundled Postgres for the whole test run, and a fresh, migrated database in it for whoever asks."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from storage.embedded import EmbeddedPostgres
from storage.migrate import migrate

_TEMPLATE = "migrated_template"


class TestPostgres:
    """Databases are copies of one that was migrated once, so making one costs some 50 ms."""

    __test__ = False

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._numbers = itertools.count(1)

    def dsn_of(self, name: str) -> str:
        server, _, query = self._dsn.partition("?")
        return f"{server.rpartition('/')[0]}/{name}?{query}"

    async def prepare(self) -> None:
        await self._execute(f"CREATE DATABASE {_TEMPLATE}")
        await migrate(self.dsn_of(_TEMPLATE))

    async def create(self, *, migrated: bool = True) -> str:
        """The DSN of a fresh database."""
        name = f"test_{next(self._numbers)}"
        await self._execute(f"CREATE DATABASE {name}" + (f" TEMPLATE {_TEMPLATE}" if migrated else ""))
        return self.dsn_of(name)

    async def drop(self, dsn: str) -> None:
        name = dsn.partition("?")[0].rpartition("/")[2]
        await self._execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    @asynccontextmanager
    async def database(self, *, migrated: bool = True) -> AsyncIterator[str]:
        dsn = await self.create(migrated=migrated)
        try:
            yield dsn
        finally:
            await self.drop(dsn)

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self._dsn)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@asynccontextmanager
async def run_postgres(folder: Path) -> AsyncIterator[TestPostgres]:
    embedded = EmbeddedPostgres(folder)
    try:
        postgres = TestPostgres(await embedded.start())
        await postgres.prepare()
        yield postgres
    finally:
        await embedded.stop()

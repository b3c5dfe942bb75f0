"""Fixtures for every test: one Postgres for the run, fresh databases, and the whole server on a free port."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from config.clock import Clock
from realtime.livestreams.hosting import MakeEngine
from storage.database import Database
from tests.support.postgres import TestPostgres, run_postgres
from tests.support.servers import Server, StartServer, run_server


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In continuous integration nothing is optional: a skipped test is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") == "true" and reporter is not None and reporter.stats.get("skipped") and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
async def postgres(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TestPostgres]:
    async with run_postgres(tmp_path_factory.mktemp("postgres")) as running:
        yield running


@pytest.fixture
async def dsn(postgres: TestPostgres) -> AsyncIterator[str]:
    """A fresh, migrated database of this test's own."""
    async with postgres.database() as dsn:
        yield dsn


@pytest.fixture
async def empty_database(dsn: str) -> AsyncIterator[Database]:
    """A fresh, migrated database, opened."""
    database = await Database.open(dsn, connections=8)
    yield database
    await database.close()


@pytest.fixture(scope="module")
async def server(postgres: TestPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """The server as it comes, on a database of this module's own, without payments. Make your own people in it."""
    async with postgres.database() as dsn, run_server(dsn, tmp_path_factory.mktemp("var")) as server:
        yield server


@pytest.fixture
async def start_server(postgres: TestPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[StartServer]:
    """Starts servers of this test's own: `await start_server({"billing": {"minute_seconds": 2}}, clock=…, demo=…)`."""
    async with AsyncExitStack() as stack:

        async def start(
            overrides: dict[str, Any] | None = None,
            *,
            clock: Clock | None = None,
            demo: bool = False,
            payments: bool = False,
            dsn: str | None = None,
            data_dir: Path | None = None,
            make_engine: MakeEngine | None = None,
        ) -> Server:
            dsn = dsn or await stack.enter_async_context(postgres.database())
            data_dir = data_dir or tmp_path_factory.mktemp("var")
            return await stack.enter_async_context(
                run_server(dsn, data_dir, overrides=overrides, clock=clock, demo=demo, payments=payments, make_engine=make_engine)
            )

        yield start

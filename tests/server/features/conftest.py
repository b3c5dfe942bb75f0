"""Fixtures of the features' tests: a server on a clock that stands still until a test moves it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from config.clock import MovableClock
from tests.support.clients import ApiClient
from tests.support.postgres import TestPostgres
from tests.support.servers import Server, run_server


@pytest.fixture(scope="module")
async def metered(postgres: TestPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    overrides = {"consultations": {"silent_reader_seconds": 0}}
    async with (
        postgres.database() as dsn,
        run_server(dsn, tmp_path_factory.mktemp("var"), overrides=overrides, clock=MovableClock()) as server,
    ):
        yield server


@pytest.fixture(scope="module")
async def admin(metered: Server) -> ApiClient:
    return await metered.make_admin()

"""A server with a clock that tests move and an engine that does what they say."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from config.clock import MovableClock
from tests.support.livestream_engine import make_fake_engine
from tests.support.postgres import TestPostgres
from tests.support.servers import Server, run_server


@pytest.fixture(scope="module")
async def stage(postgres: TestPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """Make your own people in it; its clock belongs to the whole module."""
    folder = tmp_path_factory.mktemp("var")
    async with (
        postgres.database() as dsn,
        run_server(dsn, folder, clock=MovableClock(), make_engine=make_fake_engine) as server,
    ):
        yield server

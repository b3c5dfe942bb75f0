"""A server for each module, with a clock that its tests move, and scenes in which people give."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from config.clock import MovableClock
from tests.support.postgres import TestPostgres
from tests.support.servers import Server, run_server


@pytest.fixture(scope="module")
async def house(postgres: TestPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """Make your own people in it: everybody's clock is moved together."""
    folder = tmp_path_factory.mktemp("var")
    async with postgres.database() as dsn, run_server(dsn, folder, clock=MovableClock()) as server:
        yield server

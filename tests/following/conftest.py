"""A server for each module whose jobs run at once, on a clock that its tests move."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from config import limits
from config.clock import MovableClock
from tests.support.postgres import TestPostgres
from tests.support.servers import Server, run_server

# Hours pass between two renewals of its lease.
LASTING_LEASE = {"nodes": {"lease_seconds": 10_000_000}}


@pytest.fixture(scope="module", autouse=True)
def jobs_run_at_once() -> AsyncIterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "JOB_POLL_SECONDS", 0.05)
        patch.setattr(limits, "JOB_RETRY_SECONDS", (0, 0, 0))
        patch.setattr(limits, "ONLINE_SETTLED_SECONDS", 0.0)
        yield


@pytest.fixture(scope="module")
async def site(postgres: TestPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """Make your own people in it: everybody's clock is moved together."""
    folder = tmp_path_factory.mktemp("var")
    async with postgres.database() as dsn, run_server(dsn, folder, clock=MovableClock(), overrides=LASTING_LEASE) as server:
        yield server

"""Two servers on one database: a turn is given once, whoever gives it, and a dead node holds up nobody."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from config.clock import MovableClock
from server.live import LEASES, NODE, QUEUE_SWEEPER
from tests.queue.people import Waiter, Waiting
from tests.support.consultations import Scene, add_client
from tests.support.redis_server import RedisServer
from tests.support.servers import Server, StartServer

pytestmark = pytest.mark.skipif(shutil.which("redis-server") is None, reason="needs redis-server (apt install redis-server)")


@pytest.fixture
async def nodes(dsn: str, start_server: StartServer, tmp_path: Path) -> AsyncIterator[tuple[Server, Server]]:
    redis = RedisServer(tmp_path)
    await redis.start()
    clock = MovableClock()
    overrides: dict[str, Any] = {"redis": {"url": redis.url}, "consultations": {"silent_reader_seconds": 0}}
    yield await start_server(overrides, clock=clock, dsn=dsn), await start_server(overrides, clock=clock, dsn=dsn)
    await redis.kill()


async def add_waiter(waiting: Waiting, node: Server) -> Waiter:
    """Somebody who waits, connected to that node."""
    person = await add_client(node, balance=2000)
    waiter = Waiter(waiting, person, await node.connect(person))
    await waiter.join()
    return waiter


async def test_a_turn_reaches_a_client_on_another_node_once(nodes: tuple[Server, Server]) -> None:
    first, second = nodes
    waiting = Waiting(await Scene.start(first, balance=5000))
    here, there = await add_waiter(waiting, second), await add_waiter(waiting, first)
    await waiting.free_the_reader()
    await here.next_change(state="reserved")
    for _ in range(60):
        first.clock.advance(2)  # type: ignore[attr-defined]  # both nodes have the fixture's clock
        await asyncio.gather(*(node.app[NODE].renew() for node in nodes))
    await asyncio.gather(*(node.app[QUEUE_SWEEPER].sweep() for node in nodes for _ in range(2)))
    assert (await here.next_end())["end_reason"] == "time_ran_out"
    await there.next_change(state="reserved")
    turns = [
        payload for name, payload in there.live.events if name == "queue.changed" and payload["entry"]["state"] == "reserved"
    ]
    assert len(turns) == 1


async def test_whoever_was_on_a_node_that_died_is_skipped_and_gets_the_turn_back(
    nodes: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = nodes
    waiting = Waiting(await Scene.start(first, balance=5000))
    lost, other = await add_waiter(waiting, second), await add_waiter(waiting, first)
    monkeypatch.setattr(second.app[NODE], "holds_lease", lambda _now: False)
    await waiting.pass_time(11)
    await waiting.free_the_reader()
    await other.next_change(state="reserved")
    await first.app[LEASES].keep()
    lost.live, lost.past = await first.connect(lost.person), []
    await other.leave()
    await lost.next_change(state="reserved")
    assert await other.request_refused() == "reader.busy"

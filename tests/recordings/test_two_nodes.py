"""Two servers on one database: the relay belongs to one of them, and a participant may be connected to the other."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from config.clock import MovableClock
from tests.recordings.conftest import RecordedScene, host_of
from tests.support.consultations import Scene, add_client, add_reader, go_online
from tests.support.redis_server import RedisServer
from tests.support.servers import Server, StartServer

pytestmark = pytest.mark.skipif(shutil.which("redis-server") is None, reason="needs redis-server (apt install redis-server)")


@pytest.fixture
async def nodes(dsn: str, start_server: StartServer, tmp_path: Path) -> AsyncIterator[tuple[Server, Server]]:
    redis = RedisServer(tmp_path)
    await redis.start()
    clock, store = MovableClock(), tmp_path / "store"
    store.mkdir()
    overrides: dict[str, Any] = {"redis": {"url": redis.url}, "files": {"url": store.as_uri()}}
    yield await start_server(overrides, clock=clock, dsn=dsn), await start_server(overrides, clock=clock, dsn=dsn)
    await redis.kill()


async def meet(first: Server, second: Server) -> RecordedScene:
    """The client is connected to the first node, the reader to the second."""
    reader, client = await add_reader(second, video=599), await add_client(first, balance=5000)
    assert isinstance(first.clock, MovableClock)
    reader_live = await go_online(second, reader)
    scene = Scene(first, first.clock, client, reader, await first.connect(client), reader_live, type="video")
    await scene.request()
    await scene.reader_live.next_event("consultation.requested")
    await scene.reader_live.command("consultation.accept", consultation_id=scene.id)
    for live in (scene.client_live, scene.reader_live):
        await live.command("consultation.join", consultation_id=scene.id)
    await scene.connect_media()
    return RecordedScene(scene)


async def test_both_are_recorded_through_one_relay_and_either_stops_it_at_once(nodes: tuple[Server, Server]) -> None:
    first, second = nodes
    recorded = await meet(first, second)
    try:
        await recorded.do("client", "ask")
        await recorded.live("reader").next_event(
            "consultation.changed", lambda event: event["consultation"]["recording"] is not None
        )
        await recorded.do("reader", "agree")
        assert host_of(first).relay.process_id is None
        assert host_of(second).relay.process_id is not None
        await asyncio.gather(recorded.connect("client"), recorded.connect("reader"))
        await recorded.until("recording")
        await asyncio.gather(*(peer.until_received("video", 30) for peer in recorded.peers.values()))
        # Through the node that has no relay.
        await recorded.do("client", "stop")
        async with asyncio.timeout(1.0):
            while any(peer.pc.connectionState != "closed" for peer in recorded.peers.values()):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        stored = await recorded.until("stopped", has_files=True)
        for file in stored["files"]:
            reply = await recorded.scene.client.get(file["url"], root=True)
            assert (reply.status, len(reply.content)) == (200, file["bytes"])
    finally:
        await recorded.close()

"""Livestreams with real media, through the doors and each of the engines."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from realtime.media.engines.embedded import EmbeddedEngine
from server.demo import DEMO_PASSWORD
from tests.livestreams.broadcast import Broadcast
from tests.livestreams.people import host_of
from tests.server.server_process import ServerProcess
from tests.support.clients import ApiClient
from tests.support.consultations import add_client, add_reader, go_online
from tests.support.janus import janus_overrides, run_janus
from tests.support.live import LiveClient
from tests.support.redis_server import RedisServer
from tests.support.servers import Server, StartServer

SETTINGS = {"SOULSEER_NODES__LEASE_SECONDS": "3", "SOULSEER_NODES__RENEW_SECONDS": "1"}


@dataclass
class Site:
    """`kill` takes away what carries the media, and something else may at once."""

    server: Server
    kill: Callable[[], object]


@pytest.fixture(params=["embedded", "janus"])
async def site(request: pytest.FixtureRequest, start_server: StartServer, tmp_path: Path) -> AsyncIterator[Site]:
    if request.param == "embedded":
        server = await start_server()
        yield Site(server, lambda: os.kill(process_of(server), signal.SIGKILL))
        return
    async with run_janus(tmp_path / "janus") as janus:
        starting: list[asyncio.Task[None]] = []
        yield Site(await start_server(janus_overrides(janus)), lambda: starting.append(janus.restart()))
        await asyncio.gather(*starting)


@pytest.fixture
async def broadcast(site: Site) -> AsyncIterator[Broadcast]:
    """Nothing is published yet."""
    server = site.server
    reader, viewer = await add_reader(server), await add_client(server)
    broadcast = Broadcast(reader, await go_online(server, reader), viewer, await server.connect(viewer))
    await broadcast.make()
    yield broadcast
    await broadcast.close()


def process_of(server: Server) -> int:
    """The process that the media pass through."""
    engine = host_of(server).places.engine
    assert isinstance(engine, EmbeddedEngine)
    assert engine.process_id is not None
    return engine.process_id


async def test_who_waited_sees_it_begin_and_a_lost_publisher_come_back(broadcast: Broadcast) -> None:
    waiting = await broadcast.viewer_live.command("livestream.join", livestream_id=broadcast.id)
    assert waiting["media"] == "waiting"
    live = await broadcast.publish()
    await broadcast.told("started")
    await broadcast.watch()
    publisher, watching = broadcast.publisher, broadcast.watching
    assert publisher is not None
    publisher.vanish()
    paused = await broadcast.told("paused")
    assert (paused["pause_reason"], paused["media_id"]) == ("connection", live["media_id"])
    back = await broadcast.publish()
    assert back["media_id"] == live["media_id"]
    await broadcast.until_seen()
    assert broadcast.watching is watching, "the same connection goes on"
    ended = await broadcast.reader_live.command("livestream.end", livestream_id=broadcast.id)
    assert ended["livestream"]["end_reason"] == "reader_ended"
    await broadcast.told("ended")
    assert watching is not None
    await until(lambda: watching.pc.connectionState == "closed")


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_so():  # noqa: ASYNC110  (aiortc tells nobody)
            await asyncio.sleep(0.02)


async def test_a_pause_for_a_private_consultation_lets_the_media_go(broadcast: Broadcast) -> None:
    live = await broadcast.publish()
    await broadcast.watch()
    watching = broadcast.watching
    assert watching is not None
    await broadcast.reader_live.command("livestream.pause", livestream_id=broadcast.id)
    paused = await broadcast.told("paused", pause_reason="private")
    assert paused["media_id"] is None
    await until(lambda: watching.pc.connectionState == "closed")
    again = await broadcast.publish()
    assert again["media_id"] not in (None, live["media_id"])
    await broadcast.told("resumed", media_id=again["media_id"])
    await broadcast.watch()


async def test_the_engine_is_killed_and_the_livestream_goes_on_at_another_place(site: Site, broadcast: Broadcast) -> None:
    live = await broadcast.publish()
    await broadcast.watch()
    site.kill()
    paused = await broadcast.told("paused")
    assert (paused["pause_reason"], paused["media_id"]) == ("connection", None)
    again = await broadcast.publish()
    assert again["media_id"] not in (None, live["media_id"])
    await broadcast.told("resumed", media_id=again["media_id"])
    await broadcast.watch()


async def test_a_login_that_ends_takes_its_media_along_within_two_seconds(broadcast: Broadcast) -> None:
    await broadcast.publish()
    await broadcast.watch()
    await asyncio.sleep(1.1)  # What was published within the last second is taken for what is still being written down.
    watching = broadcast.watching
    assert watching is not None
    async with asyncio.timeout(2):
        await broadcast.reader.post("/auth/logout")
        assert (await broadcast.told("paused"))["pause_reason"] == "connection"
    async with asyncio.timeout(2):
        await broadcast.viewer.post("/auth/logout")
        await until(lambda: watching.pc.connectionState == "closed")


async def connect(url: str, *, people: dict[str, ApiClient]) -> Broadcast:
    lives: dict[str, LiveClient] = {}
    for side in ("reader", "client"):
        if side not in people:
            people[side] = ApiClient(url)
            assert (await people[side].log_in(f"{side}@demo.example.com", DEMO_PASSWORD)).status == 200
        lives[side] = LiveClient()
        await lives[side].connect(url, people[side].access_token)
    return Broadcast(people["reader"], lives["reader"], people["client"], lives["client"])


async def _stop(server: ServerProcess) -> None:
    await server.stop()


async def _kill(server: ServerProcess) -> None:
    await server.kill()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("end", [_stop, _kill], ids=["stopped", "killed"])
async def test_a_livestream_goes_on_after_its_server_comes_back(
    tmp_path: Path, end: Callable[[ServerProcess], Awaitable[None]]
) -> None:
    people: dict[str, ApiClient] = {}
    first = ServerProcess(tmp_path / "var", "--demo", **SETTINGS)
    second: ServerProcess | None = None
    opened: list[Broadcast] = []
    try:
        await first.ready()
        before = await connect(first.url, people=people)
        opened.append(before)
        await before.make()
        live = await before.publish()
        await before.watch()
        await end(first)
        second = await ServerProcess(tmp_path / "var", "--demo", port=first.port, **SETTINGS).ready()
        after = await connect(second.url, people=people)
        opened.append(after)
        after.id = before.id
        again = await after.publish()
        assert (again["status"], again["started_at"]) == ("live", live["started_at"])
        assert again["media_id"] not in (None, live["media_id"])
        await after.watch()
        # The former process's lease has run out, and with it what it held: that is not what goes on now.
        await asyncio.sleep(4)
        await after.until_seen()
        assert (await after.reader.get(f"/livestreams/{after.id}")).body["is_paused"] is False
        await second.stop()
    finally:
        for broadcast in opened:
            await broadcast.close()
            for client in (broadcast.reader_live, broadcast.viewer_live):
                await client.close()
        for person in people.values():
            await person.close()
        first.close()
        if second is not None:
            second.close()


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="needs redis-server (apt install redis-server)")
async def test_a_viewer_of_another_node_sees_the_picture(dsn: str, start_server: StartServer, tmp_path: Path) -> None:
    redis = RedisServer(tmp_path)
    await redis.start()
    first, second = [await start_server({"redis": {"url": redis.url}}, dsn=dsn) for _ in range(2)]
    reader, viewer = await add_reader(first), await add_client(second)
    broadcast = Broadcast(reader, await go_online(first, reader), viewer, await second.connect(viewer))
    try:
        await broadcast.make()
        await broadcast.publish()
        await broadcast.watch()
        # The reader's page comes back through the other node, and the picture goes on in the same connection.
        publisher, watching = broadcast.publisher, broadcast.watching
        assert publisher is not None
        publisher.vanish()
        await broadcast.told("paused")
        await broadcast.reader_live.close()
        broadcast.reader_live = await second.connect(reader)
        await broadcast.publish()
        await broadcast.until_seen()
        assert broadcast.watching is watching
    finally:
        await broadcast.close()
        await redis.kill()

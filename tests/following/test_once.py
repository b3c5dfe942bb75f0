"""Each thing is told once: with two nodes and their jobs at work, and after crashes at the worst moment."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from config.clock import MovableClock
from config.settings import Settings
from realtime.notifications.jobs import followers_job
from realtime.notifications.telling import Telling
from server.parts import deliver_from_afar, run_jobs
from server.push.sender import PushSender
from storage.database import Database
from tests.following.people import add_livestream, add_readers_with_followers, kinds, until_told
from tests.support.live import LiveClient
from tests.support.push_service import run_push_service
from tests.support.redis_server import RedisServer
from tests.support.servers import Server, StartServer

needs_redis = pytest.mark.skipif(shutil.which("redis-server") is None, reason="needs redis-server (apt install redis-server)")


@pytest.fixture
async def nodes(dsn: str, start_server: StartServer, tmp_path: Path) -> AsyncIterator[tuple[Server, Server]]:
    redis = RedisServer(tmp_path)
    await redis.start()
    clock, overrides = MovableClock(), {"redis": {"url": redis.url}}
    yield await start_server(overrides, clock=clock, dsn=dsn), await start_server(overrides, clock=clock, dsn=dsn)
    await redis.kill()


def told(live: LiveClient) -> list[str]:
    return [payload["notification"]["kind"] for name, payload in live.events if name == "notification.created"]


@needs_redis
async def test_two_nodes_tell_of_a_reader_once(nodes: tuple[Server, Server]) -> None:
    first, second = nodes
    reader, (follower,) = await add_readers_with_followers(first)
    live = await second.connect(follower)
    for _ in range(3):
        desks = [await node.connect(reader) for node in nodes]
        await asyncio.gather(*(desk.command("reader.set_status", status="online") for desk in desks))
        for desk in desks:
            await desk.close()
    again = await first.connect(reader)
    await again.command("reader.set_status", status="online")
    await until_told(first)
    assert await kinds(follower) == ["reader_online"]
    await live.next_event("notification.created")
    assert told(live) == ["reader_online"]


@needs_redis
async def test_two_nodes_that_work_on_the_same_news_tell_it_once(nodes: tuple[Server, Server]) -> None:
    first, second = nodes
    reader, followers = await add_readers_with_followers(first, 3)
    lives = [await node.connect(follower) for node, follower in zip((*nodes, first), followers, strict=True)]
    livestream_id = await add_livestream(first, reader)
    job = {"kind": "reader_live", "reader_id": reader.id, "livestream_id": str(livestream_id)}
    telling = [Telling(node.database, node.clock, node.services.link_secret, "USD") for node in (first, second)]
    await asyncio.gather(*(one.tell_followers(job) for one in telling * 4))
    for live, follower in zip(lives, followers, strict=True):
        await live.next_event("notification.created")
        assert (told(live), await kinds(follower)) == (["reader_live"], ["reader_live"])


async def test_a_crash_after_the_rows_tells_nobody_twice(start_server: StartServer, monkeypatch: pytest.MonkeyPatch) -> None:
    crashes, original = [3], Telling.tell_followers

    async def tell_and_crash(self: Telling, job: Mapping[str, Any]) -> None:
        await original(self, job)
        if crashes[0]:
            crashes[0] -= 1
            raise RuntimeError("the process died before the job was noted as done")

    monkeypatch.setattr(Telling, "tell_followers", tell_and_crash)
    async with run_push_service() as service:
        server = await start_server({"push": {"allow_private": True}}, clock=MovableClock())
        reader, (follower,) = await add_readers_with_followers(server)
        browser = service.subscribe()
        await follower.post("/me/push-subscriptions", browser.subscription())
        livestream_id = await add_livestream(server, reader)
        await server.database.transact(lambda tx: followers_job(tx, "reader_live", UUID(reader.id), livestream_id))
        await until_told(server)
        assert (crashes[0], await kinds(follower), len(service.of(browser))) == (0, ["reader_live"], 1)


async def test_a_crash_before_the_rows_loses_nothing(start_server: StartServer, monkeypatch: pytest.MonkeyPatch) -> None:
    crashes, original = [2], Telling.tell_followers

    async def crash_first(self: Telling, job: Mapping[str, Any]) -> None:
        if crashes[0]:
            crashes[0] -= 1
            raise RuntimeError("the process died as it began")
        await original(self, job)

    monkeypatch.setattr(Telling, "tell_followers", crash_first)
    server = await start_server(clock=MovableClock())
    reader, (follower,) = await add_readers_with_followers(server)
    livestream_id = await add_livestream(server, reader)
    await server.database.transact(lambda tx: followers_job(tx, "reader_live", UUID(reader.id), livestream_id))
    await until_told(server)
    assert await kinds(follower) == ["reader_live"]


async def test_a_push_whose_sending_was_cut_off_is_sent_at_the_next_try(
    start_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    crashes, original = [1], PushSender.send

    async def crash_first(self: PushSender, *args: Any) -> Any:
        if crashes[0]:
            crashes[0] -= 1
            raise RuntimeError("the process died")
        return await original(self, *args)

    monkeypatch.setattr(PushSender, "send", crash_first)
    async with run_push_service() as service:
        server = await start_server({"push": {"allow_private": True}}, clock=MovableClock())
        reader, (follower,) = await add_readers_with_followers(server)
        browser = service.subscribe()
        await follower.post("/me/push-subscriptions", browser.subscription())
        livestream_id = await add_livestream(server, reader)
        await server.database.transact(lambda tx: followers_job(tx, "reader_live", UUID(reader.id), livestream_id))
        await until_told(server)
        assert len(service.of(browser)) == 1


@needs_redis
async def test_a_worker_tells_the_pages_of_every_node(
    nodes: tuple[Server, Server], dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process of its own that takes the jobs, as `python -m server worker` does."""
    first, second = nodes
    settings: Settings = first.settings
    database = await Database.open(dsn, connections=4)
    reader, (follower,) = await add_readers_with_followers(first)
    live = await second.connect(follower)
    livestream_id = await add_livestream(first, reader)
    job = {"kind": "reader_live", "reader_id": reader.id, "livestream_id": str(livestream_id)}
    async with deliver_from_afar(settings, database), run_jobs(settings, database, first.clock, url=first.url):
        await Telling(database, first.clock, first.services.link_secret, "USD").tell_followers(job)
        await live.next_event("notification.created")
    await database.close()
    assert told(live) == ["reader_live"]

"""Two nodes with a real Redis between them: events and closings cross, and Redis may go away and come back."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from storage.database import Database
from tests.realtime.conftest import LiveNode, run_node
from tests.realtime.raw import RawPeer
from tests.support.redis_server import RedisServer

pytestmark = pytest.mark.skipif(shutil.which("redis-server") is None, reason="needs redis-server (apt install redis-server)")


@pytest.fixture
async def redis(tmp_path: Path) -> AsyncIterator[RedisServer]:
    server = RedisServer(tmp_path)
    await server.start()
    yield server
    await server.kill()


@pytest.fixture
async def pair(
    two_databases: tuple[Database, Database], redis: RedisServer, stack: AsyncExitStack, direct: bool
) -> tuple[LiveNode, LiveNode]:
    first, second = [await run_node(stack, database, direct=direct, redis_url=redis.url) for database in two_databases]
    await subscribed(first, second)
    return first, second


async def subscribed(*nodes: LiveNode) -> None:
    for node in nodes:
        backplane = node.gateway._backplane
        assert backplane is not None
        async with asyncio.timeout(15):
            await backplane.is_subscribed.wait()


async def test_events_cross_to_the_other_node_once(pair: tuple[LiveNode, LiveNode]) -> None:
    first, second = pair
    person, stranger = await first.person(), await first.person()
    sender, here, there = await first.peer(person), await first.peer(person), await second.peer(person)
    other = await second.peer(stranger)
    for number in range(50):
        await sender.ask("test.tell", {"text": f"message {number}"})
    for peer in (here, there):
        assert [(await peer.next_event("test.said"))["text"] for _ in range(50)] == [f"message {n}" for n in range(50)]
    await _settle(first, second)
    assert sender.events == here.events == there.events == other.events == []


async def test_a_readers_status_is_told_on_every_node(pair: tuple[LiveNode, LiveNode]) -> None:
    first, second = pair
    watcher = await second.peer(await second.person())
    await watcher.ask("readers.watch", {"on": True})
    reader = await first.person("reader")
    here, there = await first.peer(reader), await second.peer(reader)
    assert (await watcher.next_event("reader.status_changed"))["status"] == "online"
    await here.leave()
    await first.until(lambda: first.gateway.connection_count == 0)
    await there.ask("reader.set_status", {"status": "away"})
    assert (await watcher.next_event("reader.status_changed"))["status"] == "away"
    await there.leave()
    assert (await watcher.next_event("reader.status_changed"))["status"] == "offline"


@pytest.mark.parametrize("way", ["login", "user", "connection"])
async def test_closings_cross_to_the_other_node(pair: tuple[LiveNode, LiveNode], way: str) -> None:
    first, second = pair
    person = await first.person()
    here, there = await first.peer(person), await second.peer(person)
    kept = await second.peer(await second.person())
    if way == "login":
        await first.gateway.close_logins([person.login_id])
    elif way == "user":
        await first.gateway.close_user(person.user_id)
    else:
        await first.gateway.close_connections([here.connected["sid"], there.connected["sid"]], "auth.revoked")
    for peer in (here, there):
        assert (await peer.next_event("connection.closing"))["code"] == "auth.revoked"
        await peer.until_closed(2)
    assert (await kept.ask("test.echo", {"text": "kept"}))["ok"]


async def test_a_node_that_died_is_cleared_away_by_the_other(pair: tuple[LiveNode, LiveNode]) -> None:
    first, second = pair
    watcher = await second.peer(await second.person())
    await watcher.ask("readers.watch", {"on": True})
    reader = await first.person("reader")
    await first.peer(reader)
    assert (await watcher.next_event("reader.status_changed"))["status"] == "online"
    dead = first.node.id
    async with second.database.transaction() as tx:
        await tx.execute("UPDATE nodes SET lease_expires_at = now() - interval '1 second' WHERE id = $1", dead)
    await second.keeper.keep()
    assert (await watcher.next_event("reader.status_changed"))["status"] == "offline"
    assert [node_id for node_id, _ in second.nodes_lost + first.nodes_lost] == [dead]


async def test_redis_may_be_killed_and_come_back(pair: tuple[LiveNode, LiveNode], redis: RedisServer) -> None:
    first, second = pair
    person = await first.person()
    sender, here, there = await first.peer(person), await first.peer(person), await second.peer(person)
    await redis.kill()
    await first.until(lambda: not any(node.gateway._backplane.is_subscribed.is_set() for node in pair))  # type: ignore[union-attr]
    for number in range(10):
        assert (await sender.ask("test.tell", {"text": f"while away {number}"}))["ok"]
        assert (await here.next_event("test.said"))["text"] == f"while away {number}"
    await redis.start()
    await subscribed(first, second)
    await first.until(lambda: _crosses(sender, there), timeout=20)


async def test_a_node_starts_and_serves_without_its_redis(
    two_databases: tuple[Database, Database], redis: RedisServer, stack: AsyncExitStack, direct: bool
) -> None:
    await redis.kill()
    node = await run_node(stack, two_databases[0], direct=direct, redis_url=redis.url)
    person = await node.person()
    sender, here = await node.peer(person), await node.peer(person)
    assert (await sender.ask("test.tell", {"text": "alone"}))["ok"]
    assert (await here.next_event("test.said"))["text"] == "alone"


async def test_garbage_on_the_channel_harms_nobody(pair: tuple[LiveNode, LiveNode], redis: RedisServer) -> None:
    from redis.asyncio import Redis

    from storage.backplane import CHANNEL

    first, second = pair
    client = Redis.from_url(redis.url)
    for garbage in (
        b"",
        b"nonsense",
        b"[]",
        b"{}",
        b'{"event":5}',
        b'{"close":"x"}',
        b'{"close":"limit.flood","user":"x"}',
        b"\xff",
    ):
        await client.publish(CHANNEL, garbage)
    await client.aclose()
    person = await first.person()
    sender, there = await first.peer(person), await second.peer(person)
    await sender.ask("test.tell", {"text": "still working"})
    assert (await there.next_event("test.said"))["text"] == "still working"


async def _settle(first: LiveNode, second: LiveNode) -> None:
    """A message behind all others has arrived, so nothing is under way any more."""
    marker = await first.person()
    sender, receiver = await first.peer(marker), await second.peer(marker)
    await sender.ask("test.tell", {"text": "the last"})
    await receiver.next_event("test.said")


async def _crosses(sender: RawPeer, there: RawPeer) -> bool:
    await sender.ask("test.tell", {"text": "crosses"})
    await asyncio.sleep(0.1)
    return any(payload["text"] == "crosses" for _, payload in there.events)

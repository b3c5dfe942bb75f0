"""Two servers on one database: the media belong to one of them, people may be connected to the other, and either may die."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from config.clock import MovableClock
from server.live import GATEWAY, LEASES, LIVESTREAM_SWEEPER, NODE
from tests.livestreams.people import Show, Viewer, engine_of, host_of, offer
from tests.support.livestream_engine import STRANGE, VIEWER_ANSWER, make_fake_engine
from tests.support.redis_server import RedisServer
from tests.support.servers import Server, StartServer

pytestmark = pytest.mark.skipif(shutil.which("redis-server") is None, reason="needs redis-server (apt install redis-server)")


@pytest.fixture
async def redis(tmp_path: Path) -> AsyncIterator[RedisServer]:
    server = RedisServer(tmp_path)
    await server.start()
    yield server
    await server.kill()


@pytest.fixture
async def nodes(dsn: str, start_server: StartServer, redis: RedisServer) -> tuple[Server, Server]:
    clock, overrides = MovableClock(), {"redis": {"url": redis.url}}
    started = [await start_server(overrides, clock=clock, dsn=dsn, make_engine=make_fake_engine) for _ in range(2)]
    for node in started:
        backplane = node.app[GATEWAY]._backplane
        assert backplane is not None
        await asyncio.wait_for(backplane.is_subscribed.wait(), 10)
    return started[0], started[1]


async def pass_time(nodes: tuple[Server, ...], seconds: float) -> None:
    """For these nodes; the others are dead to them."""
    clock = nodes[0].clock
    assert isinstance(clock, MovableClock)
    while seconds > 0:
        clock.advance(min(seconds, 2))
        seconds -= 2
        for node in nodes:
            await node.app[NODE].renew()
    for node in nodes:
        await node.app[LEASES].keep()
        await node.app[LIVESTREAM_SWEEPER].sweep()


def die(node: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """It neither renews its lease nor answers from here on."""
    monkeypatch.setattr(node.app[NODE], "holds_lease", lambda _now: False)
    monkeypatch.setattr(node.app[LEASES], "keep", lambda: asyncio.sleep(0))
    monkeypatch.setattr(node.app[GATEWAY].calls, "receive", lambda _message: None)
    monkeypatch.setattr(host_of(node), "keep_in_step", lambda: asyncio.sleep(0))


async def test_a_viewer_on_another_node_watches_through_the_one_that_holds_the_media(nodes: tuple[Server, Server]) -> None:
    first, second = nodes
    show = await Show.start(first, viewers=1)
    far = await show.add(server=second)
    assert (await far.watch())["livestream"]["id"] == show.id
    assert engine_of(second).places == {}
    assert sorted(show.place.viewers.values()) == ["answered", "answered"]
    assert await refused_answer(far) == "livestream.media_gone"
    await far.join()
    assert await refused_answer(far, STRANGE) == "request.invalid"
    show.engine.seats = 0
    late = await show.add(server=second)
    assert (await late.join())["media"] == "full"
    await far.leave()
    assert len(show.place.viewers) == 1
    await show.pause()
    assert (await late.told("paused"))["pause_reason"] == "private"


async def refused_answer(viewer: Viewer, sdp: str = VIEWER_ANSWER) -> str:
    description = {"type": "answer", "sdp": sdp}
    error = await viewer.live.refused("livestream.answer", livestream_id=viewer.show.id, description=description)
    return str(error["code"])


async def test_a_far_viewer_who_is_gone_is_let_go_of(nodes: tuple[Server, Server]) -> None:
    first, second = nodes
    show = await Show.start(first)
    far = await show.add(server=second)
    await far.watch()
    place = show.place
    async with asyncio.timeout(2):
        await far.person.post("/auth/logout")
        while place.viewers:  # noqa: ASYNC110  (the engine tells nobody)
            await asyncio.sleep(0.01)


async def test_a_reader_who_comes_back_through_another_node_keeps_the_viewers(nodes: tuple[Server, Server]) -> None:
    first, second = nodes
    show = await Show.start(first, viewers=1)
    media_id = show.place.place.media_id
    await show.live.close()
    await show.engine.lose_publisher(media_id)
    await show.viewers[0].told("paused")
    show.live = await second.connect(show.reader)
    assert (await show.publish())["media_id"] == str(media_id)
    assert await show.refused(STRANGE) == "request.invalid"
    assert engine_of(second).places == {}
    await show.engine.flow(media_id)
    await show.viewers[0].told("resumed")
    assert list(show.place.viewers.values()) == ["answered"]
    await show.end()
    await show.until_closed(str(media_id))


async def test_a_node_that_died_takes_its_media_and_the_reader_goes_on_elsewhere(
    nodes: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = nodes
    show = await Show.start(second)
    near = await show.add(server=first)
    await near.watch()
    media_id = show.place.place.media_id
    die(second, monkeypatch)
    await pass_time((first,), 12)
    paused = await near.told("paused")
    assert (paused["pause_reason"], paused["media_id"]) == ("connection", None)
    show.server, show.live = first, await first.connect(show.reader)
    again = await show.publish()
    assert again["media_id"] not in (None, str(media_id))
    await near.told("changed", media_id=again["media_id"])
    await near.watch()
    await engine_of(first).flow(UUID(again["media_id"]))
    await near.told("resumed", media_id=again["media_id"])


async def test_before_anybody_knows_that_the_node_is_dead_the_reader_goes_on_elsewhere_too(
    nodes: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = nodes
    show = await Show.start(second)
    near = await show.add(server=first)
    await near.join()
    die(second, monkeypatch)
    monkeypatch.setattr("config.limits.NODE_CALL_SECONDS", 0.3)
    assert (await near.join())["media"] == "unavailable"
    live = await first.connect(show.reader)
    data = await live.command("livestream.start", livestream_id=show.id, description=offer())
    media_id = data["livestream"]["media_id"]
    assert (await near.told("paused"))["media_id"] == media_id
    assert [str(found) for found in engine_of(first).places] == [media_id]


async def test_a_node_that_was_frozen_gives_up_what_has_moved_on(
    nodes: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = nodes
    show = await Show.start(second)
    old = show.place.place.media_id
    with monkeypatch.context() as frozen:
        die(second, frozen)
        await pass_time((first,), 12)
        live = await first.connect(show.reader)
        await live.command("livestream.start", livestream_id=show.id, description=offer())
    await second.app[LEASES].keep()
    await host_of(second).keep_in_step()
    assert old in engine_of(second).closed
    assert (await show.snapshot())["status"] == "live"


async def test_a_late_packet_of_a_place_that_has_moved_on_changes_nothing(
    nodes: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = nodes
    show = await Show.start(second)
    old = show.place.place.media_id
    monkeypatch.setattr(host_of(second), "keep_in_step", lambda: asyncio.sleep(0))
    monkeypatch.setattr("config.limits.NODE_CALL_SECONDS", 0.3)
    with monkeypatch.context() as deaf:
        deaf.setattr(second.app[GATEWAY].calls, "receive", lambda _message: None)
        live = await first.connect(show.reader)
        data = await live.command("livestream.start", livestream_id=show.id, description=offer())
    before = await show.snapshot()
    assert (before["media_id"], before["is_paused"]) == (data["livestream"]["media_id"], True)
    monkeypatch.undo()
    for say in (engine_of(second).flow, engine_of(second).lose_publisher):
        await say(old)
        await host_of(second).keep_in_step()
        if old in engine_of(second).closed:
            break
    assert await show.snapshot() == before


async def test_viewers_are_told_by_one_node_at_a_time(nodes: tuple[Server, Server]) -> None:
    first, _second = nodes
    show = await Show.start(first)
    for number in range(6):
        await (await show.add(server=nodes[number % 2])).join()
        await asyncio.gather(*(node.app[LIVESTREAM_SWEEPER].sweep() for node in nodes for _ in range(3)))
        await pass_time(nodes, 1)
    await pass_time(nodes, 1)
    await show.live.next_event("livestream.viewers_changed", lambda event: event["viewer_count"] == 6)
    told = [event for name, event in show.live.events if name == "livestream.viewers_changed"]
    assert len({event["at"] for event in told}) == len(told), "two nodes told within one second"
    assert [event["viewer_count"] for event in told] == sorted({event["viewer_count"] for event in told})
    assert ((await show.snapshot())["viewer_count"], (await show.snapshot())["peak"]) == (6, 6)


async def test_who_was_on_a_node_that_died_is_not_counted(nodes: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = nodes
    show = await Show.start(first)
    await (await show.add(server=first)).join()
    await (await show.add(server=second)).join()
    await pass_time(nodes, 1)
    assert (await show.snapshot())["viewer_count"] == 2
    die(second, monkeypatch)
    await pass_time((first,), 12)
    await pass_time((first,), 1)
    assert (await show.snapshot())["viewer_count"] == 1


async def test_without_redis_a_far_viewer_has_chat_and_no_picture(nodes: tuple[Server, Server], redis: RedisServer) -> None:
    first, second = nodes
    show = await Show.start(first)
    far = await show.add(server=second)
    await redis.kill()
    joined: Any = await far.join()
    assert (joined["media"], joined["livestream"]["id"]) == ("unavailable", show.id)

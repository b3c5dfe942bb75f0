"""Two servers on one database, with Redis between them: a consultation does not care where its people are connected."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from config.clock import MovableClock
from server.live import LEASES, MEDIA_WATCH, METER, NODE
from tests.support.consultations import Scene, add_client, add_reader, go_online
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


async def meet(nodes: tuple[Server, Server], *, type: str = "chat") -> Scene:
    """The client is connected to the first node, the reader to the second."""
    first, second = nodes
    reader, client = await add_reader(second, call=499), await add_client(first, balance=5000)
    clock = first.clock
    assert isinstance(clock, MovableClock)
    scene = Scene(first, clock, client, reader, await first.connect(client), await go_online(second, reader), type=type)
    await scene.request()
    await scene.reader_live.next_event("consultation.requested")
    await scene.reader_live.command("consultation.accept", consultation_id=scene.id)
    for live in (scene.client_live, scene.reader_live):
        await live.command("consultation.join", consultation_id=scene.id)
    return scene


async def pass_time_on_both(nodes: tuple[Server, Server], clock: MovableClock, seconds: int) -> None:
    """Both nodes tick at once; each due increment is charged by one of them."""
    for _ in range(seconds):
        clock.advance(1)
        for node in nodes:
            await node.app[NODE].renew()
            await node.app[MEDIA_WATCH].tick()
        await asyncio.gather(*(node.app[METER].tick() for node in nodes))


async def test_people_on_two_nodes_talk_and_are_charged_once(nodes: tuple[Server, Server]) -> None:
    scene = await meet(nodes)
    await scene.say("Can you hear me?")
    heard = await scene.reader_live.next_event("message.sent")
    assert heard["message"]["content"] == "Can you hear me?"
    await pass_time_on_both(nodes, scene.clock, 61)
    charged = await scene.reader_live.next_event("consultation.charged", lambda event: event["increment"] == 2)
    assert charged["total_cost_minor"] == 798
    ended = await scene.end(by_reader=True)
    told = await scene.client_live.next_event("consultation.ended")
    assert told["consultation"]["total_cost_minor"] == ended["total_cost_minor"] == 798 - (399 * 59 + 59) // 60


async def test_a_node_dies_and_the_other_one_stops_the_clock_at_its_last_renewal(
    nodes: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = await meet(nodes)
    first, second = nodes
    await pass_time_on_both(nodes, scene.clock, 30)
    monkeypatch.setattr(second.app[NODE], "holds_lease", lambda _now: False)
    for _ in range(11):
        scene.clock.advance(1)
        await first.app[NODE].renew()
        await first.app[METER].tick()
    await first.app[LEASES].keep()
    paused = await scene.client_live.next_event("consultation.paused")
    assert paused["consultation"]["connected_seconds"] == 30
    # The reader comes back through the node that is left; the paid half minute goes on where it stopped.
    scene.reader_live = await first.connect(scene.reader)
    joined = await scene.reader_live.command("consultation.join", consultation_id=scene.id)
    assert (joined["consultation"]["is_paused"], joined["consultation"]["paid_seconds_left"]) == (False, 30)
    for _ in range(29):
        scene.clock.advance(1)
        await first.app[NODE].renew()
        await first.app[METER].tick()
    ended = await scene.end()
    assert (ended["total_cost_minor"], ended["connected_seconds"]) == (399, 59)


async def test_a_call_between_two_nodes_starts_pauses_and_goes_on_with_its_media(nodes: tuple[Server, Server]) -> None:
    """Each node watches the reports of its own people; signals cross to the other node's in order."""
    scene = await meet(nodes, type="call")
    for number in range(10):
        candidate = {"candidate": f"candidate:{number} 1 udp 2113937151 192.0.2.7 {50000 + number} typ host"}
        await scene.client_live.fire("signal.send", {"consultation_id": scene.id, "candidate": candidate})
    heard = [await scene.reader_live.next_event("signal.received") for _ in range(10)]
    assert [event["candidate"]["candidate"].split()[5] for event in heard] == [str(50000 + number) for number in range(10)]
    await scene.report("client")
    await scene.report("reader")
    await scene.client_live.next_event("consultation.started")
    await pass_time_on_both(nodes, scene.clock, 5)
    await scene.report("client")
    # The reader falls silent: the node that the reader reports to finds out, and stops the clock for both.
    await pass_time_on_both(nodes, scene.clock, 3)
    paused = await scene.client_live.next_event("consultation.paused")
    assert (paused["consultation"]["pause_reason"], paused["consultation"]["connected_seconds"]) == ("media", 0.0)
    await scene.report("client")
    await scene.report("reader")
    assert (await scene.snapshot())["is_paused"] is False
    ended = await scene.end()
    assert ended["total_cost_minor"] == 0

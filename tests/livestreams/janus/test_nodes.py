"""Several nodes at one Janus, and several Janus for one node."""

from __future__ import annotations

import asyncio

import pytest

from config import limits
from config.ids import new_id
from realtime.media.engines.interface import EngineFull, Place, PlaceGone
from tests.livestreams.janus.conftest import Node, StartJanus, StartNode
from tests.support.janus import Janus


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "JANUS_TICK_SECONDS", 0.1)


async def test_viewers_see_the_publisher_whichever_nodes_they_came_through(janus: Janus, start_node: StartNode) -> None:
    one, two = await start_node(janus), await start_node(janus)
    place = await one.engine.open(new_id())
    viewers = [await one.view(place, "viewer"), await two.view(place, "viewer")]
    for node in (one, two, one):
        node.events.clear()
        await node.publish(place)
        await node.until("publishing", place)
        for viewer in viewers:
            await viewer.until_received("video", 5)
    assert not any(event.kind == "publisher_gone" for node in (one, two) for event in node.events), "taken over is not lost"
    await two.engine.unpublish(place)
    await two.engine.close(place)
    await one.until("lost", place)
    with pytest.raises(PlaceGone):
        await one.view(place, "viewer")


async def test_an_audience_keeps_its_connections_when_the_publisher_dies_and_comes_back_without_a_picture(
    janus: Janus, start_node: StartNode
) -> None:
    node = await start_node(janus)
    place = await node.engine.open(new_id())
    viewer = await node.view(place, "viewer")
    for kinds in (("audio", "video"), ("audio",), ("audio", "video")):
        node.events.clear()
        publisher = await node.publish(place, kinds=kinds)
        await node.until("publishing", place)
        await viewer.until_received(kinds[-1], 5)
        await publisher.close()
        await node.until("publisher_gone", place)
    assert viewer.pc.connectionState == "connected"


async def test_a_limit_holds_for_all_nodes_together(janus: Janus, start_node: StartNode) -> None:
    one, two = await start_node(janus, viewers_maximum=2), await start_node(janus, viewers_maximum=2)
    place = await one.engine.open(new_id())
    await _until_full(two, place, has_others=False)
    viewers = [await one.view(place, name) for name in ("first", "second")]
    with pytest.raises(EngineFull):
        await one.view(place, "third")
    await _until_full(two, place, has_others=True)
    with pytest.raises(EngineFull):
        await two.engine.open(new_id())
    assert await one.engine.view(place, "first"), "who asks again takes no more room"
    await one.engine.leave(place, "second")
    async with asyncio.timeout(10):
        while True:
            try:
                await two.view(place, "third")
            except EngineFull:
                await asyncio.sleep(0.05)
            else:
                break
    assert len(viewers) == 2


async def test_livestreams_go_where_the_fewest_viewers_are_then_the_fewest_livestreams(
    start_janus: StartJanus, start_node: StartNode
) -> None:
    node = await start_node(await start_janus(), await start_janus())
    first, second = [await node.engine.open(new_id()) for _number in range(2)]
    assert first.data["url"] != second.data["url"]
    await node.view(first, "viewer")
    for _number in range(2):
        assert (await node.engine.open(new_id())).data["url"] == second.data["url"]


async def test_a_slow_viewer_is_let_go_and_the_others_lose_nothing(
    janus: Janus, start_node: StartNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "JANUS_SLOW_SECONDS", 3.0)
    node = await start_node(janus)
    place = await node.engine.open(new_id())
    await node.publish(place)
    slow, quick = await node.view(place, "slow"), await node.view(place, "quick")
    await slow.until_received("video", 5)
    slow.lose_packets(kept=2, of=10)
    before = quick.frames["video"]
    began_at = asyncio.get_running_loop().time()
    gone = await node.until("viewer_gone", place)
    assert (gone.viewer, gone.reason) == ("slow", "slow")
    passed = asyncio.get_running_loop().time() - began_at
    assert quick.frames["video"] - before > 12 * passed, "15 pictures a second"
    await node.view(place, "slow")


async def _until_full(node: Node, place: Place, *, has_others: bool) -> None:
    """Until this node knows how many viewers others have; about how many it is told, a moment late."""
    async with asyncio.timeout(10):
        while True:
            try:
                await node.engine.view(place, "asking")
            except EngineFull:
                assert has_others
                return
            await node.engine.leave(place, "asking")
            if not has_others:
                return
            await asyncio.sleep(0.05)

"""What becomes of livestreams when a Janus dies or comes back, a connection to it breaks, or a node dies."""

from __future__ import annotations

import asyncio
import time

import pytest

from config import limits
from config.ids import new_id
from realtime.media.engines.interface import EngineUnavailable, Place, PlaceGone
from realtime.media.engines.janus_client import JanusClient
from tests.livestreams.janus.conftest import StartJanus, StartNode, Wire
from tests.support.coturn import free_port
from tests.support.janus import ADMIN_KEY, API_SECRET, Janus


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "JANUS_LOST_SECONDS", 2.0)
    monkeypatch.setattr(limits, "JANUS_TICK_SECONDS", 0.1)


async def test_a_dead_janus_is_told_and_its_livestreams_open_again_at_another(
    start_janus: StartJanus, start_node: StartNode
) -> None:
    one, two = await start_janus(), await start_janus()
    node = await start_node(one, two)
    place = await node.engine.open(new_id())
    await node.publish(place)
    viewer = await node.view(place, "viewer")
    await viewer.until_received("video", 5)
    dead, alive = (one, two) if place.data["url"] == one.url else (two, one)
    await dead.kill()
    await node.until("lost", place, within=10)
    began_at = time.monotonic()
    await node.engine.open(new_id())
    assert time.monotonic() - began_at < 1, "nobody waits for a dead one"
    with pytest.raises(PlaceGone):
        await node.publish(place)
    again = await node.engine.open(new_id())
    assert again.data["url"] == alive.url
    await node.publish(again)
    viewer = await node.view(again, "viewer")
    await viewer.until_received("video", 5)


async def test_a_frozen_janus_is_passed_over(
    start_janus: StartJanus, start_node: StartNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "JANUS_ANSWER_SECONDS", 1.0)
    one, two = await start_janus(), await start_janus()
    node = await start_node(one, two)
    places = [await node.engine.open(new_id()) for _number in range(2)]
    assert {place.data["url"] for place in places} == {one.url, two.url}
    one.freeze()
    assert (await node.engine.open(new_id())).data["url"] == two.url


async def test_a_janus_that_was_started_again_has_lost_its_places_and_takes_new_ones(janus: Janus, start_node: StartNode) -> None:
    node = await start_node(janus)
    place = await node.engine.open(new_id())
    await node.publish(place)
    await node.until("publishing", place)
    await janus.kill()
    await janus.start()
    await node.until("lost", place)
    with pytest.raises(PlaceGone):
        await node.publish(place)
    with pytest.raises(PlaceGone):
        await node.view(place, "viewer")
    again = await node.engine.open(new_id())
    await node.publish(again)
    await node.until("publishing", again)


async def test_a_connection_that_breaks_for_a_moment_costs_nobody_anything(wire: Wire, start_node: StartNode) -> None:
    node = await start_node(wire.url)
    place = await node.engine.open(new_id())
    await node.publish(place)
    viewer = await node.view(place, "viewer")
    await viewer.until_received("video", 5)
    wire.is_open = False
    wire.cut()
    await viewer.until_received("video", 15)
    wire.is_open = True
    second = await node.view(place, "second")
    await second.until_received("video", 5)
    await viewer.until_received("video", 5)
    assert [event.kind for event in node.events] == ["publishing"]


async def test_what_happened_while_a_connection_was_broken_is_found_out(janus: Janus, wire: Wire, start_node: StartNode) -> None:
    node, other = await start_node(wire.url), await start_node(janus)
    place = await node.engine.open(new_id())
    await node.publish(place)
    viewer = await node.view(place, "viewer")
    await viewer.until_received("video", 5)
    wire.is_open = False
    wire.cut()
    await other.publish(_through(janus, place))
    await other.until("publishing", place)
    wire.is_open = True
    await node.until("publisher_gone", place)
    await viewer.until_received("video", 5)


async def test_who_was_away_too_long_has_lost_its_people_and_not_the_place(
    start_janus: StartJanus, start_node: StartNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "JANUS_LOST_SECONDS", 30.0)
    janus = await start_janus(("reclaim_session_timeout", "1"))
    wire = Wire()
    server = await wire.start(janus.port)
    node, other = await start_node(wire.url), await start_node(janus)
    place = await node.engine.open(new_id())
    await node.publish(place)
    viewer = await node.view(place, "viewer")
    await viewer.until_received("video", 5)
    await other.view(_through(janus, place), "another")
    wire.is_open = False
    wire.cut()
    ended = asyncio.Event()
    viewer.pc.on("connectionstatechange", lambda: ended.set() if viewer.pc.connectionState == "closed" else None)
    async with asyncio.timeout(20):
        await ended.wait()
    wire.is_open = True
    await node.until("publisher_gone", place)
    assert (await node.until("viewer_gone", place)).viewer == "viewer"
    await node.publish(place)
    again = await node.view(place, "viewer")
    await again.until_received("video", 5)
    assert not any(event.kind == "lost" for event in node.events + other.events)
    server.close()


async def test_a_node_that_does_not_come_back_leaves_nothing_behind(
    start_janus: StartJanus, start_node: StartNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "JANUS_SWEEP_SECONDS", 0.5)
    janus = await start_janus(("reclaim_session_timeout", "1"))
    wire = Wire()
    server = await wire.start(janus.port)
    node = await start_node(wire.url)
    place = await node.engine.open(new_id())
    await node.publish(place)
    viewer = await node.view(place, "viewer")
    await viewer.until_received("video", 5)
    wire.is_open = False
    wire.cut()
    survivor = await start_node(janus)
    kept = await survivor.engine.open(new_id())
    client = JanusClient(janus.url, api_secret=API_SECRET, on_session=lambda _is_same: None)
    client.start()
    handle = await client.attach(lambda _message: None)
    async with asyncio.timeout(20):
        while True:
            # Janus tells nobody who is not in the room.
            if not (await handle.ask("exists", room=place.data["room"])).data["exists"]:
                break
            await asyncio.sleep(0.1)
    assert (await handle.ask("exists", room=kept.data["room"])).data["exists"]
    await client.close()
    server.close()
    with pytest.raises(PlaceGone):
        await survivor.view(_through(janus, place), "viewer")
    await node.until("lost", place)


async def test_a_janus_that_is_not_there_is_said_so_at_once(start_node: StartNode) -> None:
    node = await start_node(f"ws://127.0.0.1:{free_port()}")
    began_at = time.monotonic()
    with pytest.raises(EngineUnavailable):
        await node.engine.open(new_id())
    assert time.monotonic() - began_at < 4
    assert "nothing listens there" in (await node.engine.check())[0]


async def test_a_wrong_secret_is_unavailable_and_named_by_the_check(janus: Janus, start_node: StartNode) -> None:
    node = await start_node(janus, janus_api_secret="wrong")
    with pytest.raises(EngineUnavailable):
        await node.engine.open(new_id())
    assert "SOULSEER_LIVESTREAMS__JANUS_API_SECRET" in (await node.engine.check())[0]
    assert not any("wrong" in line for line in janus.lines if "secret" not in line)


async def test_a_wrong_admin_key_is_unavailable_and_named_by_the_check(janus: Janus, start_node: StartNode) -> None:
    node = await start_node(janus, janus_admin_key="wrong")
    with pytest.raises(EngineUnavailable):
        await node.engine.open(new_id())
    assert "SOULSEER_LIVESTREAMS__JANUS_ADMIN_KEY" in (await node.engine.check())[0]


async def test_the_check_names_what_is_open_to_everybody(start_janus: StartJanus, start_node: StartNode) -> None:
    open_to_all = await start_janus(("admin_key", '""'))
    well = await start_janus()
    node = await start_node(open_to_all, well)
    found = await node.engine.check()
    assert len(found) == 1
    assert found[0].startswith(open_to_all.url)
    assert "admin_key" in found[0]
    assert ADMIN_KEY not in found[0]


def _through(janus: Janus, place: Place) -> Place:
    """The place as a node knows it that has no wire in between."""
    return Place(place.media_id, "janus", {**place.data, "url": janus.url})

"""What clients see of a reader: the choice, the presence, the live consultation; and being told when it changes."""

from __future__ import annotations

from typing import Any

import pytest

from realtime.reader_status import announce_reader_status
from tests.realtime.conftest import LiveNode, Person
from tests.realtime.raw import RawPeer


@pytest.fixture
async def watcher(node: LiveNode) -> RawPeer:
    peer = await node.peer(await node.person())
    assert (await peer.ask("readers.watch", {"on": True}))["data"] == {"on": True}
    return peer


async def told(watcher: RawPeer, reader: Person) -> str:
    event: dict[str, Any] = await watcher.next_event("reader.status_changed")
    assert event["reader_id"] == str(reader.user_id)
    assert event["at"].endswith("Z")
    return str(event["status"])


async def test_connecting_and_leaving_are_told(node: LiveNode, watcher: RawPeer) -> None:
    reader = await node.person("reader")
    first = await node.peer(reader)
    assert await told(watcher, reader) == "online"
    second = await node.peer(reader)
    await first.leave()
    await node.until(lambda: node.gateway.connection_count == 2)
    await second.leave()
    assert await told(watcher, reader) == "offline"
    assert watcher.events == [], "a second tab changes nothing"


async def test_choices_are_told_as_others_see_them(node: LiveNode, watcher: RawPeer) -> None:
    reader = await node.person("reader", chosen_status="offline")
    peer = await node.peer(reader)
    assert await told(watcher, reader) == "offline"
    for chosen, seen in (("online", "online"), ("away", "away"), ("invisible", "offline"), ("offline", "offline")):
        answer = await peer.ask("reader.set_status", {"status": chosen})
        assert answer["data"] == {"status": chosen, "effective_status": seen}
        assert await told(watcher, reader) == seen


async def test_a_reader_who_is_taken_is_busy(node: LiveNode, watcher: RawPeer) -> None:
    reader, client = await node.person("reader"), await node.person()
    peer = await node.peer(reader)
    assert await told(watcher, reader) == "online"
    async with node.database.transaction() as tx:
        await node.consult(tx, client, reader, status="requested")
        await announce_reader_status(tx, reader.user_id, now=node.live.clock.now())
    assert await told(watcher, reader) == "busy"
    answer = await peer.ask("reader.set_status", {"status": "away"})
    assert answer["data"]["effective_status"] == "busy"
    assert await told(watcher, reader) == "busy"


async def test_who_stops_watching_is_told_nothing_more(node: LiveNode, watcher: RawPeer) -> None:
    await watcher.ask("readers.watch", {"on": False})
    other = await node.peer(await node.person())
    await other.ask("readers.watch", {"on": True})
    reader = await node.person("reader")
    await node.peer(reader)
    assert await told(other, reader) == "online"
    await watcher.ask("test.echo", {"text": "after"})
    assert watcher.events == []


async def test_readers_who_are_not_verified_are_not_told_of(node: LiveNode, watcher: RawPeer) -> None:
    hidden = await node.peer(await node.person("reader", verification="pending"))
    assert (await hidden.ask("reader.set_status", {"status": "away"}))["ok"]
    reader = await node.person("reader")
    await node.peer(reader)
    assert await told(watcher, reader) == "online"


async def test_only_readers_have_a_status(node: LiveNode) -> None:
    peer = await node.peer(await node.person())
    answer = await peer.ask("reader.set_status", {"status": "online"})
    assert answer["error"]["code"] == "auth.forbidden"


@pytest.mark.parametrize("payload", [{}, {"status": "busy"}, {"status": None}, {"status": "ONLINE"}, {"status": "away", "x": 1}])
async def test_a_status_that_cannot_be_chosen_is_refused(node: LiveNode, payload: dict[str, Any]) -> None:
    peer = await node.peer(await node.person("reader"))
    answer = await peer.ask("reader.set_status", payload)
    assert answer["error"]["code"] == "request.invalid"
    assert len(answer["error"]["fields"]) == 1

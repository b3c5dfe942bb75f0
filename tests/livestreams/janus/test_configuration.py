"""The files of config/janus: nothing is open but what must be, and nobody gets anything without our secrets."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import psutil
import pytest

from config.ids import new_id
from realtime.media.engines.janus_client import Handle, JanusClient, JanusRefused
from tests.livestreams.janus.conftest import Node, StartNode
from tests.support.janus import ADMIN_KEY, API_SECRET, CONFIGURATION, Janus


@asynccontextmanager
async def outsider(janus: Janus) -> AsyncIterator[Handle]:
    """Somebody who knows the api_secret, as another application at this Janus does, and nothing else."""
    client = JanusClient(janus.url, api_secret=API_SECRET, on_session=lambda _is_same: None)
    client.start()
    try:
        yield await client.attach(lambda _message: None)
    finally:
        await client.close()


@pytest.fixture
async def node(janus: Janus, start_node: StartNode) -> Node:
    return await start_node(janus)


async def test_it_listens_on_loopback_alone_and_offers_no_administration(janus: Janus) -> None:
    assert janus.process is not None
    listening = [connection for connection in psutil.Process(janus.process.pid).net_connections() if connection.laddr]
    assert [(connection.laddr.ip, connection.laddr.port) for connection in listening] == [("127.0.0.1", janus.port)]
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.ClientError):
            await http.ws_connect(janus.url, protocols=("janus-admin-protocol",), timeout=aiohttp.ClientWSTimeout(ws_close=1))


async def test_it_has_the_video_room_and_nothing_else(janus: Janus) -> None:
    client = JanusClient(janus.url, api_secret=API_SECRET, on_session=lambda _is_same: None)
    client.start()
    info = await client.ask_info()
    await client.close()
    assert list(info["plugins"]) == ["janus.plugin.videoroom"]
    # It listens a moment before it says that it does.
    assert set(info["transports"]) <= {"janus.transport.websockets"}
    assert info["loggers"] == info["events"] == {}
    assert not info["event_handlers"]
    assert not info["full-trickle"]


async def test_nobody_is_heard_without_the_api_secret(janus: Janus) -> None:
    for secret in ({}, {"apisecret": "guessed"}):
        async with aiohttp.ClientSession() as http, http.ws_connect(janus.url, protocols=("janus-protocol",)) as socket:
            await socket.send_json({"janus": "create", "transaction": "1", **secret})
            assert (await socket.receive_json())["error"]["code"] == 403


async def test_rooms_are_made_with_the_admin_key_alone(janus: Janus) -> None:
    async with outsider(janus) as handle:
        for key in ({}, {"admin_key": "guessed"}):
            with pytest.raises(JanusRefused):
                await handle.ask("create", room=4711, **key)
        assert (await handle.ask("create", room=4711, admin_key=ADMIN_KEY)).data["room"] == 4711


async def test_nobody_enters_a_place_sees_it_or_ends_it_without_its_keys(janus: Janus, node: Node) -> None:
    place = await node.engine.open(new_id())
    await node.publish(place)
    await node.until("publishing", place)
    room = place.data["room"]
    async with outsider(janus) as handle:
        assert (await handle.ask("list")).data["list"] == []
        requests: list[tuple[str, dict[str, Any]]] = [
            ("join", {"ptype": "publisher"}),
            ("join", {"ptype": "publisher", "pin": "guessed", "token": "guessed"}),
            ("join", {"ptype": "subscriber", "streams": [{"feed": 1}]}),
            ("join", {"ptype": "subscriber", "pin": "guessed", "streams": [{"feed": 1}]}),
            ("kick", {"id": 1}),
            ("kick", {"id": 1, "secret": "guessed"}),
            ("destroy", {}),
            ("destroy", {"secret": "guessed"}),
            ("edit", {"new_pin": "mine"}),
            ("allowed", {"action": "disable"}),
            ("enable_recording", {"record": True}),
            ("rtp_forward", {"publisher_id": 1, "host": "127.0.0.1", "streams": []}),
        ]
        for request, fields in requests:
            with pytest.raises(JanusRefused) as refused:
                await handle.ask(request, room=room, **fields)
            assert refused.value.code in (429, 433), (request, fields, str(refused.value))
    viewer = await node.view(place, "viewer")
    await viewer.until_received("video", 5)


async def test_publishers_are_asked_to_stay_below_the_bit_rate_that_was_set(janus: Janus, start_node: StartNode) -> None:
    node = await start_node(janus, bitrate_kbps=300)
    place = await node.engine.open(new_id())
    publisher = await node.publish(place)
    assert re.search(r"m=video.*?\r\nb=AS:300\r\n", publisher.answered, re.DOTALL)
    viewer = await node.view(place, "viewer")
    await viewer.until(lambda: len(publisher.bandwidths) > 2)
    assert max(publisher.bandwidths) <= 300_000


async def test_secrets_are_neither_in_what_is_stored_nor_the_same_for_two_places(node: Node) -> None:
    places = [await node.engine.open(new_id()) for _number in range(2)]
    for place in places:
        assert set(place.data) == {"url", "room"}
    assert places[0].data["room"] != places[1].data["room"]


def test_every_secret_of_the_files_must_be_replaced() -> None:
    found = [
        line.strip() for file in CONFIGURATION.glob("*.jcfg") for line in file.read_text().splitlines() if 'CHANGE-ME"' in line
    ]
    assert sorted(line.split(" ")[0] for line in found) == ["admin_key", "admin_secret", "api_secret"]

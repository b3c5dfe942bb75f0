"""Descriptions that ask for what nobody should get of a Janus."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import pytest

from config.ids import new_id
from realtime.media.engines.interface import DescriptionRefused, PlaceGone
from tests.livestreams.engines.peers import TestPublisher, TestViewer
from tests.livestreams.janus.conftest import Node, StartNode
from tests.support.janus import Janus, find_own_address


class Bystander(asyncio.DatagramProtocol):
    """Somebody on the network who has nothing to do with any of this."""

    def __init__(self) -> None:
        self.received: list[bytes] = []

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.received.append(data)


@pytest.fixture
async def node(janus: Janus, start_node: StartNode) -> Node:
    return await start_node(janus)


@pytest.fixture
async def bystander() -> AsyncIterator[tuple[Bystander, int]]:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(Bystander, local_addr=(find_own_address(), 0))
    yield protocol, transport.get_extra_info("sockname")[1]
    transport.close()


async def test_nobody_makes_janus_send_to_an_address_of_their_choice(node: Node, bystander: tuple[Bystander, int]) -> None:
    protocol, port = bystander
    place = await node.engine.open(new_id())
    publisher, viewer = node.invite(TestPublisher()), node.invite(TestViewer())

    def point(sdp: str) -> str:
        pointed = re.sub(r"(a=candidate:.* )\d+( typ host)", rf"\g<1>{port}\g<2>", sdp)
        assert pointed != sdp
        return pointed

    # Neither of them comes themselves: one never learns the answer, the other is cut off.
    await node.engine.publish(place, point(await publisher.offer()))
    answer = await viewer.answer(await node.engine.view(place, "viewer"))
    viewer.vanish()
    await node.engine.answer(place, "viewer", point(answer))
    # Without our care it would be asked many times within that time.
    await asyncio.sleep(2)
    assert protocol.received == []


async def test_rubbish_is_refused_and_changes_nothing(node: Node) -> None:
    place = await node.engine.open(new_id())
    await node.publish(place)
    watching = await node.view(place, "watching")
    offer = await node.invite(TestPublisher()).offer()
    both = await node.invite(TestPublisher(("audio", "video", "video"))).offer()
    for rubbish in (
        "",
        "v=0",
        "v=0\r\n" * 10_000,
        offer.replace("a=ice-ufrag:", "a=x:"),
        offer.replace("a=fingerprint:", "a=x:"),
        offer.replace("sendonly", "recvonly"),
        offer.replace("VP8", "AV1"),
        offer.replace("m=video", "m=application"),
        offer + "a=simulcast:send a;b\r\n",
        both,
    ):
        with pytest.raises(DescriptionRefused):
            await node.engine.publish(place, rubbish)
    await node.engine.view(place, "viewer")
    for rubbish in ("", "v=0", offer, offer.replace("sendonly", "sendrecv"), both.replace("sendonly", "recvonly")):
        with pytest.raises(DescriptionRefused):
            await node.engine.answer(place, "viewer", rubbish)
    await watching.until_received("video", 5)
    assert [event.kind for event in node.events] == ["publishing"]


async def test_nobody_answers_for_another_or_twice(node: Node) -> None:
    place = await node.engine.open(new_id())
    viewer = node.invite(TestViewer())
    answer = await viewer.answer(await node.engine.view(place, "viewer"))
    with pytest.raises(PlaceGone):
        await node.engine.answer(place, "another", answer)
    await node.engine.answer(place, "viewer", answer)
    with pytest.raises(PlaceGone):
        await node.engine.answer(place, "viewer", answer)

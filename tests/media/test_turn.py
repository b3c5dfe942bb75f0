"""Relayed calls where there is no other way: two people who reach only the machine on which coturn runs."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

import pytest

from realtime.media.demonstration.peers import Signal
from tests.media.relays import mint
from tests.media.test_live_peers import ring_and_accept
from tests.support.coturn import Coturn, run_coturn
from tests.support.namespaces import RELAY_ADDRESS, Network, make_network
from tests.support.peer_process import RemotePeer
from tests.support.peers import LivePeer
from tests.support.servers import StartServer

PORTS = (3478, 5349)


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    with make_network() as made:
        yield made


@pytest.fixture(scope="module")
async def coturn(network: Network) -> AsyncIterator[Coturn]:
    async with run_coturn(address=RELAY_ADDRESS, ports=PORTS, prefix=network.within("relay")) as running:
        yield running


@asynccontextmanager
async def pair(
    network: Network, *, client_ice: list[dict[str, Any]], reader_ice: list[dict[str, Any]], **options: Any
) -> AsyncIterator[tuple[RemotePeer, RemotePeer, list[Signal]]]:
    """A peer on either side, their signals carried from one to the other; the list keeps them."""
    queues: list[asyncio.Queue[Signal]] = [asyncio.Queue(), asyncio.Queue()]
    said: list[Signal] = []

    async def carry(queue: asyncio.Queue[Signal], to: RemotePeer) -> None:
        while True:
            said.append(await queue.get())
            await to.receive(said[-1])

    async with AsyncExitStack() as stack:
        peers = []
        for number, (side, ice_servers) in enumerate((("client", client_ice), ("reader", reader_ice))):
            peer = await RemotePeer.open(
                queues[1 - number].put,
                prefix=network.within(side),
                is_polite=side == "client",
                ice_servers=ice_servers,
                **options,
            )
            stack.push_async_callback(peer.close)
            peers.append(peer)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(carry(queue, peer)) for queue, peer in zip(queues, peers, strict=True)]
            yield peers[0], peers[1], said
            for task in tasks:
                task.cancel()


async def media_flow(*peers: RemotePeer) -> None:
    async with asyncio.timeout(20):
        while min([(await peer.read_stats()).packets_received for peer in peers]) < 50:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_two_people_who_reach_only_the_relay_hear_and_see_each_other(
    network: Network, coturn: Coturn, transport: str
) -> None:
    client_ice, reader_ice = mint(coturn, transport), mint(coturn, transport)
    async with pair(network, client_ice=client_ice, reader_ice=reader_ice, relay_only=True) as (client, reader, said):
        await client.call()
        await asyncio.gather(client.wait_for("connected"), reader.wait_for("connected"))
        await media_flow(client, reader)
        assert await client.candidate_types() == await reader.candidate_types() == ("relay", "relay")
        assert {line.split()[7] for line in candidates(said)} == {"relay"}


async def test_without_being_told_to_they_find_the_relay_too(network: Network, coturn: Coturn) -> None:
    async with pair(network, client_ice=mint(coturn), reader_ice=mint(coturn), has_video=False) as (client, reader, _said):
        await client.call()
        await asyncio.gather(client.wait_for("connected"), reader.wait_for("connected"))
        await media_flow(client, reader)
        for peer in (client, reader):
            assert "relay" in await peer.candidate_types()


@pytest.mark.parametrize("credentials", ["none", "expired"])
async def test_without_the_relay_the_same_two_cannot_connect(network: Network, coturn: Coturn, credentials: str) -> None:
    def ice() -> list[dict[str, Any]]:
        return [] if credentials == "none" else mint(coturn, age_seconds=coturn.settings().ttl_seconds + 5)

    async with pair(network, client_ice=ice(), reader_ice=ice(), has_video=False, retries=2) as (client, reader, said):
        await client.call()
        stages = await asyncio.gather(
            client.wait_for("connected", "failed", timeout=60), reader.wait_for("connected", "failed", timeout=60)
        )
        assert stages == ["failed", "failed"]
        assert {line.split()[7] for line in candidates(said)} == {"host"}


async def test_a_consultation_starts_over_a_relay_whose_credentials_the_server_gave(
    network: Network, coturn: Coturn, start_server: StartServer
) -> None:
    server = await start_server(coturn.overrides())
    client_live, reader_live, consultation_id = await ring_and_accept(server, "video")

    def enter(live: Any, side: str) -> Any:
        make_peer = partial(RemotePeer.open, prefix=network.within(side))
        return LivePeer.enter(live, consultation_id, is_polite=side == "client", relay_only=True, make_peer=make_peer)

    async with enter(client_live, "client") as client, enter(reader_live, "reader") as reader:
        started_at = time.monotonic()
        await asyncio.gather(client.peer.call(), reader.peer.call())
        started = (await client_live.next_event("consultation.started", timeout=30))["consultation"]
        assert (started["client_media"], started["reader_media"]) == ("connected", "connected")
        charged = await client_live.next_event("consultation.charged")
        assert charged["amount_minor"] == 599
        await media_flow(client.peer, reader.peer)
        assert await client.peer.candidate_types() == await reader.peer.candidate_types() == ("relay", "relay")
        assert time.monotonic() - started_at < 30


def candidates(said: list[Signal]) -> list[str]:
    """The candidates of all descriptions, as lines of SDP."""
    texts = [signal["description"]["sdp"] for signal in said if signal.get("description")]
    return [line for text in texts for line in text.splitlines() if line.startswith("a=candidate:")]


def test_no_namespace_is_left_behind() -> None:
    with make_network() as made:
        names = {made.client, made.reader, made.relay}
        assert names <= set(os.listdir("/run/netns"))
    assert names & set(os.listdir("/run/netns")) == set()

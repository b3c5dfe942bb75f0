"""The peers that stand in for browsers, before other tests rely on them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from realtime.media.demonstration.peers import PeerStats, Signal
from tests.media.relays import mint
from tests.support.coturn import run_coturn
from tests.support.peers import MediaPeer, only_loopback


@asynccontextmanager
async def pair(ice_servers: list[dict[str, Any]] | None = None, **options: Any) -> AsyncIterator[tuple[MediaPeer, MediaPeer]]:
    """Two peers and two queues between them, each read in order."""
    queues: list[asyncio.Queue[Signal]] = [asyncio.Queue(), asyncio.Queue()]
    with only_loopback():
        peers = [MediaPeer(queues[1 - n].put, is_polite=n == 0, ice_servers=ice_servers or [], **options) for n in range(2)]
        tasks = [asyncio.create_task(deliver(queue, peer)) for queue, peer in zip(queues, peers, strict=True)]
        try:
            yield peers[0], peers[1]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for peer in peers:
                await peer.close()


async def deliver(queue: asyncio.Queue[Signal], peer: MediaPeer) -> None:
    while True:
        await peer.receive(await queue.get())


async def media_flow(*peers: MediaPeer, more_than: int = 20) -> list[PeerStats]:
    """Once every peer has got so many packets."""
    async with asyncio.timeout(20):
        while True:
            stats = [await peer.read_stats() for peer in peers]
            if all(one.packets_received > more_than for one in stats):
                return stats
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("has_video", [True, False])
async def test_two_peers_hear_each_other(has_video: bool) -> None:
    async with pair(has_video=has_video) as (polite, impolite):
        await polite.call()
        assert await impolite.wait_for("connected") == await polite.wait_for("connected")
        await media_flow(polite, impolite)
        assert polite.candidate_types() == ("host", "host")


async def test_offers_that_cross_end_in_one_call() -> None:
    async with pair(has_video=False) as (polite, impolite):
        await asyncio.gather(polite.call(), impolite.call())
        await asyncio.gather(polite.wait_for("connected"), impolite.wait_for("connected"))
        await media_flow(polite, impolite)


async def test_a_peer_that_calls_again_gets_a_new_connection() -> None:
    async with pair(has_video=False) as (polite, impolite):
        await polite.call()
        await asyncio.gather(polite.wait_for("connected"), impolite.wait_for("connected"))
        for caller, other in ((polite, impolite), (impolite, polite)):
            await caller.call()
            assert caller.stage == "new"
            await asyncio.gather(caller.wait_for("connected"), other.wait_for("disconnected", "connecting"))
            await other.wait_for("connected")
            await media_flow(polite, impolite)


async def test_a_silent_peer_is_connected_and_sends_nothing() -> None:
    async with pair(has_video=False) as (polite, impolite):
        await polite.call()
        await asyncio.gather(polite.wait_for("connected"), impolite.wait_for("connected"))
        await media_flow(polite, impolite)
        polite.silence(True)
        await asyncio.sleep(0.2)
        before = (await polite.read_stats()).packets_sent
        await asyncio.sleep(0.5)
        assert (await polite.read_stats()).packets_sent == before
        polite.silence(False)
        await media_flow(impolite, more_than=(await impolite.read_stats()).packets_received + 10)
        assert polite.stage == "connected"


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_peers_meet_in_a_relay(transport: str) -> None:
    async with run_coturn() as coturn:
        async with pair(mint(coturn, transport), relay_only=True, has_video=False) as (polite, impolite):
            await polite.call()
            await asyncio.gather(polite.wait_for("connected"), impolite.wait_for("connected"))
            await media_flow(polite, impolite)
            assert polite.candidate_types() == impolite.candidate_types() == ("relay", "relay")

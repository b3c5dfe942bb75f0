"""A call between two aiortc peers through the product's own server: signalling, relay credentials, reports, the clock."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.support.consultations import add_client, add_reader, go_online
from tests.support.coturn import run_coturn
from tests.support.live import LiveClient
from tests.support.peers import LivePeer, only_loopback
from tests.support.servers import Server, StartServer


async def ring_and_accept(server: Server, type: str) -> tuple[LiveClient, LiveClient, str]:
    """A client's and a reader's connection, and the consultation that the reader has accepted; nobody has joined."""
    reader = await add_reader(server, call=499, video=599)
    client = await add_client(server, balance=5000)
    reader_live, client_live = await go_online(server, reader), await server.connect(client)
    asked: dict[str, Any] = {"reader_id": reader.id, "type": type, "nonce": client_live.nonce()}
    consultation_id: str = (await client_live.command("consultation.request", **asked))["consultation"]["id"]
    await reader_live.command("consultation.accept", consultation_id=consultation_id)
    return client_live, reader_live, consultation_id


@pytest.mark.parametrize("is_relayed", [False, True])
async def test_the_clock_starts_when_both_report_their_media_connected(start_server: StartServer, is_relayed: bool) -> None:
    async with run_coturn() as coturn:
        server = await start_server(coturn.overrides() if is_relayed else None)
        client_live, reader_live, consultation_id = await ring_and_accept(server, "call")
        with only_loopback():
            async with (
                LivePeer.enter(client_live, consultation_id, is_polite=True, has_video=False, relay_only=is_relayed) as client,
                LivePeer.enter(reader_live, consultation_id, is_polite=False, has_video=False, relay_only=is_relayed) as reader,
            ):
                assert not [name for name, _payload in client_live.events if name == "consultation.started"]
                await asyncio.gather(client.peer.call(), reader.peer.call())
                started = await client_live.next_event("consultation.started", timeout=20)
                assert started["consultation"]["client_media"] == started["consultation"]["reader_media"] == "connected"
                await client_live.next_event("consultation.charged")
                kind = "relay" if is_relayed else "host"
                assert client.peer.candidate_types() == reader.peer.candidate_types() == (kind, kind)


async def test_packets_that_stop_stop_the_clock_and_go_on_with_it(start_server: StartServer) -> None:
    server = await start_server()
    client_live, reader_live, consultation_id = await ring_and_accept(server, "call")
    with only_loopback():
        async with (
            LivePeer.enter(client_live, consultation_id, is_polite=True, has_video=False) as client,
            LivePeer.enter(reader_live, consultation_id, is_polite=False, has_video=False) as reader,
        ):
            await client.peer.call()
            await client_live.next_event("consultation.started", timeout=20)
            reader.peer.silence(True)
            client.peer.silence(True)
            paused = await client_live.next_event("consultation.paused", timeout=20)
            assert paused["consultation"]["pause_reason"] == "media"
            reader.peer.silence(False)
            client.peer.silence(False)
            await client_live.next_event("consultation.resumed", timeout=20)

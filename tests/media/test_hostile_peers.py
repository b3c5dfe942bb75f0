"""What a participant who is connected to the relay may make it keep, send and write."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiortc.rtp import RtpPacket

from config import limits
from realtime.media.recording.disk import Disk
from realtime.media.relay.peers import Peer
from realtime.media.relay.rooms import Room
from realtime.recordings.offers import clean_offer
from tests.media.peers import MediaPeer
from tests.media.test_relay import peers as peers
from tests.media.test_relay import running_relay

ADDRESSES = ("10.0.0.5", "127.0.0.1", "169.254.169.254", "203.0.113.9", "fd00::1", "internal.example")


@pytest.fixture
async def answered() -> AsyncIterator[Any]:
    """The transport of a peer in the relay, whose media nobody has connected yet."""
    browser = MediaPeer()
    peer = Peer(on_connected=lambda _: None, on_gone=lambda _: None)
    await peer.answer(await browser.offer(), with_video=True)
    yield next(iter(peer._pc.getTransceivers())).receiver.transport
    await peer.close()
    await browser.close()


async def test_an_offer_tells_the_relay_of_no_address_to_send_to() -> None:
    browser = MediaPeer()
    offer = await browser.offer()
    named = "".join(f"a=candidate:1 1 udp 2130706431 {address} 5432 typ host\r\n" for address in ADDRESSES)
    cleaned = clean_offer(offer + named + "a=remote-candidates:1 10.0.0.5 5432\r\n")
    peer = Peer(on_connected=lambda _: None, on_gone=lambda _: None)
    await peer.answer(cleaned, with_video=True)
    transport = next(iter(peer._pc.getTransceivers())).receiver.transport.transport
    assert transport.getRemoteCandidates() == []
    assert "candidate" not in cleaned
    await peer.close()
    await browser.close()


async def test_who_comes_by_themselves_is_answered(tmp_path: Path, peers: list[MediaPeer]) -> None:
    async with running_relay() as (relay, told):
        await relay.ask("open", room="r", folder=str(tmp_path))
        for side in ("client", "reader"):
            peer = MediaPeer()
            peers.append(peer)
            answer = await relay.ask("connect", room="r", side=side, sdp=clean_offer(await peer.offer()), with_video=True)
            await peer.accept(answer["sdp"])
        await told.until("r", "started")
        await peers[0].until_received("video", 5)


async def test_no_more_streams_are_kept_than_a_person_sends(answered: Any) -> None:
    router = answered._rtp_router
    (payload_type,) = [number for number, receivers in router.payload_type_table.items() if receivers][:1] or [96]
    router.payload_type_table.setdefault(payload_type, {object()})
    for source in range(1, 5_000):
        router.route_rtp(RtpPacket(payload_type=payload_type, ssrc=source))
    assert len(router.ssrc_table) <= limits.RELAY_SOURCES


async def test_no_more_addresses_are_answered_than_a_person_has(answered: Any) -> None:
    connection = answered.transport._connection
    protocol = connection._protocols[0]
    connection.check_start_task = lambda pair: None
    for port in range(1_024, 6_024):
        connection.check_incoming(SimpleNamespace(attributes={"PRIORITY": 1}), ("192.0.2.1", port), protocol)
    assert len(connection._remote_candidates) <= limits.RELAY_ADDRESSES
    assert len(connection._check_list) <= limits.RELAY_ADDRESSES


async def test_a_recording_stops_before_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk()
    file = disk.create(tmp_path / "client.1.0.webm")
    file.write(b"first")
    await disk.settle()
    assert not file.failed
    monkeypatch.setattr(limits, "RECORDING_STOP_FREE_BYTES", shutil.disk_usage(tmp_path).total)
    monkeypatch.setattr(limits, "RECORDING_SYNC_SECONDS", 0.0)
    file.write(b"second")
    await disk.settle()
    assert file.failed
    file.close()
    disk.close()


async def test_coming_and_going_leaves_only_so_many_files(
    tmp_path: Path, peers: list[MediaPeer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "RECORDING_PARTS", 1)
    disk = Disk()
    room = Room(folder=tmp_path, disk=disk, tell=lambda event, fields: None)
    room._next_parts["client"] = 2
    peer = MediaPeer()
    peers.append(peer)
    with pytest.raises(ValueError, match="parts"):
        await room.connect("client", await peer.offer(), with_video=True)
    await room.close()
    disk.close()

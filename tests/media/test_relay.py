"""The relay's process, spoken to as the server does, with two people who have aiortc instead of a browser."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from realtime.media.processes import MediaProcessRefused, MediaProcessUnreachable
from realtime.media.recording.endings import complete_file
from realtime.media.relay.options import RelayOptions
from realtime.media.relay_process import RelayProcess
from tests.media.peers import MediaPeer, measure

# These people send keyframes at their own pace, so that a picture may take as long to begin.
KEYFRAME_SECONDS = 1.2


class Told:
    """What the relay said unasked."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str, Any]] = []
        self._arrived = asyncio.Condition()

    async def take(self, room: str, message: dict[str, Any]) -> None:
        async with self._arrived:
            self.events.append((room, message["event"], message.get("side")))
            self._arrived.notify_all()

    async def until(self, room: str, event: str) -> None:
        async with asyncio.timeout(20), self._arrived:
            await self._arrived.wait_for(lambda: any(told[:2] == (room, event) for told in self.events))


@asynccontextmanager
async def running_relay(rooms_maximum: int = 2, **options: Any) -> AsyncIterator[tuple[RelayProcess, Told]]:
    told = Told()
    relay = RelayProcess(RelayOptions(rooms_maximum=rooms_maximum, **options), told.take)
    try:
        yield relay, told
    finally:
        await relay.close()


@pytest.fixture
async def peers() -> AsyncIterator[list[MediaPeer]]:
    made: list[MediaPeer] = []
    yield made
    await asyncio.gather(*(peer.close() for peer in made))


async def enter(relay: RelayProcess, peers: list[MediaPeer], side: str, *kinds: str, with_video: bool = True) -> MediaPeer:
    peer = MediaPeer(kinds or ("audio", "video"))
    peers.append(peer)
    answer = await relay.ask("connect", room="r", side=side, sdp=await peer.offer(), with_video=with_video)
    await peer.accept(answer["sdp"])
    return peer


def files_of(folder: Path) -> dict[str, Path]:
    """By side and part, as `client.1`."""
    return {".".join(path.name.split(".")[:2]): path for path in folder.iterdir()}


async def test_both_hear_and_see_each_other_and_both_are_recorded(tmp_path: Path, peers: list[MediaPeer]) -> None:
    async with running_relay() as (relay, told):
        await relay.ask("open", room="r", folder=str(tmp_path))
        client, reader = await enter(relay, peers, "client"), await enter(relay, peers, "reader")
        await told.until("r", "started")
        await asyncio.gather(*(peer.until_received(kind, 45) for peer in (client, reader) for kind in ("video", "audio")))
        await relay.ask("close", room="r")
        files = files_of(tmp_path)
        assert set(files) == {"client.1", "reader.1"}
        for path in files.values():
            found = measure(str(path))
            assert 2.5 < found["container"][0] < 15
            assert found["video"][0] == pytest.approx(found["container"][0], abs=0.5)
            assert found["audio"][0] == pytest.approx(found["container"][0], abs=0.5)
            assert found["video"][1] >= 14 * (found["video"][0] - KEYFRAME_SECONDS)


async def begin(relay: RelayProcess, told: Told, peers: list[MediaPeer], folder: Path) -> tuple[MediaPeer, MediaPeer]:
    await relay.ask("open", room="r", folder=str(folder))
    client, reader = await enter(relay, peers, "client"), await enter(relay, peers, "reader")
    await told.until("r", "started")
    return client, reader


async def test_nothing_is_written_while_the_clock_stands_but_packets_pass_by_which_it_goes_on(
    tmp_path: Path, peers: list[MediaPeer]
) -> None:
    async with running_relay() as (relay, told):
        client, reader = await begin(relay, told, peers, tmp_path)
        await asyncio.gather(client.until_received("video", 30), reader.until_received("video", 30))
        await relay.ask("hold", room="r", is_held=True)
        await asyncio.gather(client.until_received("video", 60), reader.until_received("audio", 200))
        await relay.ask("hold", room="r", is_held=False)
        await asyncio.gather(client.until_received("video", 30), reader.until_received("audio", 50))
        await relay.ask("close", room="r")
        for path in files_of(tmp_path).values():
            found = measure(str(path))
            # Four seconds with media; the four in between are in no file.
            assert 3.0 < found["container"][0] < 6.5
            assert found["video"][1] >= 14 * (found["video"][0] - 2 * KEYFRAME_SECONDS)


async def test_a_killed_relay_leaves_files_that_play_but_for_the_last_seconds(tmp_path: Path, peers: list[MediaPeer]) -> None:
    async with running_relay() as (relay, told):
        client, reader = await begin(relay, told, peers, tmp_path)
        await asyncio.gather(client.until_received("video", 60), reader.until_received("video", 60))
        assert relay.process_id is not None
        os.kill(relay.process_id, signal.SIGKILL)
        await told.until("", "lost")
        for path in files_of(tmp_path).values():
            completed = complete_file(path)
            assert completed is not None
            assert completed.seconds > 4.0 - 2.0
            assert completed.byte_size == path.stat().st_size
            found = measure(str(path))
            assert found["container"][0] == pytest.approx(completed.seconds, abs=0.05)
            assert found["video"][0] == pytest.approx(completed.seconds, abs=0.7)
            again = path.read_bytes()
            assert complete_file(path) == completed
            assert path.read_bytes() == again
        await relay.ask("open", room="another", folder=str(tmp_path / "another"))
        assert relay.process_id is not None


async def test_a_server_that_dies_takes_the_relay_along_which_completes_its_files(tmp_path: Path, peers: list[MediaPeer]) -> None:
    async with running_relay() as (relay, told):
        client, reader = await begin(relay, told, peers, tmp_path)
        await asyncio.gather(client.until_received("video", 30), reader.until_received("video", 30))
        # The same that its death does: our end of the socket closes.
        await relay.close()
        assert relay.process_id is None
        assert all(measure(str(path))["container"][0] > 1.5 for path in files_of(tmp_path).values())
        with pytest.raises(MediaProcessUnreachable):
            await relay.ask("open", room="r", folder=str(tmp_path))


async def test_who_connects_again_goes_on_in_a_new_part(tmp_path: Path, peers: list[MediaPeer]) -> None:
    async with running_relay() as (relay, told):
        client, reader = await begin(relay, told, peers, tmp_path)
        await client.until_received("video", 30)
        again = await enter(relay, peers, "reader")
        await asyncio.gather(client.until_received("video", 30), again.until_received("video", 30))
        assert reader is not again
        await relay.ask("close", room="r")
        offsets = {key: int(path.name.split(".")[2]) for key, path in files_of(tmp_path).items()}
        assert set(offsets) == {"client.1", "reader.1", "reader.2"}
        assert offsets["client.1"] < 2500
        assert offsets["reader.1"] < 2500
        first = measure(str(files_of(tmp_path)["reader.1"]))["container"][0]
        assert offsets["reader.2"] >= offsets["reader.1"] + first * 1000 - 100


async def test_a_call_is_recorded_without_pictures_even_where_they_are_offered(tmp_path: Path, peers: list[MediaPeer]) -> None:
    async with running_relay() as (relay, told):
        await relay.ask("open", room="r", folder=str(tmp_path))
        client = await enter(relay, peers, "client", with_video=False)
        reader = await enter(relay, peers, "reader", "audio", with_video=False)
        await told.until("r", "started")
        await asyncio.gather(client.until_received("audio", 150), reader.until_received("audio", 150))
        await relay.ask("close", room="r")
        assert client.received["video"] == 0
        for path in files_of(tmp_path).values():
            found = measure(str(path))
            assert set(found) == {"audio", "container"}
            assert found["audio"][0] == pytest.approx(found["container"][0], abs=0.1)


async def test_lost_packets_are_asked_for_again(tmp_path: Path, peers: list[MediaPeer]) -> None:
    async with running_relay() as (relay, told):
        client, _reader = await begin(relay, told, peers, tmp_path)
        lose_packets(client, every=25)
        await client.until_received("video", 75)
        await relay.ask("close", room="r")
        found = measure(str(files_of(tmp_path)["client.1"]))
        assert found["video"][1] >= 14 * (found["video"][0] - KEYFRAME_SECONDS)


def lose_packets(peer: MediaPeer, *, every: int) -> None:
    """Every so manieth packet that the peer sends never arrives."""
    ice: Any = peer.pc.getTransceivers()[0].sender.transport.transport
    send, counter = ice._send, itertools.count(1)

    async def send_most(data: bytes) -> None:
        if next(counter) % every:
            await send(data)

    ice._send = send_most


async def test_it_takes_no_more_rooms_than_it_was_given(tmp_path: Path) -> None:
    async with running_relay(rooms_maximum=1) as (relay, _told):
        await relay.ask("open", room="first", folder=str(tmp_path))
        await relay.ask("open", room="first", folder=str(tmp_path))
        with pytest.raises(MediaProcessRefused, match="full"):
            await relay.ask("open", room="second", folder=str(tmp_path))
        await relay.ask("close", room="first")
        await relay.ask("open", room="second", folder=str(tmp_path))


@pytest.mark.parametrize(
    "sdp",
    [
        "",
        "v=0",
        "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n",
        "m=" * 5000,
        "v=0\r\no=\r\ns=\r\nt=\r\nm=video x y z\r\n",
        "\x00" * 20,
    ],
)
async def test_an_offer_that_makes_no_sense_is_refused_and_harms_nobody(tmp_path: Path, sdp: str, peers: list[MediaPeer]) -> None:
    async with running_relay() as (relay, _told):
        await relay.ask("open", room="r", folder=str(tmp_path))
        with pytest.raises(MediaProcessRefused, match="description_refused"):
            await relay.ask("connect", room="r", side="client", sdp=sdp, with_video=True)
        assert "a=candidate" in (await enter(relay, peers, "client")).pc.remoteDescription.sdp


async def test_nobody_may_send_what_the_other_would_not_receive(tmp_path: Path, peers: list[MediaPeer]) -> None:
    async with running_relay() as (relay, _told):
        await relay.ask("open", room="r", folder=str(tmp_path))
        peer = MediaPeer()
        peers.append(peer)
        (transceiver,) = [each for each in peer.pc.getTransceivers() if each.kind == "video"]
        transceiver.setCodecPreferences([])
        offer = await peer.offer()
        assert "H264" in offer
        answer = await relay.ask("connect", room="r", side="client", sdp=offer, with_video=True)
        assert "VP8" in answer["sdp"]
        assert "H264" not in answer["sdp"]
        assert "PCMU" not in answer["sdp"]


async def test_media_use_the_ports_and_the_address_that_were_set(tmp_path: Path, peers: list[MediaPeer]) -> None:
    options = {"port_minimum": 42_000, "port_maximum": 42_009, "public_address": "198.51.100.7"}
    async with running_relay(**options) as (relay, _told):
        await relay.ask("open", room="r", folder=str(tmp_path))
        sdp = (await enter(relay, peers, "client")).pc.remoteDescription.sdp
        candidates = re.findall(r"a=candidate:\S+ \d+ udp \d+ (\S+) (\d+) typ host", sdp)
        assert candidates
        assert {address for address, _port in candidates} == {"198.51.100.7"}
        assert all(42_000 <= int(port) <= 42_009 for _address, port in candidates)

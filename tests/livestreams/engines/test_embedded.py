"""What is promised of the embedded engine alone."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from aiortc.rtp import RtpPacket

from config.errors import StartupError
from config.limits import LIVESTREAM_KEYFRAME_SECONDS
from config.settings import load_settings
from realtime.media.engines.embedded import EmbeddedEngine
from realtime.media.engines.interface import EngineFull, RecordingUnsupported
from realtime.media.recording.endings import complete_file
from tests.livestreams.engines.conftest import run_embedded
from tests.livestreams.engines.peers import TestPublisher, TestViewer
from tests.livestreams.engines.test_engines import files_in
from tests.media.peers import measure

FEW_PORTS = {"PORTS": "42100-42104", "VIEWERS_MAXIMUM": "4", "MAXIMUM": "1"}


async def test_keyframes_that_many_want_are_asked_for_once() -> None:
    async with run_embedded() as stage:
        place = await stage.open()
        publisher = await stage.publish(place, TestPublisher(encodes=True))
        await stage.told.until("publishing")
        loop = asyncio.get_running_loop()
        began_at = loop.time()
        viewers = [await stage.view(place, f"viewer {number}") for number in range(12)]
        await asyncio.gather(*(viewer.until_received("video", 1) for viewer in viewers))
        passed = loop.time() - began_at
        assert 1 <= publisher.keyframes_wanted <= passed / LIVESTREAM_KEYFRAME_SECONDS + 2


async def test_a_slow_viewer_gets_keyframes_then_nothing_and_the_others_lose_nothing() -> None:
    """The one who vanishes meanwhile is let go as well."""
    async with run_embedded() as stage:
        place = await stage.open()
        publisher = await stage.publish(place)
        good, slow, dead = await stage.view(place, "good"), await stage.view(place, "slow"), await stage.view(place, "dead")
        await asyncio.gather(*(viewer.until_received("video", 15) for viewer in (good, slow, dead)))
        slow.lose_packets(kept=2, of=5)
        dead.vanish()
        before = good.frames["video"]
        began_at = asyncio.get_running_loop().time()
        assert (await stage.told.until("viewer_gone", viewer="slow")).reason == "slow"
        assert (await stage.told.until("viewer_gone", viewer="dead")).reason == "failed"
        passed = asyncio.get_running_loop().time() - began_at
        assert passed > 10
        assert good.frames["video"] - before >= 15 * (passed - 1.5)
        assert stage.told.count("viewer_gone") == 2
        # Whoever is slow has the publisher send no less to everybody else; a busy machine's own estimate may fall a little.
        assert publisher.bandwidths[-1] > 0.3 * max(publisher.bandwidths[:5])


async def test_who_recovers_sees_everything_again() -> None:
    async with run_embedded() as stage:
        place = await stage.open()
        await stage.publish(place)
        viewer = await stage.view(place)
        await viewer.until_received("video", 15)
        recover = viewer.lose_packets(kept=2, of=5)
        await viewer.until_thinned()
        recover()
        begin = len(viewer.numbers)
        # Fewer would be keyframes alone: as many more as are sent in six seconds, within twenty.
        await viewer.until(lambda: len(viewer.numbers) >= begin + 90, within=20)
        whole = viewer.numbers[begin:]
        assert [(number - whole[0]) & 0xFFFF for number in whole] == list(range(len(whole)))
        assert stage.told.count("viewer_gone") == 0


async def test_what_is_lost_on_the_way_is_sent_again_to_the_relay_and_to_viewers() -> None:
    async with run_embedded() as stage:
        place = await stage.open()
        publisher = await stage.publish(place)
        good, lossy = await stage.view(place, "good"), await stage.view(place, "lossy")
        await asyncio.gather(good.until_received("video", 15), lossy.until_received("video", 15))
        publisher.lose_packets(every=20)
        lossy.lose_packets(kept=9, of=10)
        before = (good.frames["video"], lossy.frames["video"])
        # What was asked for again comes later, so that the last few pictures may be missing.
        await good.until_received("video", 120)
        await lossy.until(lambda: lossy.frames["video"] - before[1] >= 110)
        assert good.frames["video"] - before[0] <= 200


async def test_a_publisher_is_asked_to_stay_below_the_bit_rate_that_was_set() -> None:
    async with run_embedded(BITRATE_KBPS="300") as stage:
        place = await stage.open()
        publisher = await stage.publish(place)
        viewer = await stage.view(place)
        await viewer.until_received("video", 30)
        await viewer.until(lambda: len(publisher.bandwidths) > 2)
        assert max(publisher.bandwidths) <= 300_000
        assert re.search(r"m=video.*?\r\nb=AS:300\r\n", publisher.answered, re.DOTALL)


async def test_who_sends_far_more_than_they_were_asked_to_is_let_go() -> None:
    async with run_embedded(BITRATE_KBPS="100") as stage:
        place = await stage.open()
        publisher = await stage.publish(place)
        await stage.told.until("publishing")
        sender = publisher.pc.getTransceivers()[1].sender
        for number in range(4_000):
            packet = RtpPacket(payload_type=97, sequence_number=number, ssrc=4711, payload=b"\x10" + bytes(1_200))
            with suppress(ConnectionError):
                await sender.transport._send_rtp(packet.serialize())
            if number % 50 == 0:
                await asyncio.sleep(0)
        await stage.told.until("publisher_gone")


async def test_no_candidate_makes_it_send_anything_anywhere() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trap:
        trap.bind(("127.0.0.1", 0))
        trap.setblocking(False)
        line = f"a=candidate:1 1 udp 2130706431 127.0.0.1 {trap.getsockname()[1]} typ host\r\n"
        async with run_embedded() as stage:
            place = await stage.open()
            publisher, viewer = TestPublisher(), TestViewer()
            stage.publishers.append(publisher)
            stage.viewers.append(viewer)
            await publisher.accept(await stage.engine.publish(place, await publisher.offer() + line))
            await stage.engine.answer(place, "viewer", await viewer.answer(await stage.engine.view(place, "viewer")) + line)
            await viewer.until_received("video", 15)
        with pytest.raises(BlockingIOError):
            trap.recv(1)


async def test_h264_is_passed_on_where_it_was_chosen_and_not_recorded(tmp_path: Path) -> None:
    async with run_embedded(CODEC="h264") as stage:
        place = await stage.open()
        await stage.publish(place, TestPublisher(encodes=True, codecs=["h264"]))
        early = await stage.view(place, "early")
        await early.until_received("video", 30)
        late = await stage.view(place, "late")
        await late.until_received("video", 30)
        with pytest.raises(RecordingUnsupported):
            await stage.engine.record(place, str(tmp_path))


async def test_who_would_rather_send_another_codec_sends_the_one_that_all_viewers_know() -> None:
    async with run_embedded() as stage:
        place = await stage.open()
        publisher = await stage.publish(place, TestPublisher(encodes=True, codecs=["h264", "vp8"]))
        viewer = await stage.view(place)
        await viewer.until_received("video", 15)
        assert "H264" not in publisher.answered


async def test_there_is_room_for_so_many_livestreams() -> None:
    async with run_embedded(MAXIMUM="1") as stage:
        place = await stage.open()
        with pytest.raises(EngineFull):
            await stage.open()
        await stage.engine.close(place)
        await stage.open()


async def test_media_use_the_ports_and_the_address_that_were_set() -> None:
    async with run_embedded(**FEW_PORTS, PUBLIC_ADDRESS="198.51.100.7") as stage:
        place = await stage.open()
        publisher = TestPublisher()
        stage.publishers.append(publisher)
        described = await stage.engine.view(place, "viewer") + await stage.engine.publish(place, await publisher.offer())
        candidates = re.findall(r"a=candidate:\S+ \d+ udp \d+ (\S+) (\d+) typ host", described)
        assert {address for address, _port in candidates} == {"198.51.100.7"}
        assert all(42_100 <= int(port) <= 42_104 for _address, port in candidates)


async def test_who_finds_no_port_left_is_told_that_it_is_full() -> None:
    with ExitStack() as stack:
        for port in range(42_100, 42_104):
            other = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            other.bind(("127.0.0.1", port))
        async with run_embedded(**FEW_PORTS, ADDRESSES="127.0.0.1") as stage:
            place = await stage.open()
            await stage.engine.view(place, "first")
            with pytest.raises(EngineFull):
                await stage.engine.view(place, "second")
            await stage.engine.leave(place, "first")
            await stage.engine.view(place, "second")


def test_every_viewer_needs_a_port_of_the_range() -> None:
    with pytest.raises(StartupError, match="LIVESTREAMS__PORTS"):
        load_settings(environment={"SOULSEER_LIVESTREAMS__PORTS": "42100-42109"}, env_file=None)


async def test_check_names_ports_that_cannot_be_opened() -> None:
    async with run_embedded(ADDRESSES="192.0.2.77") as stage:
        (problem,) = await stage.engine.check()
        assert "LIVESTREAMS__ADDRESSES" in problem


async def test_a_recording_that_a_crash_cut_off_plays_once_it_is_completed_and_goes_on_in_the_next_part(tmp_path: Path) -> None:
    async with run_embedded() as stage:
        place = await stage.open()
        await stage.publish(place)
        await stage.engine.record(place, str(tmp_path))
        viewer = await stage.view(place)
        await viewer.until_received("video", 60)
        stage.kill()
        await stage.told.until("lost")
        (path,) = files_in(tmp_path)
        completed = complete_file(path)
        assert completed is not None
        assert measure(str(path))["container"][0] == pytest.approx(completed.seconds, abs=0.05)
        again = await stage.open()
        await stage.engine.record(again, str(tmp_path))
        await stage.publish(again)
        other = await stage.view(again, "other")
        await other.until_received("video", 30)
        await stage.engine.close(again)
        assert [path.name.split(".")[1] for path in files_in(tmp_path)] == ["1", "2"]


async def test_the_process_ends_with_its_server() -> None:
    async with run_embedded() as stage:
        await stage.open()
        assert isinstance(stage.engine, EmbeddedEngine)
        process_id = stage.engine.process_id
        assert process_id is not None
        await stage.engine.shut_down()
        with pytest.raises(ProcessLookupError):
            os.kill(process_id, signal.SIG_DFL)

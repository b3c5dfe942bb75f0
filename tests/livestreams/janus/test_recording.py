"""A livestream that a Janus carries, written by this server's own process."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import psutil
import pytest

from config import limits
from config.ids import new_id
from realtime.media.engines.interface import RecordingUnsupported
from realtime.media.recording.endings import complete_file
from tests.livestreams.janus.conftest import Node, StartNode
from tests.media.peers import measure
from tests.support.janus import Janus


@pytest.fixture
async def node(janus: Janus, start_node: StartNode) -> Node:
    return await start_node(janus, viewers_maximum=1)


async def test_each_publisher_is_a_part_that_tells_when_it_began(node: Node, tmp_path: Path) -> None:
    folder = tmp_path / "recording"
    place = await node.engine.open(new_id())
    await node.engine.record(place, str(folder))
    began_at = time.time()
    publisher = await node.publish(place)
    viewer = await node.view(place, "viewer")
    await viewer.until_received("video", 30)
    await publisher.close()
    await node.until("publisher_gone", place)
    await node.publish(place, kinds=("audio",))
    await viewer.until_received("audio", 75)
    await node.engine.stop_recording(place)
    first, second = sorted(folder.iterdir())
    side, part, milliseconds, _suffix = first.name.split(".")
    assert (side, part, second.name.split(".")[1]) == ("publisher", "1", "2")
    assert abs(int(milliseconds) / 1000 - began_at) < 3
    assert measure(first)["video"][1] >= 20
    assert measure(first)["audio"][0] > 1
    assert "video" not in measure(second)
    assert measure(second)["audio"][0] > 1


def _media_processes() -> set[psutil.Process]:
    """Those of this process's engines, whichever test's they are."""
    return {child for child in psutil.Process().children() if "realtime.media.broadcast" in child.cmdline()}


async def test_a_recording_goes_on_after_its_process_was_killed(node: Node, tmp_path: Path) -> None:
    folder = tmp_path / "recording"
    place = await node.engine.open(new_id())
    await node.publish(place)
    viewer = await node.view(place, "viewer")
    others = _media_processes()
    await node.engine.record(place, str(folder))
    await viewer.until_received("video", 45)
    (process,) = _media_processes() - others
    process.kill()
    async with asyncio.timeout(30):
        while not list(folder.glob("publisher.2.*.webm")):
            await viewer.until_received("video", 1)
    await viewer.until_received("video", 30)
    await node.engine.close(place)
    first, second = sorted(folder.iterdir())
    complete_file(first)
    assert measure(first)["video"][0] > 0.5
    assert measure(second)["video"][0] > 0.5
    assert not node.events[1:], "nobody who watches is told"


async def test_a_recording_is_complete_when_its_janus_was_lost(
    janus: Janus, node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "JANUS_LOST_SECONDS", 1.0)
    folder = tmp_path / "recording"
    place = await node.engine.open(new_id())
    await node.publish(place)
    viewer = await node.view(place, "viewer")
    await node.engine.record(place, str(folder))
    await viewer.until_received("video", 45)
    await janus.kill()
    await node.until("lost", place)
    await node.engine.stop_recording(place)
    (file,) = folder.iterdir()
    before = file.read_bytes()
    complete_file(file)
    assert file.read_bytes() == before
    assert measure(file)["video"][0] > 1


async def test_what_webm_does_not_hold_is_not_recorded(janus: Janus, start_node: StartNode, tmp_path: Path) -> None:
    node = await start_node(janus, codec="h264")
    place = await node.engine.open(new_id())
    with pytest.raises(RecordingUnsupported):
        await node.engine.record(place, str(tmp_path))
    offer = await node.engine.view(place, "viewer")
    assert "H264/90000" in offer
    assert "VP8" not in offer

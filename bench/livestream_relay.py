"""What a livestream's viewer costs: CPU of the process that carries it, with one publisher and many who watch.

Ours passes packets on; beside it Janus's VideoRoom (needs Debian's `janus`), which does the same in C, and aiortc's MediaRelay,
which decodes once and encodes for each viewer (`plain_relay.py`), with as many viewers as it can take. In turns, the same media.

python -m bench.livestream_relay [--viewers 50] [--plain-viewers 5] [--seconds 15] [--rounds 3]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription

from bench.processes import cores, stay_on_load_core
from bench.recorded_media import LoopTrack, encoded
from config.ids import new_id
from config.logging import configure_logging
from config.settings import load_settings
from realtime.media.engines.choice import make_engine
from realtime.media.engines.embedded import EmbeddedEngine
from realtime.media.engines.interface import MediaEngine
from realtime.media.processes import MediaProcess
from realtime.media.relay.options import NetworkOptions
from tests.support.janus import janus_overrides, run_janus

OURS, JANUS, PLAIN = "SoulSeer", "Janus", "MediaRelay"
PICTURES_A_SECOND = 24
_SETTLE_SECONDS = 4


@dataclass
class Place:
    """Where one side carries the livestream: the process that is measured, and how to get in."""

    process_id: int
    publish: Callable[[str], Awaitable[str]]
    view: Callable[[str], Awaitable[str]]
    answer: Callable[[str, str], Awaitable[Any]]


@dataclass
class Side:
    name: str
    run: Callable[[int], AbstractAsyncContextManager[Place]]
    viewers: int
    # Of each round: the share of one core, CPU microseconds for each packet that arrived, the fewest pictures a second.
    shares: list[float] = field(default_factory=list)
    microseconds: list[float] = field(default_factory=list)
    pictures: list[float] = field(default_factory=list)

    @property
    def share(self) -> float:
        return statistics.median(self.shares)

    @property
    def per_viewer(self) -> float:
        return self.share / self.viewers


async def _ignore(_event: Any) -> None:
    return None


async def _open(engine: MediaEngine, process_id: Callable[[], int]) -> Place:
    place = await engine.open(new_id())
    return Place(
        process_id(),
        lambda sdp: engine.publish(place, sdp),
        lambda viewer: engine.view(place, viewer),
        lambda viewer, sdp: engine.answer(place, viewer, sdp),
    )


@asynccontextmanager
async def _ours(viewers: int) -> AsyncIterator[Place]:
    overrides = {"livestreams": {"viewers_maximum": viewers}, "server": {"log_level": "error"}}
    engine = make_engine(load_settings(overrides=overrides, environment={}, env_file=None), _ignore)
    assert isinstance(engine, EmbeddedEngine)

    def find_process_id() -> int:
        assert isinstance(engine, EmbeddedEngine)
        assert engine.process_id is not None
        os.sched_setaffinity(engine.process_id, {cores()[0]})
        return engine.process_id

    try:
        yield await _open(engine, find_process_id)
    finally:
        await engine.shut_down()


@asynccontextmanager
async def _janus(viewers: int) -> AsyncIterator[Place]:
    with tempfile.TemporaryDirectory(prefix="soulseer-bench-") as folder:
        async with run_janus(Path(folder) / "janus", prefix=("taskset", "-c", str(cores()[0]))) as janus:
            settings = load_settings(overrides=janus_overrides(janus, viewers_maximum=viewers), environment={}, env_file=None)
            engine = make_engine(settings, _ignore)

            def find_process_id() -> int:
                assert janus.process is not None
                return janus.process.pid

            try:
                yield await _open(engine, find_process_id)
            finally:
                await engine.shut_down()


@asynccontextmanager
async def _plain(viewers: int) -> AsyncIterator[Place]:
    process = MediaProcess("bench.plain_relay", NetworkOptions(log_level="error").model_dump_json(), _ignore)

    async def ask(action: str, **fields: Any) -> str:
        return str((await process.ask(action, **fields)).get("sdp"))

    async def publish(sdp: str) -> str:
        answer = await ask("publish", sdp=sdp)
        assert process.process_id is not None
        os.sched_setaffinity(process.process_id, {cores()[0]})
        place.process_id = process.process_id
        return answer

    place = Place(
        0, publish, lambda viewer: ask("view", viewer=viewer), lambda viewer, sdp: ask("answer", viewer=viewer, sdp=sdp)
    )
    try:
        yield place
    finally:
        await process.close()


@asynccontextmanager
async def _publisher(place: Place) -> AsyncIterator[None]:
    """Nothing is encoded: packets made before."""
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
    for kind in ("audio", "video"):
        transceiver = pc.addTransceiver(LoopTrack(kind), direction="sendonly")
        if kind == "video":
            names = ("video/vp8", "video/rtx")
            codecs = [codec for codec in RTCRtpSender.getCapabilities("video").codecs if codec.mimeType.lower() in names]
            transceiver.setCodecPreferences(codecs)
    await pc.setLocalDescription(await pc.createOffer())
    answer = await place.publish(pc.localDescription.sdp)
    await pc.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))
    try:
        yield
    finally:
        await pc.close()


async def _measure_one(side: Side, seconds: float) -> None:
    watching = MediaProcess("bench.livestream_viewers", NetworkOptions(log_level="error").model_dump_json(), _ignore)
    async with side.run(side.viewers) as place, _publisher(place):
        await asyncio.sleep(2)
        for number in range(side.viewers):
            answer = (await watching.ask("join", sdp=await place.view(f"viewer {number}")))["sdp"]
            await place.answer(f"viewer {number}", answer)
        await asyncio.sleep(_SETTLE_SECONDS)
        process, loop = psutil.Process(place.process_id), asyncio.get_running_loop()
        before, counted, began_at = process.cpu_times(), await watching.ask("count"), loop.time()
        await asyncio.sleep(seconds)
        after, count, passed = process.cpu_times(), await watching.ask("count"), loop.time() - began_at
        spent = after.user + after.system - before.user - before.system
        side.shares.append(spent / passed)
        side.microseconds.append(spent * 1e6 / (sum(count["packets"]) - sum(counted["packets"])))
        pictures = zip(count["pictures"], counted["pictures"], strict=True)
        side.pictures.append(min(now - then for now, then in pictures) / passed)
        await watching.close()


async def measure(*, viewers: int, plain_viewers: int, seconds: float, rounds: int) -> list[Side]:
    """Ours, Janus, MediaRelay."""
    for kind in ("audio", "video"):
        encoded(kind)
    sides = [Side(OURS, _ours, viewers), Side(JANUS, _janus, viewers), Side(PLAIN, _plain, plain_viewers)]
    for _ in range(rounds):
        for side in sides:
            await _measure_one(side, seconds)
    return sides


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--viewers", type=int, default=50)
    parser.add_argument("--plain-viewers", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    stay_on_load_core()
    sides = asyncio.run(
        measure(viewers=options.viewers, plain_viewers=options.plain_viewers, seconds=options.seconds, rounds=options.rounds)
    )
    for side in sides:
        print(
            f"{side.name:<12}{side.viewers:>4} viewers  {side.share:6.1%} of a core  {side.per_viewer:6.2%} each  "
            f"{statistics.median(side.microseconds):6.1f} µs a packet  {min(side.pictures):5.1f} pictures a second at least"
        )
    ours, janus, plain = (statistics.median(side.microseconds) for side in sides)
    print(f"each packet: {ours / janus:.2f} times as dear as Janus, MediaRelay {plain / ours:.0f} times as dear as ours")


if __name__ == "__main__":
    configure_logging(level="error", readable=True)
    main()

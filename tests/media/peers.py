"""People with aiortc instead of a browser: they send what was encoded before the test, and count what they get."""

from __future__ import annotations

import array
import asyncio
import fractions
import functools
import io
import math
from collections.abc import Sequence
from typing import Any

import av
from aiortc import MediaStreamTrack, RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

RATES = {"audio": 48_000, "video": 90_000}
PATIENCE_SECONDS = 15.0


@functools.cache
def encoded(kind: str) -> list[tuple[float, bytes, bool]]:
    """Two seconds of 160×120 VP8 at 15 pictures a second, a keyframe each second, or of Opus: (seconds, data, keyframe)."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="webm") as container:
        if kind == "video":
            stream: Any = container.add_stream("libvpx", rate=15, options={"g": "15", "deadline": "realtime", "cpu-used": "8"})
            stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 160, 120, "yuv420p", 150_000
            for index in range(30):
                picture = av.VideoFrame(160, 120, "yuv420p")
                for plane in picture.planes:
                    plane.update(bytes([8 * index]) * plane.buffer_size)
                container.mux(stream.encode(picture))
        else:
            stream = container.add_stream("libopus", rate=48_000)
            for index in range(100):
                samples = (round(8_000 * math.sin(2 * math.pi * 440 * (index * 960 + n) / 48_000)) for n in range(960))
                frame = av.AudioFrame(format="s16", layout="stereo", samples=960)
                frame.planes[0].update(array.array("h", (value for sample in samples for value in (sample, sample))).tobytes())
                frame.sample_rate, frame.pts = 48_000, index * 960
                container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    buffer.seek(0)
    with av.open(buffer) as container:
        return [
            (float(packet.pts * packet.time_base), bytes(packet), packet.is_keyframe)
            for packet in container.demux()
            if packet.size and packet.pts is not None and packet.time_base is not None
        ]


class LoopTrack(MediaStreamTrack):
    """What `encoded` made, again and again in real time, without encoding anything."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self._packets = encoded(kind)
        self._time_base = fractions.Fraction(1, RATES[kind])
        self._index, self._base = 0, 0.0
        self._began_at: float | None = None

    async def recv(self) -> Any:
        if self.readyState != "live":
            raise MediaStreamError
        loop = asyncio.get_running_loop()
        if self._began_at is None:
            self._began_at = loop.time()
        seconds, data, is_keyframe = self._packets[self._index]
        seconds += self._base
        await asyncio.sleep(max(0.0, self._began_at + seconds - loop.time()))
        self._index += 1
        if self._index == len(self._packets):
            self._index, self._base = 0, self._base + 2.0
        packet = av.Packet(data)
        packet.pts, packet.time_base, packet.is_keyframe = round(seconds / self._time_base), self._time_base, is_keyframe
        return packet


class MediaPeer:
    """One participant's side of a connection to the relay."""

    def __init__(self, kinds: Sequence[str] = ("audio", "video")) -> None:
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self.received = {"audio": 0, "video": 0}
        self._draining: list[asyncio.Task[None]] = []
        self._arrived = asyncio.Event()
        self.pc.on("track", self._drain)
        for kind in kinds:
            transceiver = self.pc.addTransceiver(LoopTrack(kind), direction="sendrecv")
            if kind == "video":
                names = ("video/vp8", "video/rtx")
                codecs = [c for c in RTCRtpSender.getCapabilities("video").codecs if c.mimeType.lower() in names]
                transceiver.setCodecPreferences(codecs)

    async def offer(self) -> str:
        await self.pc.setLocalDescription(await self.pc.createOffer())
        return str(self.pc.localDescription.sdp)

    async def accept(self, sdp: str) -> None:
        await self.pc.setRemoteDescription(RTCSessionDescription(sdp=sdp, type="answer"))

    async def until_received(self, kind: str, count: int, *, within: float = PATIENCE_SECONDS) -> None:
        """`count` decoded frames more than now."""
        wanted = self.received[kind] + count
        async with asyncio.timeout(within):
            while self.received[kind] < wanted:
                self._arrived.clear()
                await self._arrived.wait()

    async def close(self) -> None:
        for task in self._draining:
            task.cancel()
        await self.pc.close()

    def _drain(self, track: MediaStreamTrack) -> None:
        async def drain() -> None:
            try:
                while True:
                    await track.recv()
                    self.received[track.kind] += 1
                    self._arrived.set()
            except MediaStreamError:
                return

        self._draining.append(asyncio.ensure_future(drain()))


def measure(path: Any) -> dict[str, tuple[float, int]]:
    """What a player makes of a file: for each kind the seconds it lasts and how many frames could be decoded."""
    found: dict[str, tuple[float, int]] = {}
    with av.open(path) as container:
        for stream in container.streams:
            container.seek(0)
            frames = [frame for frame in container.decode(stream) if frame.time is not None]
            last = frames[-1].time if frames else 0.0
            assert last is not None
            found[stream.type] = (last, len(frames))
        if container.duration is not None:
            found["container"] = (container.duration / 1_000_000, 0)
    return found

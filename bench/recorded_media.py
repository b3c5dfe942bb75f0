"""Two people whose video is recorded: what they send, 640×360 at 24 pictures a second and Opus, was encoded before."""

from __future__ import annotations

import asyncio
import fractions
import functools
import io
import os
from typing import Any

import av
from aiortc import MediaStreamTrack, RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

SECONDS = 4
_RATES = {"audio": 48_000, "video": 90_000}


@functools.cache
def encoded(kind: str) -> list[tuple[float, bytes, bool]]:
    """(seconds, data, keyframe) of SECONDS seconds, about 600 kbit/s of pictures."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="webm") as container:
        if kind == "video":
            options = {"g": "48", "deadline": "realtime", "cpu-used": "8"}
            stream: Any = container.add_stream("libvpx", rate=24, options=options)
            stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 640, 360, "yuv420p", 600_000
            for _ in range(24 * SECONDS):
                picture = av.VideoFrame(640, 360, "yuv420p")
                for plane in picture.planes:
                    # Noise in a corner moves enough to fill the bit rate.
                    noise = os.urandom(plane.buffer_size // 16)
                    plane.update(noise + bytes([128]) * (plane.buffer_size - len(noise)))
                container.mux(stream.encode(picture))
        else:
            stream = container.add_stream("libopus", rate=48_000)
            for index in range(50 * SECONDS):
                frame = av.AudioFrame(format="s16", layout="stereo", samples=960)
                frame.planes[0].update(os.urandom(960 * 4))
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
    """What `encoded` made, again and again in real time."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self._packets = encoded(kind)
        self._time_base = fractions.Fraction(1, _RATES[kind])
        self._index, self._base = 0, 0.0
        self._began_at: float | None = None

    async def recv(self) -> Any:
        if self.readyState != "live":
            raise MediaStreamError
        loop = asyncio.get_running_loop()
        self._began_at = loop.time() if self._began_at is None else self._began_at
        seconds, data, is_keyframe = self._packets[self._index]
        seconds += self._base
        await asyncio.sleep(max(0.0, self._began_at + seconds - loop.time()))
        self._index += 1
        if self._index == len(self._packets):
            self._index, self._base = 0, self._base + SECONDS
        packet = av.Packet(data)
        packet.pts, packet.time_base, packet.is_keyframe = round(seconds / self._time_base), self._time_base, is_keyframe
        return packet


class Person:
    """Sends, and takes what comes, which the library decodes in this process as a browser would in its own."""

    def __init__(self) -> None:
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        for kind in ("audio", "video"):
            transceiver = self._pc.addTransceiver(LoopTrack(kind), direction="sendrecv")
            if kind == "video":
                names = ("video/vp8", "video/rtx")
                codecs = [c for c in RTCRtpSender.getCapabilities("video").codecs if c.mimeType.lower() in names]
                transceiver.setCodecPreferences(codecs)

    async def offer(self) -> str:
        await self._pc.setLocalDescription(await self._pc.createOffer())
        return str(self._pc.localDescription.sdp)

    async def accept(self, sdp: str) -> None:
        await self._pc.setRemoteDescription(RTCSessionDescription(sdp=sdp, type="answer"))

    async def close(self) -> None:
        await self._pc.close()

"""Who publishes and who watches, with aiortc instead of a browser; what is published was encoded before the test."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from typing import Any

from aiortc import MediaStreamTrack, RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from aiortc.rtp import RTCP_PSFB_APP, RtcpPsfbPacket, RtpPacket, unpack_remb_fci

from config.media_settings import VideoCodec
from realtime.media.broadcast.codecs import choose_codecs
from tests.media.peers import PATIENCE_SECONDS, LoopTrack, encoded
from tests.support.peers import Picture

# Payload types wherever aiortc makes the offer; Janus keeps to what its publisher offered.
_OPUS, _PICTURE = 96, 97


def make_connection() -> RTCPeerConnection:
    return RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))


class TestPublisher:
    """Sends what `LoopTrack` has: 15 pictures a second, a keyframe each second whether anybody asks or not.

    One that `encodes` sends `Picture` instead, 30 a second and a keyframe at the beginning and when it is asked for one.
    """

    __test__ = False

    def __init__(
        self,
        kinds: Sequence[str] = ("audio", "video"),
        *,
        direction: str = "sendonly",
        encodes: bool = False,
        codecs: Sequence[VideoCodec] = ("vp8",),
    ) -> None:
        self.pc = make_connection()
        self.keyframes_wanted = 0
        self.bandwidths: list[int] = []
        self.answered = ""
        for kind in kinds:
            track = Picture() if encodes and kind == "video" else LoopTrack(kind)
            transceiver = self.pc.addTransceiver(track, direction=direction)
            if kind == "video":
                transceiver.setCodecPreferences([each for codec in codecs for each in choose_codecs("video", codec)])
                self._watch(transceiver.sender)

    async def offer(self) -> str:
        await self.pc.setLocalDescription(await self.pc.createOffer())
        return str(self.pc.localDescription.sdp)

    async def accept(self, sdp: str) -> None:
        self.answered = sdp
        await self.pc.setRemoteDescription(RTCSessionDescription(sdp=sdp, type="answer"))

    def lose_packets(self, *, every: int) -> None:
        """Every so manieth packet that is sent never arrives."""
        ice: Any = self.pc.getTransceivers()[0].sender.transport.transport
        send, counter = ice._send, itertools.count(1)

        async def send_most(data: bytes) -> None:
            if next(counter) % every:
                await send(data)

        ice._send = send_most

    def vanish(self) -> None:
        """As a machine whose network is cut off: nothing is said any more, not even good-bye."""
        silence(self.pc)

    async def close(self) -> None:
        await self.pc.close()

    def _watch(self, sender: Any) -> None:
        send_keyframe, handle = sender._send_keyframe, sender._handle_rtcp_packet

        def count() -> None:
            self.keyframes_wanted += 1
            send_keyframe()

        async def note(packet: Any) -> None:
            if isinstance(packet, RtcpPsfbPacket) and packet.fmt == RTCP_PSFB_APP:
                self.bandwidths.append(unpack_remb_fci(packet.fci)[0])
            await handle(packet)

        sender._send_keyframe, sender._handle_rtcp_packet = count, note


class TestViewer:
    """Decodes what it gets, as a browser would."""

    __test__ = False

    def __init__(self) -> None:
        self.pc = make_connection()
        self.frames = {"audio": 0, "video": 0}
        self.pictures: list[Any] = []
        # Sequence numbers of packets of the picture, as they came, without what was sent again (embedded engine only).
        self.numbers: list[int] = []
        self._is_lost = lambda: False
        self._arrived = asyncio.Event()
        self._draining: list[asyncio.Task[None]] = []
        self.pc.on("track", self._drain)

    async def answer(self, offer: str) -> str:
        await self.pc.setRemoteDescription(RTCSessionDescription(sdp=offer, type="offer"))
        self._watch()
        await self.pc.setLocalDescription(await self.pc.createAnswer())
        return str(self.pc.localDescription.sdp)

    async def until(self, is_so: Callable[[], bool], *, within: float = PATIENCE_SECONDS) -> None:
        """Asked again with each frame that arrives."""
        async with asyncio.timeout(within):
            while not is_so():
                self._arrived.clear()
                await self._arrived.wait()

    async def until_received(self, kind: str, count: int, *, within: float = PATIENCE_SECONDS) -> None:
        """`count` decoded frames more than now."""
        wanted = self.frames[kind] + count
        await self.until(lambda: self.frames[kind] >= wanted, within=within)

    async def until_thinned(self) -> None:
        """Until fewer than four packets with pictures come a second; the sound is the clock, fifty pieces a second."""
        async with asyncio.timeout(2 * PATIENCE_SECONDS):
            while True:
                before = len(self.numbers)
                await self.until_received("audio", 100)
                if len(self.numbers) - before < 8:
                    return

    def lose_packets(self, *, kept: int, of: int) -> Callable[[], None]:
        """From now on only so many of so many packets of the picture arrive, until the function is called that is returned."""
        counter = itertools.count()
        self._is_lost = lambda: next(counter) % of >= kept

        def recover() -> None:
            self._is_lost = lambda: False

        return recover

    def _watch(self) -> None:
        transport: Any = self.pc.getTransceivers()[0].receiver.transport
        handle = transport._handle_rtp_data

        async def note(data: bytes, arrival_time_ms: int) -> None:
            payload_type = data[1] & 0x7F
            if payload_type != _OPUS and self._is_lost():
                return
            if payload_type == _PICTURE:
                self.numbers.append(int.from_bytes(data[2:4], "big"))
                self._arrived.set()
            await handle(data, arrival_time_ms)

        transport._handle_rtp_data = note

    async def send_anyway(self) -> None:
        """Packets as a publisher has them, through the connection by which it was to receive."""
        transport: Any = self.pc.getTransceivers()[0].receiver.transport
        for _seconds, data, _is_keyframe in encoded("video"):
            for payload_type in range(96, 100):
                packet = RtpPacket(payload_type=payload_type, marker=1, ssrc=4711, payload=b"\x10" + data[:1_000])
                await transport._send_rtp(packet.serialize())

    def vanish(self) -> None:
        silence(self.pc)

    async def close(self) -> None:
        for task in self._draining:
            task.cancel()
        await self.pc.close()

    def _drain(self, track: MediaStreamTrack) -> None:
        async def drain() -> None:
            try:
                while True:
                    frame: Any = await track.recv()
                    self.frames[track.kind] += 1
                    if track.kind == "video":
                        self.pictures.append(bytes(frame.planes[0])[0])
                    self._arrived.set()
            except MediaStreamError:
                return

        self._draining.append(asyncio.ensure_future(drain()))


def silence(pc: RTCPeerConnection) -> None:
    """Nothing leaves this peer any more, no answer to a question whether it is there, and no good-bye."""
    ice: Any = pc.getTransceivers()[0].receiver.transport.transport
    for protocol in ice._connection._protocols:
        protocol.transport.sendto = lambda data, address: None

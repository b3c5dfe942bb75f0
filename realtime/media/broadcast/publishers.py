"""The one who is seen: answers their offer and takes their packets out before they would be decoded."""

from __future__ import annotations

import functools
import re
import time
from typing import Protocol

from aiortc import RTCRtpReceiver, RTCSessionDescription
from aiortc.rtcrtptransceiver import RTCRtpTransceiver

from config import limits
from realtime.flood import TokenBucket
from realtime.media.broadcast.codecs import choose_codecs
from realtime.media.broadcast.connections import Connection, strip_candidates
from realtime.media.broadcast.options import BroadcastOptions
from realtime.media.recording.streams import Packet
from realtime.media.recording.webm import Kind
from realtime.media.relay.keyframes import KeyframeRequester
from realtime.media.relay.peers import find_kinds
from realtime.media.relay.private_parts import ask_for_keyframe, take_packets

_VIDEO_SECTION = re.compile(r"(m=video .*\r\n(?:i=.*\r\n)?(?:c=.*\r\n)?)")
_VIDEO_FORMAT = re.compile(r"a=rtpmap:(\d+) (?:VP8|H264)/90000\r\n")


class Stage(Protocol):
    """Where a publisher's media go."""

    def take(self, publisher: Publisher, kind: Kind, packet: Packet) -> None: ...

    def report(self, publisher: Publisher, kind: Kind, timestamp: int, seconds: float) -> None:
        """An RTP timestamp, and the seconds on the publisher's clock that it stands for."""

    def lose_publisher(self, publisher: Publisher) -> None:
        """Said once at most, and not of one who was closed."""


class Publisher:
    """Who sends far more than they were asked to, or nothing at all, is let go."""

    def __init__(self, options: BroadcastOptions, stage: Stage) -> None:
        self._options = options
        self._stage = stage
        self._connection = Connection(lambda: stage.lose_publisher(self))
        self._keyframes: KeyframeRequester | None = None
        bits_per_second = (options.bitrate_kbps * 1000 + limits.LIVESTREAM_AUDIO_BITS) * limits.LIVESTREAM_RATE_TIMES
        self._allowance = TokenBucket(
            per_second=bits_per_second / 8,
            size=bits_per_second / 8 * limits.LIVESTREAM_RATE_BURST_SECONDS,
            now=time.monotonic(),
        )
        self._packet_at: float | None = None

    async def answer(self, sdp: str) -> str:
        """The answer's SDP, candidates included. Raises ValueError, and whatever aiortc does for an offer that makes no sense."""
        pc, kinds = self._connection.pc, find_kinds(sdp)
        # What is preferred must be known before the offer is: the publisher would send what they like best otherwise.
        transceivers = [pc.addTransceiver(kind, direction="recvonly") for kind in kinds]
        for kind, transceiver in zip(kinds, transceivers, strict=True):
            self._use(kind, transceiver)
        self._connection.bound()
        await pc.setRemoteDescription(RTCSessionDescription(sdp=strip_candidates(sdp), type="offer"))
        if pc.getTransceivers() != transceivers or pc.sctp is not None:
            raise ValueError("an offer has what its media lines say")
        self._connection.follow()
        await pc.setLocalDescription(await pc.createAnswer())
        if any(transceiver.currentDirection != "recvonly" for transceiver in transceivers):
            raise ValueError("whoever publishes sends what they offer")
        return _tell_bitrate(str(pc.localDescription.sdp), self._options.bitrate_kbps)

    def ask_keyframe(self) -> None:
        if self._keyframes is not None:
            self._keyframes.ask()

    def tick(self, now: float) -> None:
        """A connection may take half a minute to fail, silence tells sooner."""
        if self._packet_at is not None and now - self._packet_at > limits.LIVESTREAM_PUBLISHER_SILENT_SECONDS:
            self._connection.lose()

    async def close(self) -> None:
        if self._keyframes is not None:
            self._keyframes.close()
        await self._connection.close()

    def _use(self, kind: Kind, transceiver: RTCRtpTransceiver) -> None:
        transceiver.setCodecPreferences(choose_codecs(kind, self._options.codec))
        receiver: RTCRtpReceiver = transceiver.receiver
        if kind == "video":
            ask = functools.partial(ask_for_keyframe, receiver)
            self._keyframes = KeyframeRequester(ask, every_seconds=limits.LIVESTREAM_KEYFRAME_SECONDS)
        take_packets(
            receiver,
            kind,
            on_packet=functools.partial(self._take, kind),
            on_report=functools.partial(self._stage.report, self, kind),
            find_cap=lambda: self._options.bitrate_kbps * 1000,
        )

    def _take(self, kind: Kind, packet: Packet) -> None:
        self._packet_at = packet.arrived_at
        if not self._allowance.take(len(packet.wire_payload), packet.arrived_at):
            self._connection.lose()
            return
        if kind == "video" and self._keyframes is not None:
            self._keyframes.source = packet.source
        self._stage.take(self, kind, packet)


def _tell_bitrate(sdp: str, kbps: int) -> str:
    """What browsers keep to before any estimate of ours arrives: not to be exceeded (RFC 8866, section 5.8), and to begin with.

    The second is Chromium's own (`x-google-start-bitrate`); it would begin with 300 kbit/s and take half a minute to the rest.
    """
    sdp = _VIDEO_SECTION.sub(rf"\g<1>b=AS:{kbps}\r\n", sdp)
    begin = f"x-google-start-bitrate={min(kbps * 2 // 3, limits.LIVESTREAM_START_KBPS)}"
    found = _VIDEO_FORMAT.search(sdp)
    if found is None:
        return sdp
    parameters = re.compile(rf"(a=fmtp:{found[1]} .+)\r\n")
    if parameters.search(sdp):
        return parameters.sub(rf"\g<1>;{begin}\r\n", sdp)
    return sdp.replace(found[0], f"{found[0]}a=fmtp:{found[1]} {begin}\r\n")

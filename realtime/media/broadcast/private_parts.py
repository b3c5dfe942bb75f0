"""Sending as livestreams do it: what of aiortc's own parts that touches, beside relay/private_parts.py, which has the rest.

A packet is the same for every viewer but for its number, so it is made once; what remains for each is to encrypt and send it.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import pylibsrtp
from aiortc import RTCRtpSender, clock
from aiortc.codecs import CODECS, HEADER_EXTENSIONS
from aiortc.rtcrtpparameters import RTCRtpParameters
from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_PSFB_FIR,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    AnyRtcpPacket,
    HeaderExtensionsMap,
    RtcpPsfbPacket,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSrPacket,
    RtpPacket,
    unpack_remb_fci,
)

from config import limits
from realtime.media.recording.streams import Packet

_NTP_FRACTION = 1 << 32


@dataclass(frozen=True, slots=True)
class WireFormat:
    """How a medium's packets look on their way to every viewer: as our offers say, which all are alike in this."""

    payload_type: int
    mid: str
    extensions: HeaderExtensionsMap

    @classmethod
    def find(cls, kind: str, mime_type: str, profile: str | None, *, mid: str) -> WireFormat:
        codec = next(
            codec
            for codec in CODECS[kind]
            if codec.mimeType.lower() == mime_type and codec.parameters.get("profile-level-id") in (None, profile)
        )
        assert codec.payloadType is not None
        extensions = HeaderExtensionsMap()
        extensions.configure(RTCRtpParameters(headerExtensions=HEADER_EXTENSIONS[kind]))
        return cls(codec.payloadType, mid, extensions)

    def serialize(self, packet: Packet, *, sequence_number: int, timestamp: int, source: int) -> bytes:
        out = RtpPacket(
            payload_type=self.payload_type,
            marker=int(packet.is_last_of_frame),
            sequence_number=sequence_number,
            timestamp=timestamp,
            ssrc=source,
            payload=packet.wire_payload,
        )
        out.extensions.abs_send_time = (clock.current_ntp_time() >> 14) & 0x00FFFFFF
        out.extensions.mid = self.mid
        out.extensions.audio_level = packet.audio_level
        data: bytes = out.serialize(self.extensions)
        return data


class Feedback(Protocol):
    """Who is told what a viewer says of what they receive."""

    def ask_keyframe(self) -> None: ...
    def send_again(self, sequence_numbers: list[int]) -> None: ...
    def note_loss(self, fraction: float) -> None: ...
    def note_bandwidth(self, bits_per_second: int) -> None: ...


class DirectSender:
    """Sends a connected sender's packets, made elsewhere, at once: without a task that would have to wake up for each."""

    def __init__(self, sender: RTCRtpSender) -> None:
        self._sender: Any = sender
        self._dtls: Any = sender.transport
        self._nominated: dict[int, Any] = self._dtls.transport._connection._nominated
        self._protect: Callable[[bytes], bytes] = self._dtls._tx_srtp.protect
        self._again_number = random.getrandbits(15)

    def write(self, data: bytes) -> bool:
        """False where it cannot be sent just now: the packet is lost."""
        pair = self._nominated.get(1)
        if pair is None:
            return False
        way = pair.protocol.transport
        if way.get_write_buffer_size() > limits.LIVESTREAM_UNSENT_BYTES:
            return False
        try:
            way.sendto(self._protect(data), pair.remote_addr)
        except (pylibsrtp.Error, OSError):
            return False
        return True

    def write_again(self, sequence_number: int, data: bytes) -> None:
        """A packet that was sent under this number, as a retransmission (RFC 4588, section 4); every packet has extensions."""
        payload_type = self._sender._RTCRtpSender__rtx_payload_type
        if payload_type is None:
            return
        begins = 16 + 4 * int.from_bytes(data[14:16], "big")
        self._again_number = (self._again_number + 1) & 0xFFFF
        head = bytes((data[0], data[1] & 0x80 | payload_type)) + self._again_number.to_bytes(2, "big") + data[4:8]
        source = self._sender._rtx_ssrc.to_bytes(4, "big")
        self.write(head + source + data[12:begins] + sequence_number.to_bytes(2, "big") + data[begins:])

    def report(self, *, seconds: float, timestamp: int, packets: int, octets: int) -> None:
        """What its next sender reports say; `timestamp` stands for `seconds` on the publisher's clock."""
        self._sender._RTCRtpSender__ntp_timestamp = int(seconds * _NTP_FRACTION)
        self._sender._RTCRtpSender__rtp_timestamp = timestamp
        self._sender._RTCRtpSender__packet_count = packets
        self._sender._RTCRtpSender__octet_count = octets


def put_directly(sender: RTCRtpSender, *, source: int, on_ready: Callable[[DirectSender, int], None], feedback: Feedback) -> None:
    """Send under this source's number. `on_ready` gets what sends, once it can, and the payload type that was agreed upon."""
    anything: Any = sender
    anything._ssrc = source

    async def handle_feedback(packet: AnyRtcpPacket) -> None:
        if isinstance(packet, RtcpRtpfbPacket) and packet.fmt == RTCP_RTPFB_NACK:
            feedback.send_again(packet.lost)
        elif isinstance(packet, RtcpPsfbPacket) and packet.fmt in (RTCP_PSFB_FIR, RTCP_PSFB_PLI):
            feedback.ask_keyframe()
        elif isinstance(packet, RtcpPsfbPacket) and packet.fmt == RTCP_PSFB_APP:
            try:
                feedback.note_bandwidth(unpack_remb_fci(packet.fci)[0])
            except (ValueError, IndexError):
                return
        elif isinstance(packet, RtcpRrPacket | RtcpSrPacket):
            for report in packet.reports:
                if report.ssrc == source:
                    feedback.note_loss(report.fraction_lost / 256)

    async def run(codec: Any) -> None:
        anything._RTCRtpSender__rtp_started.set()
        try:
            on_ready(DirectSender(sender), codec.payloadType)
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            pass
        finally:
            anything._RTCRtpSender__rtp_exited.set()

    anything._handle_rtcp_packet = handle_feedback
    anything._run_rtp = run

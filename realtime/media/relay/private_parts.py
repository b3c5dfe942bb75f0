"""The touches of what aiortc keeps to itself; broadcast/private_parts.py has those that livestreams alone need.

It is pinned, and tests/media/test_private_parts.py holds all of them to what they were.

Receiving always decodes and sending always encodes there, so the packets are taken out before the one and put in behind the
other; retransmission, statistics and bandwidth estimates stay aiortc's.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiortc import RTCDtlsTransport, RTCRtpReceiver, RTCRtpSender, clock
from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_RTPFB_NACK,
    RTP_HISTORY_SIZE,
    AnyRtcpPacket,
    RtcpPsfbPacket,
    RtcpRtpfbPacket,
    RtcpSrPacket,
    RtpPacket,
    unpack_remb_fci,
)

from config import limits
from realtime.flood import TokenBucket
from realtime.media.recording.streams import Packet

# A packet's sequence number, timestamp, whether it is the last of its frame, and payload with the codec's descriptor.
Write = Callable[[int, int, Packet], Awaitable[None]]
_NTP_FRACTION = 1 << 32


class _Tap:
    """Stands where a receiver's jitter buffer was: it sees every packet, after retransmissions were unwrapped."""

    def __init__(self, kind: str, on_packet: Callable[[Packet], None]) -> None:
        self._is_video = kind == "video"
        self._on_packet = on_packet

    def add(self, packet: Any) -> tuple[bool, None]:
        """Never a frame to decode, never a picture to ask for."""
        wire_payload: bytes = packet.payload
        self._on_packet(
            Packet(
                source=packet.ssrc,
                sequence_number=packet.sequence_number,
                timestamp=packet.timestamp,
                payload=packet._data,
                is_last_of_frame=bool(packet.marker),
                # RFC 7741, section 4.2: the start bit is set, and this is the first partition.
                starts_frame=not self._is_video or (bool(wire_payload) and wire_payload[0] & 0x17 == 0x10),
                arrived_at=time.monotonic(),
                wire_payload=wire_payload,
                audio_level=packet.extensions.audio_level,
            )
        )
        return False, None


class _CappedEstimator:
    """Asks the sender for no more than whoever watches it can take, and not with every packet, which a busy machine would do."""

    def __init__(self, inner: Any, find_cap: Callable[[], int | None]) -> None:
        self._inner = inner
        self._find_cap = find_cap
        self._told_at_ms = 0

    def add(self, *, arrival_time_ms: int, **arguments: Any) -> tuple[int, list[int]] | None:
        estimate: tuple[int, list[int]] | None = self._inner.add(arrival_time_ms=arrival_time_ms, **arguments)
        if estimate is None or arrival_time_ms - self._told_at_ms < limits.RELAY_ESTIMATE_MS:
            return None
        self._told_at_ms = arrival_time_ms
        cap = self._find_cap()
        return estimate if cap is None else (min(estimate[0], cap), estimate[1])


def take_packets(
    receiver: RTCRtpReceiver,
    kind: str,
    *,
    on_packet: Callable[[Packet], None],
    on_report: Callable[[int, float], None],
    find_cap: Callable[[], int | None],
) -> None:
    """Have every packet given to `on_packet` instead of a decoder; `on_report` gets an RTP timestamp and its sender's seconds."""
    anything: Any = receiver
    anything._RTCRtpReceiver__jitter_buffer = _Tap(kind, on_packet)
    if anything._RTCRtpReceiver__remote_bitrate_estimator is not None:
        estimator = anything._RTCRtpReceiver__remote_bitrate_estimator
        anything._RTCRtpReceiver__remote_bitrate_estimator = _CappedEstimator(estimator, find_cap)
    handle = receiver._handle_rtcp_packet

    async def handle_report(packet: AnyRtcpPacket) -> None:
        # A report of a sender that has sent nothing yet says nothing.
        if isinstance(packet, RtcpSrPacket) and packet.sender_info.ntp_timestamp and packet.sender_info.packet_count:
            on_report(packet.sender_info.rtp_timestamp, packet.sender_info.ntp_timestamp / _NTP_FRACTION)
        await handle(packet)

    anything._handle_rtcp_packet = handle_report


def put_packets(
    sender: RTCRtpSender,
    *,
    forward: Callable[[Write], Awaitable[None]],
    on_keyframe_wanted: Callable[[], None],
    on_bandwidth: Callable[[int], None],
) -> None:
    """Have `forward` write the sender's packets, from when it is connected until it is cancelled."""
    anything: Any = sender
    anything._send_keyframe = on_keyframe_wanted
    handle = sender._handle_rtcp_packet
    resent = TokenBucket(per_second=limits.RELAY_RESENT_PER_SECOND, size=limits.RELAY_RESENT_BURST, now=time.monotonic())

    async def handle_feedback(packet: AnyRtcpPacket) -> None:
        # Four bytes ask for seventeen packets: for as many as a bad network needs, not for more.
        wanted = len(packet.lost) if isinstance(packet, RtcpRtpfbPacket) and packet.fmt == RTCP_RTPFB_NACK else 0
        if wanted and not resent.take(wanted, time.monotonic()):
            return
        if isinstance(packet, RtcpPsfbPacket) and packet.fmt == RTCP_PSFB_APP:
            try:
                on_bandwidth(unpack_remb_fci(packet.fci)[0])
            except (ValueError, IndexError):
                return
        await handle(packet)

    async def run(codec: Any) -> None:
        anything._RTCRtpSender__rtp_started.set()
        try:
            await forward(_make_write(anything, codec.payloadType))
        except (asyncio.CancelledError, ConnectionError):
            pass
        finally:
            anything._RTCRtpSender__rtp_exited.set()

    anything._handle_rtcp_packet = handle_feedback
    anything._run_rtp = run


def _make_write(sender: Any, payload_type: int) -> Write:
    history = sender._RTCRtpSender__rtp_history
    extensions = sender._RTCRtpSender__rtp_header_extensions_map
    mid = sender._RTCRtpSender__mid

    async def write(sequence_number: int, timestamp: int, packet: Packet) -> None:
        ntp_timestamp = clock.current_ntp_time()
        out = RtpPacket(
            payload_type=payload_type,
            marker=int(packet.is_last_of_frame),
            sequence_number=sequence_number,
            timestamp=timestamp,
            ssrc=sender._ssrc,
            payload=packet.wire_payload,
        )
        out.extensions.abs_send_time = (ntp_timestamp >> 14) & 0x00FFFFFF
        out.extensions.mid = mid
        out.extensions.audio_level = packet.audio_level
        history[sequence_number % RTP_HISTORY_SIZE] = out
        await sender.transport._send_rtp(out.serialize(extensions))
        sender._RTCRtpSender__ntp_timestamp = ntp_timestamp
        sender._RTCRtpSender__rtp_timestamp = timestamp
        sender._RTCRtpSender__octet_count += len(packet.wire_payload)
        sender._RTCRtpSender__packet_count += 1

    return write


def bound_transport(transport: RTCDtlsTransport, *, on_check: Callable[[], None] = lambda: None) -> None:
    """Whoever is connected decides how many addresses and stream numbers they use; what is kept of each must end somewhere.

    `on_check` is called whenever they prove that they are there, every few seconds.
    """
    anything: Any = transport
    router, connection = anything._rtp_router, anything.transport._connection
    route, check = router.route_rtp, connection.check_incoming

    def route_rtp(packet: RtpPacket) -> RTCRtpReceiver | None:
        if packet.ssrc not in router.ssrc_table and len(router.ssrc_table) >= limits.RELAY_SOURCES:
            return None
        found: RTCRtpReceiver | None = route(packet)
        return found

    def check_incoming(message: Any, address: Any, protocol: Any) -> None:
        on_check()
        known = connection._remote_candidates
        if len(known) < limits.RELAY_ADDRESSES or any((c._network_host, c.port) == tuple(address[:2]) for c in known):
            check(message, address, protocol)

    router.route_rtp, connection.check_incoming = route_rtp, check_incoming


async def ask_for_keyframe(receiver: RTCRtpReceiver, source: int) -> None:
    """A picture loss indication (RFC 4585, section 6.3.1) for a stream, never for its retransmissions."""
    anything: Any = receiver
    await anything._send_rtcp_pli(source)

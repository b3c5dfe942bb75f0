"""One medium of a livestream on its way from whoever publishes to all viewers: numbered on, whoever takes the publishing over."""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from config import limits
from config.media_settings import VideoCodec
from realtime.media.broadcast.codecs import H264_PROFILE, starts_keyframe
from realtime.media.broadcast.private_parts import WireFormat
from realtime.media.recording.clocks import CLOCK_RATES
from realtime.media.recording.streams import Packet, unwrap
from realtime.media.recording.webm import Kind

# In the order in which viewers are offered them.
MIDS: dict[Kind, str] = {"audio": "0", "video": "1"}
_UNIX_EPOCH_NTP = 2_208_988_800
_RATE_TICKS = 12


class Taker(Protocol):
    def take(self, number: int, timestamp: int, data: bytes, *, starts_keyframe: bool) -> None:
        """One packet; `number` is its sequence number, counted on past sixteen bits. Never blocks, never raises."""


class Feed:
    """What is pushed goes to every taker at once. A new beginning is a picture that needs no other."""

    def __init__(self, kind: Kind, codec: VideoCodec, ask_keyframe: Callable[[], None]) -> None:
        self.kind = kind
        self.ask_keyframe = ask_keyframe
        self.source = random.getrandbits(32)
        self.wire = WireFormat.find(kind, f"video/{codec}" if kind == "video" else "audio/opus", H264_PROFILE, mid=MIDS[kind])
        self.takers: list[Taker] = []
        self._codec = codec
        self._history: list[tuple[int, bytes] | None] = [None] * limits.LIVESTREAM_HISTORY_PACKETS
        self._from: int | None = None
        self._heard_at = 0.0
        # The publisher's numbers, unwrapped: the first that is passed on (None = none yet), and the highest.
        self._first: int | None = None
        self._highest = 0
        self._number_offset = 0
        self._timestamp_offset = random.getrandbits(32)
        # Of the last packet: the publisher's timestamp, and when it came.
        self._last: tuple[int, float] | None = None
        self._report: tuple[int, float] | None = None
        self._keyframe_timestamp: int | None = None
        self._octets = self._keyframe_octets = 0
        self._counts: deque[tuple[float, int, int]] = deque(maxlen=_RATE_TICKS)

    def begin_anew(self) -> None:
        """Somebody else publishes, or the same person by another connection."""
        self._from = self._first = self._report = None

    def push(self, packet: Packet) -> None:
        if len(packet.wire_payload) > limits.LIVESTREAM_PACKET_BYTES or not self._is_from_the_one(packet):
            return
        begins_picture = self.kind == "audio" or starts_keyframe(packet, self._codec)
        number = unwrap(packet.sequence_number, near=self._highest, bits=16)
        if self._first is None or abs(number - self._highest) > limits.RECORDING_SEQUENCE_JUMP:
            self._first = None
            if not begins_picture:
                self.ask_keyframe()
                return
            number = self._begin(packet)
        assert self._first is not None
        if number < self._first:
            return
        timestamp = (packet.timestamp + self._timestamp_offset) & 0xFFFFFFFF
        if number >= self._highest:
            self._highest, self._last = number, (packet.timestamp, packet.arrived_at)
        self._pass_on(packet, number + self._number_offset, timestamp, starts_keyframe=begins_picture)

    def report(self, timestamp: int, seconds: float) -> None:
        """What the publisher's clock showed at a timestamp of theirs."""
        self._report = (timestamp, seconds)

    def find_sent(self, number: int) -> bytes | None:
        kept = self._history[number % limits.LIVESTREAM_HISTORY_PACKETS]
        return kept[1] if kept is not None and kept[0] == number else None

    def find_time(self) -> tuple[float, int] | None:
        """NTP seconds and the timestamp, as viewers have it, that stands for them."""
        if self._last is None:
            return None
        timestamp, arrived_at = self._last
        ours = (timestamp + self._timestamp_offset) & 0xFFFFFFFF
        if self._report is None:
            return time.time() + _UNIX_EPOCH_NTP - (time.monotonic() - arrived_at), ours
        told, seconds = self._report
        return seconds + (unwrap(timestamp, near=told, bits=32) - told) / CLOCK_RATES[self.kind], ours

    def tick(self, now: float) -> tuple[float, float]:
        """Bits a second over the last few seconds: of everything, and of keyframes alone."""
        self._counts.append((now, self._octets, self._keyframe_octets))
        then, octets, keyframe_octets = self._counts[0]
        seconds = max(now - then, limits.LIVESTREAM_TICK_SECONDS)
        return (self._octets - octets) * 8 / seconds, (self._keyframe_octets - keyframe_octets) * 8 / seconds

    def _is_from_the_one(self, packet: Packet) -> bool:
        """A publisher may begin another stream when the first has ended, and not send two by turns."""
        if packet.source != self._from:
            if self._from is not None and packet.arrived_at - self._heard_at < limits.LIVESTREAM_SOURCE_SILENT_SECONDS:
                return False
            self._from, self._first, self._report = packet.source, None, None
        self._heard_at = packet.arrived_at
        return True

    def _begin(self, packet: Packet) -> int:
        number = packet.sequence_number
        if self._last is not None:
            last_timestamp, sent_at = self._last
            passed = max(1, round((packet.arrived_at - sent_at) * CLOCK_RATES[self.kind]))
            self._timestamp_offset += last_timestamp + passed - packet.timestamp
            self._number_offset += self._highest + 1 - number
        self._first = self._highest = number
        return number

    def _pass_on(self, packet: Packet, number: int, timestamp: int, *, starts_keyframe: bool) -> None:
        data = self.wire.serialize(packet, sequence_number=number & 0xFFFF, timestamp=timestamp, source=self.source)
        self._history[number % limits.LIVESTREAM_HISTORY_PACKETS] = (number, data)
        if starts_keyframe:
            self._keyframe_timestamp = timestamp
        self._octets += len(data)
        if timestamp == self._keyframe_timestamp:
            self._keyframe_octets += len(data)
        for taker in self.takers:
            taker.take(number, timestamp, data, starts_keyframe=starts_keyframe)

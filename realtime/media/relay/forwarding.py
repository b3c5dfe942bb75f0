"""From who publishes a medium to everybody who receives it, packet by packet."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable

from config import limits
from realtime.media.recording.clocks import CLOCK_RATES
from realtime.media.recording.streams import Packet, unwrap
from realtime.media.recording.webm import Kind
from realtime.media.relay.keyframes import KeyframeRequester
from realtime.media.relay.private_parts import Write


class Source:
    """One published medium. What is pushed goes to every sink at once; sinks never block."""

    def __init__(self, kind: Kind, keyframes: KeyframeRequester) -> None:
        self.kind = kind
        self.keyframes = keyframes
        self.sinks: list[Callable[[Packet], None]] = []
        self.report_sinks: list[Callable[[int, float], None]] = []
        self._caps: dict[object, int] = {}

    def push(self, packet: Packet) -> None:
        self.keyframes.source = packet.source
        for sink in self.sinks:
            sink(packet)

    def report(self, timestamp: int, seconds: float) -> None:
        for sink in self.report_sinks:
            sink(timestamp, seconds)

    def cap(self, receiver: object, bits_per_second: int | None) -> None:
        """What a receiver can take; the publisher is asked for the least. None = it receives no more."""
        if bits_per_second is None:
            self._caps.pop(receiver, None)
        else:
            self._caps[receiver] = max(bits_per_second, limits.RELAY_CAP_MINIMUM)

    def find_cap(self) -> int | None:
        return min(self._caps.values(), default=None)


class Forwarder:
    """One receiver's share of a source: numbered anew, so that a change of source or a pause is no loss to it."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self._source: Source | None = None
        self._queue: asyncio.Queue[Packet] = asyncio.Queue(limits.RELAY_QUEUE_PACKETS)
        # The first packet's sequence number, unwrapped as all after it; None until one can be sent.
        self._first: int | None = None
        self._highest = 0
        self._sequence_offset = random.getrandbits(15)
        self._timestamp_offset = random.getrandbits(32)
        self._sent: tuple[int, int, float] | None = None

    def attach(self, source: Source) -> None:
        """From here on receive this one, beginning with a keyframe."""
        self.detach()
        self._source = source
        source.sinks.append(self._push)
        self.ask_keyframe()

    def detach(self) -> None:
        if self._source is not None:
            self._source.sinks.remove(self._push)
            self._source.cap(self, None)
            self._source = None
        while not self._queue.empty():
            self._queue.get_nowait()
        self._first = None

    def ask_keyframe(self) -> None:
        if self._source is not None and self.kind == "video":
            self._source.keyframes.ask()

    def note_bandwidth(self, bits_per_second: int) -> None:
        if self._source is not None and self.kind == "video":
            self._source.cap(self, bits_per_second)

    async def run(self, write: Write) -> None:
        """Until cancelled."""
        while True:
            packet = await self._queue.get()
            if self._first is None:
                if self.kind == "video" and not packet.starts_keyframe:
                    self.ask_keyframe()
                    continue
                self._begin(packet)
            number = unwrap(packet.sequence_number, near=self._highest, bits=16)
            assert self._first is not None
            if number < self._first:
                continue
            sequence_number = (number + self._sequence_offset) & 0xFFFF
            timestamp = (packet.timestamp + self._timestamp_offset) & 0xFFFFFFFF
            if number >= self._highest:
                self._highest = number
                self._sent = (number + self._sequence_offset, timestamp, time.monotonic())
            await write(sequence_number, timestamp, packet)

    def _begin(self, packet: Packet) -> None:
        self._first = self._highest = packet.sequence_number
        if self._sent is None:
            return
        last_number, last_timestamp, sent_at = self._sent
        passed = max(1, round((time.monotonic() - sent_at) * CLOCK_RATES[self.kind]))
        self._sequence_offset = last_number + 1 - packet.sequence_number
        self._timestamp_offset = last_timestamp + passed - packet.timestamp

    def _push(self, packet: Packet) -> None:
        try:
            self._queue.put_nowait(packet)
        except asyncio.QueueFull:
            # A receiver that takes nothing: what it misses it asks for again, or begins anew with a keyframe.
            return

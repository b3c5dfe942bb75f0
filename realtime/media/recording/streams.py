"""One RTP stream (RFC 3550) put back in order: duplicates dropped, late packets waited for, gaps noticed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from config import limits


@dataclass(slots=True)
class Packet:
    """A packet as it arrived. `arrived_at` is in seconds on this process's monotonic clock.

    `payload` comes after the codec's own descriptor (RFC 7741 for VP8), `wire_payload` still has it; `starts_frame` is what
    it said.
    """

    source: int
    sequence_number: int
    timestamp: int
    payload: bytes
    is_last_of_frame: bool
    starts_frame: bool
    arrived_at: float
    wire_payload: bytes = b""
    audio_level: tuple[bool, int] | None = None

    @property
    def starts_keyframe(self) -> bool:
        """Of VP8: the picture that this packet begins needs no other (RFC 6386, section 9.1)."""
        return self.starts_frame and bool(self.payload) and not self.payload[0] & 1


def unwrap(value: int, *, near: int, bits: int) -> int:
    """The whole number that ends in `value` and is nearest to `near` (RFC 3711, section 3.3.1)."""
    half, modulus = 1 << bits - 1, 1 << bits
    return near + ((value - near + half) % modulus) - half


class Sequencer:
    """Gives packets out in the order they were sent; each with whether something before it is missing for good."""

    def __init__(self) -> None:
        self._source: int | None = None
        self._expected = 0
        self._waiting: dict[int, Packet] = {}

    def push(self, packet: Packet) -> Iterator[tuple[Packet, bool]]:
        number = unwrap(packet.sequence_number, near=self._expected, bits=16)
        is_elsewhere = abs(number - self._expected) > limits.RECORDING_SEQUENCE_JUMP
        if packet.source != self._source or is_elsewhere:
            is_first = self._source is None
            self._source, self._waiting = packet.source, {}
            self._expected = packet.sequence_number + 1
            yield packet, not is_first
            return
        if number < self._expected:
            return
        self._waiting[number] = packet
        yield from self._give_out()
        while self._waiting and self._is_given_up(packet.arrived_at):
            self._expected = min(self._waiting)
            yield from self._give_out(after_gap=True)

    def _give_out(self, *, after_gap: bool = False) -> Iterator[tuple[Packet, bool]]:
        while (packet := self._waiting.pop(self._expected, None)) is not None:
            self._expected += 1
            yield packet, after_gap
            after_gap = False

    def _is_given_up(self, now: float) -> bool:
        oldest = min(packet.arrived_at for packet in self._waiting.values())
        return now - oldest > limits.RECORDING_LATE_SECONDS or len(self._waiting) > limits.RECORDING_LATE_PACKETS

"""Whole VP8 pictures (RFC 7741, RFC 6386) from packets in order."""

from __future__ import annotations

from dataclasses import dataclass

from config import limits
from realtime.media.recording.streams import Packet

_START_CODE = b"\x9d\x01\x2a"


@dataclass(frozen=True, slots=True)
class Picture:
    """`first`: the packet that began it; its timestamp and arrival are the picture's. `size` in pixels, of keyframes only."""

    first: Packet
    data: bytes
    size: tuple[int, int] | None

    @property
    def is_keyframe(self) -> bool:
        return self.size is not None


class PictureAssembler:
    """Gives out pictures that can be decoded: after a gap nothing until the next keyframe, which `needs_keyframe` asks for."""

    def __init__(self) -> None:
        self.needs_keyframe = True
        self._parts: list[Packet] = []
        self._size = 0

    def push(self, packet: Packet, *, after_gap: bool) -> Picture | None:
        if after_gap:
            self._parts, self.needs_keyframe = [], True
        if not packet.payload:
            return None  # padding
        if packet.starts_frame:
            self._parts, self._size = [packet], len(packet.payload)
        elif self._parts and packet.timestamp == self._parts[0].timestamp:
            self._parts.append(packet)
            self._size += len(packet.payload)
        else:
            self._parts, self.needs_keyframe = [], True
            return None
        if self._size > limits.RECORDING_PICTURE_BYTES:
            self._parts, self.needs_keyframe = [], True
            return None
        return self._complete() if packet.is_last_of_frame else None

    def _complete(self) -> Picture | None:
        first, data = self._parts[0], b"".join(part.payload for part in self._parts)
        self._parts = []
        size = read_size(data)
        if self.needs_keyframe and size is None:
            return None
        self.needs_keyframe = False
        return Picture(first, data, size)


def read_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of a keyframe (RFC 6386, section 9.1); None for any other picture."""
    if len(data) < 10 or data[0] & 1 or data[3:6] != _START_CODE:
        return None
    width, height = (int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    return (width, height) if width and height else None

"""EBML (RFC 8794): the few kinds of elements that WebM is made of, written and read back."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass

# The size of an element that is not known yet, in eight bytes.
UNKNOWN_SIZE = b"\x01" + b"\xff" * 7
_UNKNOWN = (1 << 56) - 1


@dataclass(frozen=True, slots=True)
class Found:
    """An element in a file: where its content begins and ends; `end` None = the file says no size."""

    element_id: int
    begins_at: int
    content_at: int
    end: int | None


def encode_id(element_id: int) -> bytes:
    return element_id.to_bytes((element_id.bit_length() + 7) // 8, "big")


def encode_size(size: int) -> bytes:
    """In as few bytes as it takes."""
    width = 1
    while size >= (1 << 7 * width) - 1:
        width += 1
    return (size | 1 << 7 * width).to_bytes(width, "big")


def encode_long_size(size: int) -> bytes:
    """In the eight bytes that UNKNOWN_SIZE kept free."""
    return (size | 1 << 56).to_bytes(8, "big")


def element(element_id: int, content: bytes) -> bytes:
    return encode_id(element_id) + encode_size(len(content)) + content


def unsigned(element_id: int, value: int) -> bytes:
    return element(element_id, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def long_unsigned(element_id: int, value: int) -> bytes:
    """An unsigned integer that always takes eight bytes, for what is filled in later."""
    return element(element_id, value.to_bytes(8, "big"))


def real(element_id: int, value: float) -> bytes:
    return element(element_id, struct.pack(">d", value))


def text(element_id: int, value: str) -> bytes:
    return element(element_id, value.encode())


def void(length: int) -> bytes:
    """`length` bytes (3 to 128) that readers skip."""
    assert 3 <= length <= 128
    return b"\xec" + encode_size(length - 2) + bytes(length - 2)


def _read_number(data: mmap.mmap | bytes, at: int, end: int, *, keeps_marker: bool) -> tuple[int, int] | None:
    """A variable-length integer and where it ends; None when the data ends before it does, or it is none."""
    if at >= end or data[at] == 0:
        return None
    width = 9 - data[at].bit_length()
    if at + width > end:
        return None
    value = int.from_bytes(data[at : at + width], "big")
    return (value if keeps_marker else value & ((1 << 7 * width) - 1)), at + width


def read_elements(data: mmap.mmap | bytes, begin: int, end: int) -> Iterator[Found]:
    """The whole elements between two places; stops before the first that is cut off or unreadable."""
    at = begin
    while True:
        named = _read_number(data, at, end, keeps_marker=True)
        sized = None if named is None else _read_number(data, named[1], end, keeps_marker=False)
        if named is None or sized is None:
            return
        if sized[0] == _UNKNOWN and sized[1] - named[1] == 8:
            yield Found(named[0], at, sized[1], None)
            return
        content_end = sized[1] + sized[0]
        if content_end > end:
            return
        yield Found(named[0], at, sized[1], content_end)
        at = content_end

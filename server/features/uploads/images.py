"""What kind of image some bytes are and how large it is, by the bytes alone: names and declared types prove nothing.

Layouts: PNG (W3C, "IHDR"), JPEG (ITU T.81, annex B), GIF89a ("logical screen descriptor"), WebP (RFC 9649).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from config import limits

# JPEG markers that begin a frame and so tell its size: SOF0 … SOF15 without DHT, JPG and DAC.
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_MARKERS_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})


@dataclass(frozen=True, slots=True)
class Image:
    content_type: str
    width: int
    height: int


def recognise_image(content: bytes) -> Image | None:
    """None for what is no PNG, JPEG, WebP or GIF, or breaks off before it tells its size."""
    for content_type, measure in _FORMATS.items():
        try:
            size = measure(content)
        except (struct.error, IndexError):
            continue
        if size is not None and min(size) > 0:
            return Image(content_type, *size)
    return None


def _measure_png(content: bytes) -> tuple[int, int] | None:
    if not content.startswith(b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"):
        return None
    width, height = struct.unpack_from(">II", content, 16)
    return width, height


def _measure_gif(content: bytes) -> tuple[int, int] | None:
    if not content.startswith((b"GIF87a", b"GIF89a")):
        return None
    width, height = struct.unpack_from("<HH", content, 6)
    return width, height


def _measure_jpeg(content: bytes) -> tuple[int, int] | None:
    if not content.startswith(b"\xff\xd8\xff"):
        return None
    position = 2
    for _ in range(limits.JPEG_MARKERS):
        if content[position] != 0xFF:
            break
        marker = content[position + 1]
        if marker == 0xFF:  # padding
            position += 1
        elif marker in _MARKERS_WITHOUT_LENGTH:
            position += 2
        elif marker in _FRAME_MARKERS:
            height, width = struct.unpack_from(">HH", content, position + 5)
            return width, height
        else:
            (length,) = struct.unpack_from(">H", content, position + 2)
            position += 2 + max(2, length)
    return None


def _measure_webp(content: bytes) -> tuple[int, int] | None:
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP":
        return None
    kind = content[12:16]
    if kind == b"VP8X":
        width, height = int.from_bytes(content[24:27], "little") + 1, int.from_bytes(content[27:30], "little") + 1
        return (width, height) if len(content) >= 30 else None
    if kind == b"VP8L" and content[20] == 0x2F:
        (bits,) = struct.unpack_from("<I", content, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and content[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", content, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None


_FORMATS = {
    "image/png": _measure_png,
    "image/jpeg": _measure_jpeg,
    "image/gif": _measure_gif,
    "image/webp": _measure_webp,
}

"""WebSocket frames as a server sends them: whole, unmasked (RFC 6455, section 5.2)."""

from __future__ import annotations

_TEXT = 0x81


def text_frame(content: bytes) -> bytes:
    """One text message in one frame; `content` is UTF-8."""
    size = len(content)
    if size < 126:
        return bytes((_TEXT, size)) + content
    if size < 65536:
        return bytes((_TEXT, 126)) + size.to_bytes(2) + content
    return bytes((_TEXT, 127)) + size.to_bytes(8) + content

"""The guide's face and name as brightness, one byte a pixel, line by line: drawn without any library for pictures."""

from __future__ import annotations

import math

WIDTH, HEIGHT = 320, 240
NAME = "Iris (demo)"
_DOT = 3

# Five columns a letter, the topmost dot in the lowest bit.
_LETTERS = {
    "I": (0x00, 0x41, 0x7F, 0x41, 0x00),
    "r": (0x7C, 0x08, 0x04, 0x04, 0x08),
    "i": (0x00, 0x44, 0x7D, 0x40, 0x00),
    "s": (0x48, 0x54, 0x54, 0x54, 0x20),
    " ": (0x00, 0x00, 0x00, 0x00, 0x00),
    "(": (0x00, 0x1C, 0x22, 0x41, 0x00),
    "d": (0x38, 0x44, 0x44, 0x48, 0x7F),
    "e": (0x38, 0x54, 0x54, 0x54, 0x18),
    "m": (0x7C, 0x04, 0x18, 0x04, 0x78),
    "o": (0x38, 0x44, 0x44, 0x44, 0x38),
    ")": (0x00, 0x41, 0x22, 0x1C, 0x00),
}


class _Canvas:
    def __init__(self) -> None:
        self.pixels = bytearray(b"".join(bytes([70 + 50 * row // HEIGHT]) * WIDTH for row in range(HEIGHT)))

    def ellipse(self, x: int, y: int, *, width: int, height: int, brightness: int, below: int = 0) -> None:
        """Around (x, y), from line `below` of it on downwards where that is not 0."""
        for row in range(y - height // 2, y + height // 2 + 1):
            if below and row < below:
                continue
            half = round(width / 2 * math.sqrt(max(0.0, 1 - (2 * (row - y) / height) ** 2)))
            self.block(x - half, row, width=2 * half, height=1, brightness=brightness)

    def block(self, x: int, y: int, *, width: int, height: int, brightness: int) -> None:
        for row in range(y, y + height):
            start = row * WIDTH + x
            self.pixels[start : start + width] = bytes([brightness]) * width

    def write(self, text: str, *, y: int, brightness: int) -> None:
        """In the middle of the line."""
        step = 6 * _DOT
        x = (WIDTH - step * len(text)) // 2
        for position, letter in enumerate(text):
            for column, bits in enumerate(_LETTERS[letter]):
                for row in (row for row in range(7) if bits >> row & 1):
                    left, top = x + position * step + column * _DOT, y + row * _DOT
                    self.block(left, top, width=_DOT, height=_DOT, brightness=brightness)


def draw_face(*, is_blinking: bool) -> bytes:
    canvas = _Canvas()
    canvas.ellipse(160, 100, width=140, height=150, brightness=190)
    for x in (134, 186):
        if is_blinking:
            canvas.block(x - 11, 84, width=22, height=3, brightness=60)
        else:
            canvas.ellipse(x, 85, width=22, height=26, brightness=235)
            canvas.ellipse(x, 86, width=12, height=14, brightness=40)
    # A smile: the lower half of one ellipse without that of another.
    canvas.ellipse(160, 118, width=70, height=50, brightness=90, below=122)
    canvas.ellipse(160, 112, width=76, height=46, brightness=190, below=121)
    canvas.write(NAME, y=200, brightness=225)
    return bytes(canvas.pixels)


def draw_rest() -> bytes:
    """What is shown while nothing is charged: the name alone."""
    canvas = _Canvas()
    canvas.write(NAME, y=200, brightness=140)
    return bytes(canvas.pixels)

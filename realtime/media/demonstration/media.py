"""What the guide lets people hear and see: a chime every few seconds, and a drawn face before slowly moving colours."""

from __future__ import annotations

import asyncio
import fractions
import math
import struct
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, VideoFrame

from realtime.media.demonstration.drawing import HEIGHT, WIDTH, draw_face, draw_rest

SAMPLE_RATE = 16_000
SAMPLES = SAMPLE_RATE // 50
PICTURES_PER_SECOND = 10
PICTURE_CLOCK = 90_000
CHIME_EVERY_SECONDS = 6
CHIME_SECONDS = 2
# Notes of a pentatonic scale, in hertz, one chime each; loudness of full scale.
NOTES = (523.25, 659.26, 783.99, 587.33)
LOUDNESS = 0.12
COLOURS_SECONDS = 24
BLINK_EVERY_SECONDS = 5


class _PacedTrack(MediaStreamTrack, ABC):
    """Gives frame after frame at its own pace. `is_resting` says whether nothing is to be heard or seen now."""

    frames_per_second: int

    def __init__(self, is_resting: Callable[[], bool]) -> None:
        super().__init__()
        self._is_resting = is_resting
        self._number = -1
        self._started_at = 0.0

    async def recv(self) -> AudioFrame | VideoFrame:
        if self.readyState != "live":
            raise MediaStreamError
        self._number += 1
        if self._number == 0:
            self._started_at = time.monotonic()
        await asyncio.sleep(max(0.0, self._started_at + self._number / self.frames_per_second - time.monotonic()))
        return self._make(self._number)

    @abstractmethod
    def _make(self, number: int) -> AudioFrame | VideoFrame: ...


class Chime(_PacedTrack):
    """Mono, 50 frames a second."""

    kind = "audio"
    frames_per_second = SAMPLE_RATE // SAMPLES

    def __init__(self, chimes: Sequence[bytes], is_resting: Callable[[], bool]) -> None:
        super().__init__(is_resting)
        self._chimes = chimes

    def _make(self, number: int) -> AudioFrame:
        frame = AudioFrame(format="s16", layout="mono", samples=SAMPLES)
        turn, within = divmod(number, CHIME_EVERY_SECONDS * self.frames_per_second)
        chime = self._chimes[turn % len(self._chimes)]
        start = 2 * SAMPLES * within
        heard = b"" if self._is_resting() else chime[start : start + 2 * SAMPLES]
        frame.planes[0].update(heard.ljust(2 * SAMPLES, b"\0"))
        frame.pts, frame.sample_rate, frame.time_base = number * SAMPLES, SAMPLE_RATE, fractions.Fraction(1, SAMPLE_RATE)
        return frame


def make_chimes() -> list[bytes]:
    """Takes a third of a second."""
    return [make_chime(note) for note in NOTES]


def make_chime(note: float) -> bytes:
    """16-bit samples of one struck note that fades away: it and its octave, without a click at either end."""

    def sample(number: int) -> int:
        seconds = number / SAMPLE_RATE
        swell = min(1.0, seconds / 0.02) * math.exp(-3 * seconds) * min(1.0, (CHIME_SECONDS - seconds) / 0.1)
        wave = math.sin(2 * math.pi * note * seconds) + 0.3 * math.sin(4 * math.pi * note * seconds)
        return round(32_767 * LOUDNESS * swell * wave / 1.3)

    count = CHIME_SECONDS * SAMPLE_RATE
    return struct.pack(f"<{count}h", *map(sample, range(count)))


class Portrait(_PacedTrack):
    """The brightness is drawn once, with open and with closed eyes; only the colours are new in each picture."""

    kind = "video"
    frames_per_second = PICTURES_PER_SECOND

    def __init__(self, is_resting: Callable[[], bool]) -> None:
        super().__init__(is_resting)
        self._open, self._closed, self._rest = draw_face(is_blinking=False), draw_face(is_blinking=True), draw_rest()
        # Long enough for the widest shift of the lowest line.
        length = 2 * WIDTH
        waves = [[128 + 26 * math.sin(2 * math.pi * (at / WIDTH + phase)) for at in range(length)] for phase in (0, 0.25)]
        self._waves = [bytes(map(round, wave)) for wave in waves]

    def _make(self, number: int) -> VideoFrame:
        frame = VideoFrame(width=WIDTH, height=HEIGHT, format="yuv420p")
        is_blinking = number % (BLINK_EVERY_SECONDS * PICTURES_PER_SECOND) < 2
        brightness = self._rest if self._is_resting() else self._closed if is_blinking else self._open
        _fill(frame, 0, brightness, WIDTH)
        turn = COLOURS_SECONDS * PICTURES_PER_SECOND
        shift = round(WIDTH * (number % turn) / turn)
        for plane, wave in enumerate(self._waves, start=1):
            _fill(frame, plane, b"".join(wave[at : at + WIDTH // 2] for at in _shifts(shift, row_count=HEIGHT // 2)), WIDTH // 2)
        frame.pts = number * PICTURE_CLOCK // PICTURES_PER_SECOND
        frame.time_base = fractions.Fraction(1, PICTURE_CLOCK)
        return frame


def _shifts(shift: int, *, row_count: int) -> list[int]:
    return [(shift + row) % WIDTH for row in range(row_count)]


def _fill(frame: VideoFrame, number: int, content: bytes, width: int) -> None:
    """A plane's lines may be longer in memory than they are wide."""
    plane = frame.planes[number]
    if plane.line_size != width:
        lines = (content[at : at + width].ljust(plane.line_size, b"\0") for at in range(0, len(content), width))
        content = b"".join(lines)
    plane.update(content)

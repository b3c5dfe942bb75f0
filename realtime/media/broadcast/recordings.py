"""What is published, written to files as it comes: a new part whenever the publisher was interrupted."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from config import limits
from config.logging import get_logger
from realtime.media.recording.disk import Disk
from realtime.media.recording.recorder import Recorder, Timeline
from realtime.media.recording.streams import Packet
from realtime.media.recording.webm import Kind

log = get_logger(__name__)
_SIDE = "publisher"


class Recording:
    """Its time line is the wall clock, so that a part's name tells when it began: `publisher.PART.UNIX_MILLISECONDS.webm`."""

    def __init__(self, folder: Path, disk: Disk, ask_keyframe: Callable[[], None]) -> None:
        self._folder = folder
        self._disk = disk
        self._ask_keyframe = ask_keyframe
        self._timeline = Timeline(time.monotonic() - time.time())
        self._next_part = 1 + max((_part_of(path) for path in folder.glob(f"{_SIDE}.*.webm")), default=0)
        self._recorder: Recorder | None = None
        self._has_failed = False

    def push(self, kind: Kind, packet: Packet) -> None:
        if self._recorder is None:
            self._recorder = self._begin_part()
        if self._recorder is not None:
            self._recorder.push(kind, packet)

    def report(self, kind: Kind, timestamp: int, seconds: float) -> None:
        if self._recorder is not None:
            self._recorder.report(kind, timestamp, seconds, arrived_at=time.monotonic())

    def interrupt(self) -> None:
        """The publisher is gone; whoever comes next begins a part."""
        if self._recorder is not None:
            self._recorder.close()
            self._next_part = self._recorder.next_part
            self._recorder = None

    def tick(self, now: float) -> None:
        if self._recorder is None:
            return
        self._recorder.tick(now)
        if self._recorder.has_failed and not self._has_failed:
            self._has_failed = True
            log.error("livestream.recording_failed", part=self._recorder.next_part - 1)

    async def close(self) -> None:
        """Returns once the files are complete."""
        self.interrupt()
        await self._disk.settle()

    def _begin_part(self) -> Recorder | None:
        if self._has_failed or self._next_part > limits.RECORDING_PARTS:
            return None
        return Recorder(
            folder=self._folder,
            side=_SIDE,
            disk=self._disk,
            timeline=self._timeline,
            ask_keyframe=self._ask_keyframe,
            next_part=self._next_part,
        )


def _part_of(path: Path) -> int:
    part = path.name.split(".")[1]
    return int(part) if part.isdigit() else 0

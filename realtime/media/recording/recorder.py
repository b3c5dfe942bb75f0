"""What one participant says and shows, written to WebM files: a new part whenever a medium begins that the present one lacks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from config import limits
from realtime.media.recording.clocks import CLOCK_RATES, SenderClock, StreamClock
from realtime.media.recording.disk import Disk, DiskFile
from realtime.media.recording.pictures import Picture, PictureAssembler, read_size
from realtime.media.recording.streams import Packet, Sequencer
from realtime.media.recording.webm import ClusterWriter, Frame, Kind, Tracks, write_header


class Timeline:
    """The time of one recording, common to both sides: seconds since it began, without those for which it was held."""

    def __init__(self, began_at: float) -> None:
        self._began_at = began_at
        self._held_since: float | None = None

    @property
    def is_held(self) -> bool:
        return self._held_since is not None

    def hold(self, now: float) -> None:
        if self._held_since is None:
            self._held_since = now

    def go_on(self, now: float) -> None:
        if self._held_since is not None:
            self._began_at += now - self._held_since
            self._held_since = None

    def milliseconds_at(self, instant: float) -> int:
        return max(0, round((instant - self._began_at) * 1000))


def name_part(*, side: str, part: int, offset_ms: int) -> str:
    """All that must be known of a file whose process died is in its name."""
    return f"{side}.{part}.{offset_ms}.webm"


class Recorder:
    """One per participant. `ask_keyframe` is called whenever the pictures cannot go on without one; it may be called often."""

    def __init__(
        self, *, folder: Path, side: str, disk: Disk, timeline: Timeline, ask_keyframe: Callable[[], None], next_part: int = 1
    ) -> None:
        self._folder = folder
        self._side = side
        self._disk = disk
        self._timeline = timeline
        self._ask_keyframe = ask_keyframe
        self._sender = SenderClock()
        self._sequencers = {"audio": Sequencer(), "video": Sequencer()}
        self._clocks = {kind: StreamClock(rate, self._sender) for kind, rate in CLOCK_RATES.items()}
        self._assembler = PictureAssembler()
        self.next_part = next_part
        self._file: DiskFile | None = None
        self._kinds: frozenset[Kind] = frozenset()
        self._clusters = ClusterWriter()
        # Frames of a part that has not begun, since it is not known yet what it will hold; times are the recording's.
        self._pending: list[Frame] = []
        self._pending_since = 0.0
        self._offset_ms = 0
        self._now = 0.0
        self._keyframe_at = 0.0
        self._is_closed = False

    @property
    def has_failed(self) -> bool:
        return self._file is not None and self._file.failed

    def report(self, kind: Kind, timestamp: int, seconds: float, *, arrived_at: float) -> None:
        self._clocks[kind].report(timestamp, seconds, arrived_at=arrived_at)

    def push(self, kind: Kind, packet: Packet) -> None:
        """One packet, in the order of arrival; dropped while the recording is held, and after its end."""
        if self._is_closed or self._timeline.is_held:
            return
        self._now = packet.arrived_at
        for ordered, after_gap in self._sequencers[kind].push(packet):
            if kind == "audio":
                if ordered.payload:
                    self._take(Frame("audio", self._place(kind, ordered), ordered.payload, is_keyframe=True))
            else:
                self._take_picture(self._assembler.push(ordered, after_gap=after_gap))
        if self._assembler.needs_keyframe and kind == "video":
            self._ask_keyframe()

    def hold(self) -> None:
        """The clock stands: write what there is; pictures will begin with a keyframe again."""
        self._flush(settled_ms=None)
        self._assembler = PictureAssembler()
        self._sequencers = {"audio": Sequencer(), "video": Sequencer()}

    def tick(self, now: float) -> None:
        """About twice a second: begin a part that has waited long enough, write what has settled, keep seekable."""
        if self._timeline.is_held:
            return
        if self._pending and now - self._pending_since >= limits.RECORDING_PART_WAIT_SECONDS:
            self._begin_part()
        self._flush(settled_ms=self._timeline.milliseconds_at(now) - self._offset_ms - limits.RECORDING_SETTLED_MS)
        if "video" in self._kinds and now - self._keyframe_at >= limits.RECORDING_KEYFRAME_SECONDS:
            self._keyframe_at = now
            self._ask_keyframe()

    def close(self) -> None:
        """Complete the file; nothing is recorded any more."""
        self._is_closed = True
        if self._pending:
            self._begin_part()
        self._end_part()

    def _place(self, kind: Kind, packet: Packet) -> int:
        return self._timeline.milliseconds_at(self._clocks[kind].place(packet.timestamp, arrived_at=packet.arrived_at))

    def _take_picture(self, picture: Picture | None) -> None:
        if picture is None:
            return
        if picture.size is not None:
            self._keyframe_at = picture.first.arrived_at
        self._take(Frame("video", self._place("video", picture.first), picture.data, picture.is_keyframe))

    def _take(self, frame: Frame) -> None:
        if self._file is not None:
            if frame.kind in self._kinds:
                self._add(frame)
                return
            if frame.kind == "video" and not frame.is_keyframe:
                return
            self._end_part()
            # The pictures of the next part begin with one that needs no other.
            self._assembler.needs_keyframe = self._assembler.needs_keyframe or frame.kind == "audio"
        if not self._pending:
            self._pending_since = self._now
        self._pending.append(frame)
        kinds = {pending.kind for pending in self._pending}
        if kinds == {"audio", "video"} or len(self._pending) > limits.RECORDING_PENDING_FRAMES:
            self._begin_part()

    def _begin_part(self) -> None:
        pending, self._pending = self._pending, []
        self._offset_ms = min(frame.at_ms for frame in pending)
        self._kinds = frozenset(frame.kind for frame in pending)
        picture_size = next((read_size(frame.data) for frame in pending if frame.kind == "video"), None)
        name = name_part(side=self._side, part=self.next_part, offset_ms=self._offset_ms)
        self.next_part += 1
        self._file = self._disk.create(self._folder / name)
        self._file.write(write_header(Tracks(picture_size, "audio" in self._kinds)))
        for frame in pending:
            self._add(frame)

    def _add(self, frame: Frame) -> None:
        self._clusters.add(replace(frame, at_ms=max(0, frame.at_ms - self._offset_ms)))

    def _flush(self, *, settled_ms: int | None) -> None:
        if self._file is not None and (data := self._clusters.take(settled_ms=settled_ms)):
            self._file.write(data)

    def _end_part(self) -> None:
        if self._file is None:
            return
        self._flush(settled_ms=None)
        self._file.close()
        self._file, self._kinds, self._clusters = None, frozenset(), ClusterWriter()

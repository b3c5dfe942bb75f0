"""A WebM file (VP8, Opus) as it grows: a header, then whole clusters.

It is written by hand, since a library's muxer would keep whole clusters of its own back, and would need an encoder to learn the
few bytes that describe Opus. After every cluster the file is playable as it is; what is missing (duration, index) is filled in
by `endings.py`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal

from realtime.media.recording import ebml

Kind = Literal["audio", "video"]

EBML, DOC_TYPE = 0x1A45DFA3, 0x4282
SEGMENT, SEEK_HEAD, SEEK, SEEK_ID, SEEK_POSITION = 0x18538067, 0x114D9B74, 0x4DBB, 0x53AB, 0x53AC
INFO, TIMESTAMP_SCALE, DURATION, MUXING_APP, WRITING_APP = 0x1549A966, 0x2AD7B1, 0x4489, 0x4D80, 0x5741
TRACKS, TRACK_ENTRY = 0x1654AE6B, 0xAE
CLUSTER, TIMESTAMP, SIMPLE_BLOCK = 0x1F43B675, 0xE7, 0xA3
CUES, CUE_POINT, CUE_TIME, CUE_TRACK_POSITIONS, CUE_TRACK, CUE_CLUSTER_POSITION = 0x1C53BB6B, 0xBB, 0xB3, 0xB7, 0xF7, 0xF1

TRACK_NUMBERS: dict[Kind, int] = {"video": 1, "audio": 2}
SEEK_SPACE, DURATION_SPACE = 96, 11
_KEYFRAME_FLAG = 0x80
_OPUS_HEAD = b"OpusHead" + struct.pack("<BBHIhB", 1, 2, 0, 48_000, 0, 0)
_OPUS_PREROLL_NS = 80_000_000
# A block's time is a signed sixteen-bit number beside its cluster's, and a cluster is far shorter.
_CLUSTER_REACH_MS = 30_000


@dataclass(frozen=True, slots=True)
class Frame:
    """One encoded picture or piece of sound. `at_ms`: its place on the file's time line."""

    kind: Kind
    at_ms: int
    data: bytes
    is_keyframe: bool


@dataclass(frozen=True, slots=True)
class Tracks:
    """What a file holds: the size of the picture in pixels, or None; sound or none."""

    picture: tuple[int, int] | None
    has_sound: bool

    @property
    def kinds(self) -> frozenset[Kind]:
        kinds: set[Kind] = set()
        if self.picture is not None:
            kinds.add("video")
        if self.has_sound:
            kinds.add("audio")
        return frozenset(kinds)


def write_header(tracks: Tracks) -> bytes:
    """Everything before the first cluster, with room for what only the end knows."""
    head = ebml.element(
        EBML,
        b"".join(ebml.unsigned(key, value) for key, value in ((0x4286, 1), (0x42F7, 1), (0x42F2, 4), (0x42F3, 8)))
        + ebml.text(DOC_TYPE, "webm")
        + ebml.unsigned(0x4287, 4)
        + ebml.unsigned(0x4285, 2),
    )
    info = ebml.element(
        INFO,
        ebml.unsigned(TIMESTAMP_SCALE, 1_000_000)
        + ebml.void(DURATION_SPACE)
        + ebml.text(MUXING_APP, "soulseer")
        + ebml.text(WRITING_APP, "soulseer"),
    )
    segment = ebml.encode_id(SEGMENT) + ebml.UNKNOWN_SIZE
    return head + segment + ebml.void(SEEK_SPACE) + info + ebml.element(TRACKS, _describe(tracks))


def _describe(tracks: Tracks) -> bytes:
    entries = b""
    if tracks.picture is not None:
        width, height = tracks.picture
        picture = ebml.element(0xE0, ebml.unsigned(0xB0, width) + ebml.unsigned(0xBA, height))
        entries += _track_entry("video", 1, "V_VP8", picture)
    if tracks.has_sound:
        sound = ebml.element(0xE1, ebml.real(0xB5, 48_000.0) + ebml.unsigned(0x9F, 2))
        private = ebml.element(0x63A2, _OPUS_HEAD) + ebml.unsigned(0x56AA, 0) + ebml.unsigned(0x56BB, _OPUS_PREROLL_NS)
        entries += _track_entry("audio", 2, "A_OPUS", private + sound)
    return entries


def _track_entry(kind: Kind, track_type: int, codec: str, details: bytes) -> bytes:
    number = TRACK_NUMBERS[kind]
    common = (
        ebml.unsigned(0xD7, number) + ebml.unsigned(0x73C5, number) + ebml.unsigned(0x9C, 0) + ebml.unsigned(0x83, track_type)
    )
    return ebml.element(TRACK_ENTRY, common + ebml.text(0x86, codec) + details)


class ClusterWriter:
    """Gathers frames and gives them out as clusters, in order of time, each track's times never falling.

    Picture and sound of one instant arrive at different times, so frames wait until they are `settled`; one that comes
    later than that is written at the time that has been reached.
    """

    def __init__(self) -> None:
        self._waiting: list[Frame] = []
        self._reached_ms = 0

    def add(self, frame: Frame) -> None:
        self._waiting.append(frame)

    def take(self, *, settled_ms: int | None = None) -> bytes:
        """Clusters of all frames before `settled_ms`; of all that wait when it is None. Empty when there are none."""
        ready = [frame for frame in self._waiting if settled_ms is None or frame.at_ms < settled_ms]
        if not ready:
            return b""
        self._waiting = [] if settled_ms is None else [frame for frame in self._waiting if frame.at_ms >= settled_ms]
        ready.sort(key=lambda frame: frame.at_ms)
        clusters, begins_ms = b"", max(self._reached_ms, ready[0].at_ms)
        blocks: list[bytes] = []
        for frame in ready:
            at_ms = max(self._reached_ms, frame.at_ms)
            if at_ms - begins_ms > _CLUSTER_REACH_MS:
                clusters += _cluster(begins_ms, blocks)
                blocks, begins_ms = [], at_ms
            blocks.append(_block(frame, at_ms - begins_ms))
            self._reached_ms = at_ms
        return clusters + _cluster(begins_ms, blocks)


def _cluster(begins_ms: int, blocks: list[bytes]) -> bytes:
    return ebml.element(CLUSTER, ebml.unsigned(TIMESTAMP, begins_ms) + b"".join(blocks))


def _block(frame: Frame, offset_ms: int) -> bytes:
    flags = _KEYFRAME_FLAG if frame.is_keyframe else 0
    head = struct.pack(">BhB", 0x80 | TRACK_NUMBERS[frame.kind], offset_ms, flags)
    return ebml.encode_id(SIMPLE_BLOCK) + ebml.encode_size(len(head) + len(frame.data)) + head + frame.data

"""Completing a WebM file in place: cut off what a crash left half written, add the index, fill in the duration.

Needs what is in the file and nothing else, so that the end of a recording and the recovery after a crash are the same work;
doing it twice, or again after it was interrupted, gives the same file.
"""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from realtime.media.recording import ebml
from realtime.media.recording.webm import (
    CLUSTER,
    CUE_CLUSTER_POSITION,
    CUE_POINT,
    CUE_TIME,
    CUE_TRACK,
    CUE_TRACK_POSITIONS,
    CUES,
    DURATION,
    DURATION_SPACE,
    EBML,
    INFO,
    SEEK,
    SEEK_HEAD,
    SEEK_ID,
    SEEK_POSITION,
    SEEK_SPACE,
    SEGMENT,
    SIMPLE_BLOCK,
    TIMESTAMP,
    TRACK_NUMBERS,
    TRACKS,
    Kind,
)

_LAST_FRAME_MS = 20
_CUE_EVERY_MS = 1_000


@dataclass(frozen=True, slots=True)
class Completed:
    byte_size: int
    seconds: float
    has_video: bool


@dataclass(slots=True)
class _Contents:
    """Places in the file, in bytes from its beginning."""

    segment_at: int
    info_at: int
    tracks_at: int
    duration_at: int
    clusters_end: int
    last_ms: int
    has_video: bool
    # (time, track, where the cluster begins, from the segment's content)
    cues: list[tuple[int, int, int]]


def complete_file(path: Path) -> Completed | None:
    """Make the file whole, on the disk as well; None when it holds no media. Reads and writes: not for the event loop."""
    with path.open("r+b") as file:
        size = os.fstat(file.fileno()).st_size
        if size == 0:
            return None
        with mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) as data:
            contents = _read(data, size)
        if contents is None:
            return None
        file.truncate(contents.clusters_end)
        file.seek(contents.clusters_end)
        file.write(_index(contents.cues))
        byte_size = file.tell()
        file.flush()
        os.fsync(file.fileno())
        duration_ms = contents.last_ms + _LAST_FRAME_MS
        file.seek(contents.duration_at)
        file.write(ebml.real(DURATION, float(duration_ms)))
        file.seek(contents.segment_at)
        file.write(_seek_head(contents))
        file.seek(contents.segment_at - 8)
        file.write(ebml.encode_long_size(byte_size - contents.segment_at))
        file.flush()
        os.fsync(file.fileno())
    return Completed(byte_size, duration_ms / 1000, contents.has_video)


def _read(data: mmap.mmap, size: int) -> _Contents | None:
    head = next(ebml.read_elements(data, 0, size), None)
    if head is None or head.element_id != EBML or head.end is None:
        return None
    if data[head.end : head.end + 4] != ebml.encode_id(SEGMENT):
        return None
    # The segment's size may be unknown, or from an earlier completion: what counts is what is there.
    segment_at = head.end + 4 + 8
    found = {}
    contents = None
    for part in ebml.read_elements(data, segment_at, size):
        if part.end is None:
            break
        if part.element_id != CLUSTER:
            if part.element_id == CUES:
                break
            found[part.element_id] = part
            continue
        if contents is None:
            if INFO not in found or TRACKS not in found:
                return None
            duration_at = _find_duration(data, found[INFO])
            contents = _Contents(segment_at, found[INFO].begins_at, found[TRACKS].begins_at, duration_at, part.end, 0, False, [])
        contents.clusters_end = part.end
        _read_cluster(data, part, contents)
    return contents


def _find_duration(data: mmap.mmap, info: ebml.Found) -> int:
    assert info.end is not None
    for part in ebml.read_elements(data, info.content_at, info.end):
        if part.end is not None and part.end - part.begins_at == DURATION_SPACE and part.element_id in (0xEC, DURATION):
            return part.begins_at
    raise ValueError("this is not a file of ours: there is no room for its duration")


def _read_cluster(data: mmap.mmap, cluster: ebml.Found, contents: _Contents) -> None:
    for at_ms, track, is_keyframe in _read_blocks(data, cluster):
        contents.last_ms = max(contents.last_ms, at_ms)
        contents.has_video = contents.has_video or track == TRACK_NUMBERS["video"]
        is_first_of_cluster = not contents.cues or contents.cues[-1][2] != cluster.begins_at - contents.segment_at
        if track == TRACK_NUMBERS["video"] and is_keyframe:
            if not is_first_of_cluster and contents.cues[-1][1] != track:
                contents.cues.pop()
            elif not is_first_of_cluster:
                continue
            contents.cues.append((at_ms, track, cluster.begins_at - contents.segment_at))
        elif is_first_of_cluster and track == TRACK_NUMBERS["audio"]:
            contents.cues.append((at_ms, track, cluster.begins_at - contents.segment_at))


def _read_blocks(data: mmap.mmap, cluster: ebml.Found) -> Iterator[tuple[int, int, bool]]:
    assert cluster.end is not None
    begins_ms = 0
    for part in ebml.read_elements(data, cluster.content_at, cluster.end):
        if part.element_id == TIMESTAMP:
            begins_ms = int.from_bytes(data[part.content_at : part.end], "big")
        elif part.element_id == SIMPLE_BLOCK:
            track, offset_ms, flags = struct.unpack_from(">BhB", data, part.content_at)
            yield begins_ms + offset_ms, track & 0x7F, bool(flags & 0x80)


def _index(cues: list[tuple[int, int, int]]) -> bytes:
    """Where playing may begin: at pictures that stand for themselves; in a file without any, at every second of sound.

    And at the very beginning, also where sound came before the first picture.
    """
    kind: Kind = "video" if any(track == TRACK_NUMBERS["video"] for _at_ms, track, _cluster_at in cues) else "audio"
    points, last_ms = [], -_CUE_EVERY_MS
    for at_ms, track, cluster_at in [(0, TRACK_NUMBERS[kind], cues[0][2]), *cues] if cues else []:
        if track != TRACK_NUMBERS[kind] or at_ms - last_ms < _CUE_EVERY_MS:
            continue
        last_ms = at_ms
        position = ebml.unsigned(CUE_TRACK, track) + ebml.unsigned(CUE_CLUSTER_POSITION, cluster_at)
        points.append(ebml.element(CUE_POINT, ebml.unsigned(CUE_TIME, at_ms) + ebml.element(CUE_TRACK_POSITIONS, position)))
    return ebml.element(CUES, b"".join(points))


def _seek_head(contents: _Contents) -> bytes:
    """Filled up with nothing to the length that the header kept free."""
    places = ((INFO, contents.info_at), (TRACKS, contents.tracks_at), (CUES, contents.clusters_end))
    entries = b"".join(
        ebml.element(
            SEEK,
            ebml.element(SEEK_ID, ebml.encode_id(element_id)) + ebml.long_unsigned(SEEK_POSITION, at - contents.segment_at),
        )
        for element_id, at in places
    )
    head = ebml.element(SEEK_HEAD, entries)
    return head + ebml.void(SEEK_SPACE - len(head))

"""From RTP packets to a file, without a network: what is lost, late, wrapped, muted or moved, and what a player makes of it."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import av
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime.media.recording.clocks import SenderClock, StreamClock
from realtime.media.recording.disk import Disk
from realtime.media.recording.endings import complete_file
from realtime.media.recording.recorder import Recorder, Timeline
from realtime.media.recording.streams import Packet, Sequencer
from realtime.media.recording.webm import ClusterWriter, Frame, Kind, Tracks, write_header
from tests.media.peers import encoded, measure

BEGAN_AT = 1_000.0
Sent = tuple[Kind, Packet]
# What a demuxer looks at: twenty milliseconds of sound in one frame, and a keyframe of 16×16.
BEGINNINGS: dict[Kind, bytes] = {"audio": b"\xfc", "video": b"\x10\x00\x00\x9d\x01\x2a\x10\x00\x10\x00"}


def packets_of(
    kind: Kind, *, seconds: float = 4.0, sequence: int = 0, timestamp: int = 0, delay: float = 0.02, source: int = 1
) -> list[Sent]:
    """A stream as it would arrive, each picture in packets of 100 bytes."""
    sent: list[Sent] = []
    rate = 90_000 if kind == "video" else 48_000
    for repetition in range(int(seconds // 2)):
        for at, data, _is_keyframe in encoded(kind):
            at += 2.0 * repetition
            pieces = [data[i : i + 100] for i in range(0, len(data), 100)] if kind == "video" else [data]
            for index, piece in enumerate(pieces):
                packet = Packet(
                    source=source,
                    sequence_number=sequence & 0xFFFF,
                    timestamp=(timestamp + round(at * rate)) & 0xFFFFFFFF,
                    payload=piece,
                    is_last_of_frame=index == len(pieces) - 1,
                    starts_frame=index == 0,
                    arrived_at=BEGAN_AT + at + delay,
                )
                sent.append((kind, packet))
                sequence += 1
    return sent


def both(**options: float) -> list[Sent]:
    return in_order([*packets_of("audio"), *packets_of("video", **options)])  # type: ignore[arg-type]


def in_order(sent: Iterable[Sent]) -> list[Sent]:
    return sorted(sent, key=lambda item: item[1].arrived_at)


class Tape:
    """A recorder with its disk, fed as the relay feeds it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.disk = Disk()
        self.timeline = Timeline(BEGAN_AT)
        self.asked = 0
        self.recorder = Recorder(
            folder=folder, side="client", disk=self.disk, timeline=self.timeline, ask_keyframe=self._count_request
        )
        self._ticked_at = BEGAN_AT

    def feed(self, sent: Iterable[Sent]) -> None:
        for kind, packet in sent:
            while packet.arrived_at - self._ticked_at >= 0.5:
                self._ticked_at += 0.5
                self.recorder.tick(self._ticked_at)
            self.recorder.push(kind, packet)

    def finish(self) -> list[Path]:
        """The parts in order."""
        self.recorder.close()
        self.disk.close()
        return sorted(self.folder.glob("*.webm"), key=lambda path: int(path.name.split(".")[1]))

    def _count_request(self) -> None:
        self.asked += 1


def record(folder: Path, sent: Iterable[Sent]) -> list[Path]:
    tape = Tape(folder)
    tape.feed(sent)
    return tape.finish()


def times_of(path: Path, kind: Kind) -> list[float]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0] if kind == "video" else container.streams.audio[0]
        return [float(p.pts * p.time_base) for p in container.demux(stream) if p.size and p.pts is not None and p.time_base]


@pytest.mark.parametrize(
    ("sequence", "timestamp"),
    [(0, 0), (65_530, 0), (0, 2**32 - 45_000), (65_000, 2**32 - 1), (32_760, 2**31 - 10)],
)
def test_numbers_that_wrap_change_nothing(tmp_path: Path, sequence: int, timestamp: int) -> None:
    (path,) = record(tmp_path, both(sequence=sequence, timestamp=timestamp))
    found = measure(str(path))
    assert found["container"][0] == pytest.approx(4.0, abs=0.1)
    assert found["video"][1] == 60
    assert times_of(path, "video") == pytest.approx([i / 15 for i in range(60)], abs=0.03)
    assert times_of(path, "audio") == sorted(times_of(path, "audio"))


def test_a_packet_that_comes_late_is_put_where_it_belongs(tmp_path: Path) -> None:
    sent = [
        (kind, replace(packet, arrived_at=packet.arrived_at + 0.15) if index % 7 == 3 else packet)
        for index, (kind, packet) in enumerate(both())
    ]
    (path,) = record(tmp_path, in_order(sent))
    found = measure(str(path))
    assert found["video"][1] == 60
    assert found["audio"][1] >= 195


def test_after_a_lost_packet_nothing_is_shown_until_the_next_keyframe(tmp_path: Path) -> None:
    tape = Tape(tmp_path)
    sent = both()
    lost = next(i for i, (kind, packet) in enumerate(sent) if kind == "video" and packet.arrived_at > BEGAN_AT + 1.4)
    tape.feed([*sent[:lost], *sent[lost + 1 :]])
    (path,) = tape.finish()
    times = times_of(path, "video")
    assert [time for time in times if 1.4 < time < 1.99] == []
    assert [time for time in times if time > 1.99] == pytest.approx([2 + i / 15 for i in range(30)], abs=0.03)
    assert tape.asked > 0


def test_nothing_is_shown_before_a_keyframe(tmp_path: Path) -> None:
    tape = Tape(tmp_path)
    tape.feed(item for item in both() if item[0] == "audio" or item[1].arrived_at > BEGAN_AT + 0.3)
    (path,) = tape.finish()
    assert times_of(path, "video")[0] == pytest.approx(1.0, abs=0.03)
    assert times_of(path, "audio")[0] == pytest.approx(0.0, abs=0.03)
    assert tape.asked > 0


@pytest.mark.parametrize(("present", "missing"), [("audio", "video"), ("video", "audio")])
def test_a_medium_that_never_comes_is_not_waited_for(tmp_path: Path, present: Kind, missing: Kind) -> None:
    (path,) = record(tmp_path, packets_of(present))
    found = measure(str(path))
    assert missing not in found
    assert found["container"][0] == pytest.approx(4.0, abs=0.1)


def test_pictures_that_begin_later_begin_a_part_that_has_both(tmp_path: Path) -> None:
    late = [(kind, replace(packet, arrived_at=packet.arrived_at + 5)) for kind, packet in packets_of("video")]
    first, second = record(tmp_path, in_order([*packets_of("audio", seconds=10), *late]))
    assert set(measure(str(first))) == {"audio", "container"}
    assert set(measure(str(second))) == {"audio", "video", "container"}
    assert int(second.name.split(".")[2]) == pytest.approx(5_020, abs=60)
    assert measure(str(first))["container"][0] == pytest.approx(5.0, abs=0.1)


def test_sound_that_is_muted_for_a_while_leaves_its_gap(tmp_path: Path) -> None:
    sent = [item for item in both() if item[0] == "video" or not 1.0 < item[1].arrived_at - BEGAN_AT < 3.0]
    (path,) = record(tmp_path, sent)
    times = times_of(path, "audio")
    assert max(b - a for a, b in itertools.pairwise(times)) == pytest.approx(2.0, abs=0.1)
    assert times[-1] == pytest.approx(3.98, abs=0.05)


def test_a_sender_that_begins_anew_is_followed(tmp_path: Path) -> None:
    again = [
        (kind, replace(packet, arrived_at=packet.arrived_at + 5))
        for kind, packet in in_order([*packets_of("audio", source=7, timestamp=99), *packets_of("video", source=8, timestamp=5)])
    ]
    (path,) = record(tmp_path, [*both(sequence=40_000, timestamp=3_000_000_000), *again])
    for kind in ("audio", "video"):
        times = times_of(path, kind)  # type: ignore[arg-type]
        assert times == sorted(times)
        assert times[-1] == pytest.approx(8.98, abs=0.1)


def test_what_is_held_is_cut_out(tmp_path: Path) -> None:
    tape = Tape(tmp_path)
    sent = in_order([*packets_of("audio", seconds=8), *packets_of("video", seconds=8)])
    before = [item for item in sent if item[1].arrived_at < BEGAN_AT + 3]
    during = [item for item in sent if BEGAN_AT + 3 <= item[1].arrived_at < BEGAN_AT + 5]
    tape.feed(before)
    tape.recorder.hold()
    tape.timeline.hold(BEGAN_AT + 3)
    tape.feed(during)
    tape.timeline.go_on(BEGAN_AT + 5)
    tape.feed(sent[len(before) + len(during) :])
    (path,) = tape.finish()
    times = times_of(path, "audio")
    assert times[-1] == pytest.approx(6.0, abs=0.1)
    assert max(b - a for a, b in itertools.pairwise(times)) < 0.1


def test_an_unfinished_file_plays_up_to_its_last_cluster_and_completing_it_twice_changes_nothing(tmp_path: Path) -> None:
    (path,) = record(tmp_path, both())
    whole = path.read_bytes()
    for cut in (len(whole) - 1, len(whole) * 2 // 3, len(whole) // 2, len(whole) // 3):
        path.write_bytes(whole[:cut])
        completed = complete_file(path)
        assert completed is not None
        once = path.read_bytes()
        assert measure(str(path))["container"][0] == pytest.approx(completed.seconds, abs=0.05)
        assert complete_file(path) == completed
        assert path.read_bytes() == once


@pytest.mark.parametrize("content", [b"", b"\x1a", b"not a file of ours", bytes(200), write_header(Tracks((160, 120), True))])
def test_a_file_without_media_is_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.webm"
    path.write_bytes(content)
    assert complete_file(path) is None


def test_a_player_may_jump_to_any_keyframe(tmp_path: Path) -> None:
    (path,) = record(tmp_path, in_order([*packets_of("audio", seconds=20), *packets_of("video", seconds=20)]))
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.time_base is not None
        container.seek(int(12.3 / stream.time_base), stream=stream)
        frame = next(container.decode(stream))
        assert frame.time == pytest.approx(12.0, abs=0.05)
        container.seek(0)
        assert next(container.decode(stream)).time == pytest.approx(0.0, abs=0.05)


@settings(max_examples=150, deadline=None)
@given(
    start=st.integers(0, 65_535),
    fates=st.lists(st.tuples(st.booleans(), st.floats(0, 0.35), st.booleans()), min_size=1, max_size=80),
)
def test_packets_come_out_in_order_once_and_every_gap_is_told(start: int, fates: Sequence[tuple[bool, float, bool]]) -> None:
    """Each packet is lost or not, delayed by less than is waited for, and doubled or not."""
    arriving: list[Packet] = []
    for index, (is_lost, delay, is_doubled) in enumerate(fates):
        if is_lost and index:
            continue
        # The first is on time: what comes before it would never be known.
        at = BEGAN_AT + index * 0.02 + (delay if index else 0.0)
        packet = Packet(1, (start + index) & 0xFFFF, index, b"x", True, True, at)
        arriving += [packet, replace(packet, arrived_at=at + 0.01)] if is_doubled else [packet]
    arriving.sort(key=lambda packet: packet.arrived_at)
    # Long after, so that everything that is still waited for is given up.
    end = len(fates) + 10
    arriving.append(Packet(1, (start + end) & 0xFFFF, end, b"x", True, True, BEGAN_AT + 100))
    arriving.append(Packet(1, (start + end + 2) & 0xFFFF, end + 2, b"x", True, True, BEGAN_AT + 101))
    arriving.append(Packet(1, (start + end + 3) & 0xFFFF, end + 3, b"x", True, True, BEGAN_AT + 102))
    sequencer = Sequencer()
    out = [given_out for packet in arriving for given_out in sequencer.push(packet)]
    numbers = [packet.timestamp for packet, _after_gap in out]
    assert numbers == sorted(set(numbers))
    assert set(numbers) >= {packet.timestamp for packet in arriving if packet.timestamp <= len(fates)}
    for (before, _), (after, after_gap) in itertools.pairwise(out):
        assert after_gap == (after.timestamp != before.timestamp + 1)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    frames=st.lists(
        st.tuples(st.sampled_from(["audio", "video"]), st.integers(0, 200_000), st.binary(min_size=1, max_size=300)),
        min_size=1,
        max_size=60,
    ),
    seed=st.integers(0, 2**16),
)
def test_whatever_frames_come_every_one_is_in_the_file_in_order(
    tmp_path: Path, frames: list[tuple[Kind, int, bytes]], seed: int
) -> None:
    chance = random.Random(seed)
    writer, content = ClusterWriter(), write_header(Tracks((16, 16), True))
    for kind, at_ms, data in frames:
        writer.add(Frame(kind, at_ms, BEGINNINGS[kind] + data, is_keyframe=True))
        if chance.random() < 0.2:
            content += writer.take(settled_ms=chance.randrange(200_000))
    path = tmp_path / "x.webm"
    path.write_bytes(content + writer.take())
    assert complete_file(path) is not None
    with av.open(str(path)) as container:
        found: dict[str, list[tuple[int, bytes]]] = {"audio": [], "video": []}
        for packet in container.demux():
            if packet.size and packet.pts is not None:
                found[packet.stream.type].append((packet.pts, bytes(packet)))
    for kind in ("audio", "video"):
        assert sorted(data for _pts, data in found[kind]) == sorted(BEGINNINGS[kind] + f[2] for f in frames if f[0] == kind)
        assert [pts for pts, _data in found[kind]] == sorted(pts for pts, _data in found[kind])


def test_picture_and_sound_are_laid_beside_each_other_by_what_their_sender_reports() -> None:
    """The pictures take 200 ms longer to arrive; the sender's own clock says that they are of the same instant."""
    sender = SenderClock()
    sound, pictures = StreamClock(48_000, sender), StreamClock(90_000, sender)
    sound.report(480_000, 5_000.0, arrived_at=BEGAN_AT)
    pictures.report(900_000, 5_000.0, arrived_at=BEGAN_AT + 0.2)
    heard = sound.place(480_000 + 48_000, arrived_at=BEGAN_AT + 1.0)
    seen = pictures.place(900_000 + 90_000, arrived_at=BEGAN_AT + 1.2)
    assert seen == pytest.approx(heard, abs=0.001)


def test_a_disk_that_takes_nothing_is_noticed_and_holds_nobody_up(tmp_path: Path) -> None:
    blocked = tmp_path / "not a folder"
    blocked.write_bytes(b"")
    tape = Tape(blocked)
    tape.feed(packets_of("audio"))
    tape.disk.close()
    assert tape.recorder.has_failed

"""The last step of a packet: what one viewer gets of one medium, and what they say of it."""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable

from config import limits
from realtime.flood import TokenBucket
from realtime.media.broadcast.feeds import Feed
from realtime.media.broadcast.paces import Pace
from realtime.media.broadcast.private_parts import DirectSender
from realtime.media.recording.streams import unwrap

_STRETCHES = 32


class Outlet:
    """Begins with a keyframe. What is left out of the pictures leaves no gap in the numbers, or it would be asked for again."""

    def __init__(self, feed: Feed, pace: Pace, *, on_heard: Callable[[], None]) -> None:
        self._feed = feed
        self._pace = pace
        self._on_heard = on_heard
        self._sender: DirectSender | None = None
        self._is_flowing = False
        self._is_thinned = False
        # In the lower half, since nobody can decrypt a stream that wraps around before its first packet arrives.
        self._highest = random.getrandbits(15)
        self._first = 0
        self._offset = 0
        self._picture: int | None = None
        # From which number of ours on which offset was used; the last few only.
        self._stretches: deque[tuple[int, int]] = deque(maxlen=_STRETCHES)
        self._packets = self._octets = 0
        now = time.monotonic()
        self._resent = TokenBucket(per_second=limits.RELAY_RESENT_PER_SECOND, size=limits.RELAY_RESENT_BURST, now=now)
        self._asked = TokenBucket(
            per_second=limits.LIVESTREAM_KEYFRAME_REQUESTS_PER_SECOND,
            size=limits.LIVESTREAM_KEYFRAME_REQUESTS_BURST,
            now=now,
        )

    def attach(self, sender: DirectSender) -> None:
        """They are connected."""
        self._sender = sender
        self._feed.takers.append(self)
        self._feed.ask_keyframe()

    def detach(self) -> None:
        if self in self._feed.takers:
            self._feed.takers.remove(self)

    def thin(self, is_thinned: bool) -> None:
        """Of the pictures, only those that need no other."""
        if is_thinned == self._is_thinned:
            return
        self._is_thinned = is_thinned
        self._is_flowing, self._picture = False, None
        self._feed.ask_keyframe()

    def take(self, number: int, timestamp: int, data: bytes, *, starts_keyframe: bool) -> None:
        if not self._is_flowing and not self._admit(number, timestamp, starts_keyframe):
            return
        if number < self._first:
            return
        shifted = number + self._offset
        if shifted > self._highest:
            self._highest = shifted
        if self._offset & 0xFFFF:
            data = b"%b%b%b" % (data[:2], (shifted & 0xFFFF).to_bytes(2, "big"), data[4:])
        assert self._sender is not None
        if self._sender.write(data):
            self._packets += 1
            self._octets += len(data)
        else:
            self._pace.note_blocked(time.monotonic())

    def report(self) -> None:
        """Tell them what time it is."""
        found = self._feed.find_time()
        if self._sender is not None and found is not None and self._packets:
            seconds, timestamp = found
            self._sender.report(seconds=seconds, timestamp=timestamp, packets=self._packets, octets=self._octets)

    # What they say.

    def ask_keyframe(self) -> None:
        """Nobody may spoil everybody's pictures by asking all the time."""
        self._on_heard()
        if self._asked.take(1, time.monotonic()):
            self._feed.ask_keyframe()

    def send_again(self, sequence_numbers: list[int]) -> None:
        self._on_heard()
        # Four bytes ask for seventeen packets: for as many as a bad network needs, not for more.
        if self._sender is None or not self._resent.take(len(sequence_numbers), time.monotonic()):
            return
        for sequence_number in sequence_numbers:
            data = self._find_sent(unwrap(sequence_number, near=self._highest, bits=16))
            if data is not None:
                self._sender.write_again(sequence_number, data)

    def note_loss(self, fraction: float) -> None:
        self._on_heard()
        if self._feed.kind == "video":
            self._pace.note_loss(fraction, time.monotonic())

    def note_bandwidth(self, bits_per_second: int) -> None:
        self._on_heard()
        self._pace.note_bandwidth(bits_per_second, time.monotonic())

    def _admit(self, number: int, timestamp: int, starts_keyframe: bool) -> bool:
        if starts_keyframe and timestamp != self._picture:
            self._picture, self._first = timestamp, number
            self._offset = self._highest + 1 - number
            self._stretches.append((self._highest + 1, self._offset))
            self._is_flowing = not self._is_thinned
            return True
        if not self._is_thinned:
            self._feed.ask_keyframe()
        return timestamp == self._picture

    def _find_sent(self, shifted: int) -> bytes | None:
        if shifted > self._highest:
            return None
        for first, offset in reversed(self._stretches):
            if shifted >= first:
                return self._feed.find_sent(shifted - offset)
        return None

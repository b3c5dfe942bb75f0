"""From a stream's RTP timestamps to seconds on this process's clock, so that picture and sound of one person stay together."""

from __future__ import annotations

from config import limits
from realtime.media.recording.streams import unwrap

CLOCK_RATES = {"audio": 48_000, "video": 90_000}


class SenderClock:
    """What a sender's reports tell of its wall clock (RFC 3550, section 6.4.1), shared by all its streams.

    Its offset from our clock is taken once, from the first report: an error in it moves picture and sound alike.
    """

    def __init__(self) -> None:
        self._offset: float | None = None

    def to_ours(self, seconds: float, *, arrived_at: float) -> float:
        if self._offset is None:
            self._offset = arrived_at - seconds
        return seconds + self._offset


class StreamClock:
    """One stream's time. Until its sender has reported, a packet's time is counted from the first one's arrival."""

    def __init__(self, rate: int, sender: SenderClock) -> None:
        self._rate = rate
        self._sender = sender
        self._last: int | None = None
        # A timestamp, unwrapped, and the same instant on our clock.
        self._anchor: tuple[int, float] | None = None
        self._report: tuple[int, float] | None = None

    def report(self, timestamp: int, seconds: float, *, arrived_at: float) -> None:
        """A sender report: `timestamp` stands for `seconds` on the sender's clock."""
        self._report = (timestamp, self._sender.to_ours(seconds, arrived_at=arrived_at))

    def place(self, timestamp: int, *, arrived_at: float) -> float:
        """When this was recorded, in seconds on our clock. A sender that starts to count anew is followed."""
        last = timestamp if self._last is None else self._last
        value = unwrap(timestamp, near=last, bits=32)
        self._last = max(last, value)
        if self._anchor is None:
            self._anchor = self._find_anchor(value, arrived_at)
        placed = self._anchor[1] + (value - self._anchor[0]) / self._rate
        if abs(placed - arrived_at) > limits.RECORDING_CLOCK_JUMP_SECONDS:
            self._last = value
            self._anchor = (value, arrived_at)
            return arrived_at
        return placed

    def _find_anchor(self, value: int, arrived_at: float) -> tuple[int, float]:
        if self._report is None:
            return value, arrived_at
        at = unwrap(self._report[0], near=value, bits=32)
        return at, self._report[1]

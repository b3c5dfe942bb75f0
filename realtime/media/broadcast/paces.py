"""Whether a viewer keeps up with a livestream, by what they say of it; pure but for what it was told."""

from __future__ import annotations

from typing import Literal

from config import limits

Verdict = Literal["full", "keyframes", "gone"]


class Pace:
    """Everything, then only pictures that need no other, then nothing: step by step, each only after some seconds.

    Times are seconds of any clock that never goes back.
    """

    def __init__(self, now: float) -> None:
        self.verdict: Verdict = "full"
        self._since = now
        self._falls = 0
        self._is_behind = False
        self._turned_at = now
        self._blocked_at: float | None = None
        self._forget(now)

    def note_loss(self, fraction: float, now: float) -> None:
        self._loss, self._heard_at = fraction, now

    def note_bandwidth(self, bits_per_second: int, now: float) -> None:
        self._bandwidth = (bits_per_second, now)

    def note_blocked(self, now: float) -> None:
        """A packet could not even be sent."""
        self._blocked_at = now

    def decide(self, now: float, *, full_bits: float, keyframe_bits: float) -> Verdict:
        """To be asked a few times a second, with what the pictures take just now, all of them and keyframes alone."""
        is_behind = self._find_behind(now, full_bits if self.verdict == "full" else keyframe_bits, is_flowing=full_bits > 0)
        if is_behind != self._is_behind:
            self._is_behind, self._turned_at = is_behind, now
        lasted = now - self._turned_at
        if self.verdict == "full":
            if is_behind and lasted >= limits.LIVESTREAM_SLOW_SECONDS:
                self._falls += 1
                self._change("keyframes" if self._falls <= limits.LIVESTREAM_SLOW_FALLS else "gone", now)
            elif not is_behind and now - self._since >= limits.LIVESTREAM_STEADY_SECONDS:
                self._falls = 0
        elif self.verdict == "keyframes":
            if is_behind and lasted >= limits.LIVESTREAM_SLOW_GONE_SECONDS:
                self._change("gone", now)
            elif not is_behind and lasted >= limits.LIVESTREAM_SLOW_HOLD_SECONDS * 2 ** (self._falls - 1):
                self._change("full", now)
        return self.verdict

    def _find_behind(self, now: float, bits: float, *, is_flowing: bool) -> bool:
        if self._blocked_at is not None and now - self._blocked_at < 1.0:
            return True
        if not is_flowing:
            self._heard_at = now
            return False
        if now - self._heard_at > limits.LIVESTREAM_SLOW_HEARD_SECONDS or self._loss >= limits.LIVESTREAM_SLOW_LOSS:
            return True
        bandwidth, told_at = self._bandwidth
        is_recent = now - told_at <= limits.LIVESTREAM_SLOW_HEARD_SECONDS
        return is_recent and bandwidth < bits * limits.LIVESTREAM_SLOW_BANDWIDTH_SHARE

    def _change(self, verdict: Verdict, now: float) -> None:
        self.verdict, self._since = verdict, now
        self._is_behind, self._turned_at = False, now
        self._forget(now)

    def _forget(self, now: float) -> None:
        """What was said of another amount says nothing of this one."""
        self._loss, self._heard_at = 0.0, now
        self._bandwidth = (0, float("-inf"))

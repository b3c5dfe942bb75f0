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
        self._is_behind: bool | None = None
        self._turned_at = now
        self._blocked_at: float | None = None
        self._loss = 0.0
        # None: nothing was said since the last change.
        self._heard_at: float | None = None
        self._bandwidth, self._bandwidth_fell_at = 0, float("-inf")
        self._waiting_since = now

    def note_loss(self, fraction: float, now: float) -> None:
        self._loss, self._heard_at = fraction, now

    def note_bandwidth(self, bits_per_second: int, now: float) -> None:
        if bits_per_second < self._bandwidth:
            self._bandwidth_fell_at = now
        self._bandwidth = bits_per_second

    def note_blocked(self, now: float) -> None:
        """A packet could not even be sent."""
        self._blocked_at = now

    def decide(self, now: float, *, full_bits: float, keyframe_bits: float) -> Verdict:
        """To be asked a few times a second, with what the pictures take just now, all of them and keyframes alone."""
        is_behind = self._find_behind(now, full_bits if self.verdict == "full" else keyframe_bits, is_flowing=full_bits > 0)
        if is_behind != self._is_behind:
            self._is_behind, self._turned_at = is_behind, now
        lasted, stayed = now - self._turned_at, now - self._since
        if self.verdict == "full":
            if is_behind and lasted >= limits.LIVESTREAM_SLOW_SECONDS:
                self._falls += 1
                self._change("keyframes" if self._falls <= limits.LIVESTREAM_SLOW_FALLS else "gone", now)
            elif is_behind is False and stayed >= limits.LIVESTREAM_STEADY_SECONDS:
                self._falls = 0
        elif self.verdict == "keyframes":
            hold = limits.LIVESTREAM_SLOW_HOLD_SECONDS * 2 ** (self._falls - 1)
            if is_behind is False and lasted >= hold:
                self._change("full", now)
            elif (is_behind and lasted >= limits.LIVESTREAM_SLOW_GONE_SECONDS) or stayed >= self._patience(hold):
                self._change("gone", now)
        return self.verdict

    @staticmethod
    def _patience(hold: float) -> float:
        """Whoever has not kept up with keyframes for a while by then, although not always behind, never will."""
        return hold * 2 + limits.LIVESTREAM_SLOW_GONE_SECONDS

    def _find_behind(self, now: float, bits: float, *, is_flowing: bool) -> bool | None:
        """None: nothing is known yet."""
        if self._blocked_at is not None and now - self._blocked_at < 1.0:
            return True
        if not is_flowing:
            self._heard_at, self._waiting_since = None, now
            return False
        if now - (self._waiting_since if self._heard_at is None else self._heard_at) > limits.LIVESTREAM_SLOW_HEARD_SECONDS:
            return True
        if self._heard_at is None:
            return None
        # An estimate alone says little: it falls with every delay, on a busy device too, and takes a minute to come back.
        is_falling = now - self._bandwidth_fell_at <= limits.LIVESTREAM_SLOW_FALLING_SECONDS
        is_too_little = is_falling and self._bandwidth < bits * limits.LIVESTREAM_SLOW_BANDWIDTH_SHARE
        return self._loss >= (limits.LIVESTREAM_SLOW_LOSS_BELOW if is_too_little else limits.LIVESTREAM_SLOW_LOSS)

    def _change(self, verdict: Verdict, now: float) -> None:
        self.verdict, self._since = verdict, now
        self._is_behind, self._turned_at = None, now
        self._forget(now)

    def _forget(self, now: float) -> None:
        """What was said of another amount says nothing of this one."""
        self._loss, self._heard_at, self._waiting_since = 0.0, None, now
        self._bandwidth, self._bandwidth_fell_at = 0, float("-inf")

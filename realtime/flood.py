"""How much one connection may send: a token bucket, and when going on after refusals is called a flood."""

from __future__ import annotations

from dataclasses import dataclass

from config import limits


@dataclass(frozen=True, slots=True)
class FloodLimits:
    """What one connection may send. Commands beyond are refused one by one, frames of any kind beyond end the connection."""

    commands_per_second: float = limits.COMMANDS_PER_SECOND
    commands_burst: float = limits.COMMANDS_BURST
    refused_before_closing: int = limits.COMMANDS_REFUSED_BEFORE_CLOSING
    frames_per_second: float = limits.FRAMES_PER_SECOND
    frames_burst: float = limits.FRAMES_BURST


class TokenBucket:
    """Fills at a steady rate up to its size; whoever takes more than it holds gets nothing."""

    __slots__ = ("_filled_at", "_per_second", "_size", "_tokens")

    def __init__(self, *, per_second: float, size: float, now: float) -> None:
        """`now` here and below: seconds of any clock that never goes back."""
        self._per_second = per_second
        self._size = size
        self._tokens = size
        self._filled_at = now

    def take(self, amount: float, now: float) -> bool:
        tokens = self._tokens + (now - self._filled_at) * self._per_second
        if tokens > self._size:
            tokens = self._size
        self._filled_at = now
        if tokens < amount:
            self._tokens = tokens
            return False
        self._tokens = tokens - amount
        return True


class CommandGate:
    """Lets commands of one connection through at their rate and counts the refused ones until the sender calms down."""

    __slots__ = ("_bucket", "_calm_seconds", "_maximum", "_refused", "_refused_at")

    def __init__(self, limit: FloodLimits, now: float) -> None:
        self._bucket = TokenBucket(per_second=limit.commands_per_second, size=limit.commands_burst, now=now)
        self._calm_seconds = limit.commands_burst / limit.commands_per_second
        self._maximum = limit.refused_before_closing
        self._refused = 0
        self._refused_at = now

    def admit(self, weight: int, now: float) -> bool:
        if self._bucket.take(weight, now):
            return True
        self.count_refusal(now)
        return False

    def count_refusal(self, now: float) -> None:
        """Something was refused for its form or its rate; refusals are forgotten after as long as the bucket takes to fill."""
        if now - self._refused_at > self._calm_seconds:
            self._refused = 0
        self._refused += 1
        self._refused_at = now

    @property
    def is_flooded(self) -> bool:
        return self._refused > self._maximum

"""One ping wheel for all connections of a node, instead of a sleeping task for each."""

from __future__ import annotations

import asyncio
import math
import time
from typing import Protocol

from config import limits
from config.logging import get_logger

log = get_logger(__name__)


class Pinged(Protocol):
    """Instants are seconds of `time.monotonic`; `pinged_at` is cleared when the answer comes."""

    pinged_at: float | None
    is_over: bool

    def ping(self) -> None: ...

    def drop(self, reason: str) -> None:
        """Give the peer up."""


class PingWheel:
    """Pings each peer every interval and gives up those that leave one unanswered for longer than the timeout."""

    def __init__(self, *, interval_seconds: float, timeout_seconds: float) -> None:
        self._interval = interval_seconds
        self._timeout = timeout_seconds
        self.tick_seconds = min(limits.PING_TICK_SECONDS, interval_seconds / 4)
        rounds = math.ceil(max(interval_seconds, timeout_seconds) / self.tick_seconds) + 2
        self._slots: list[set[Pinged]] = [set() for _ in range(rounds)]
        self._turn = 0
        self._task: asyncio.Task[None] | None = None

    def add(self, peer: Pinged) -> None:
        """Ping the peer from now on, until it is over."""
        self._visit_after(peer, self._interval)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="ping-wheel")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def turn(self, now: float) -> None:
        """One tick: visit everybody whose turn it is."""
        self._turn = (self._turn + 1) % len(self._slots)
        due, self._slots[self._turn] = self._slots[self._turn], set()
        for peer in due:
            if not peer.is_over:
                try:
                    self._visit(peer, now)
                except Exception:
                    log.exception("connection.ping_failed")

    def forgive(self, now: float) -> None:
        """This process itself did not listen for a while: whoever owes an answer gets the whole time again."""
        for slot in self._slots:
            for peer in slot:
                if peer.pinged_at is not None:
                    peer.pinged_at = now

    def _visit(self, peer: Pinged, now: float) -> None:
        if peer.pinged_at is None:
            peer.pinged_at = now
            peer.ping()
            self._visit_after(peer, min(self._interval, self._timeout))
            return
        left = self._timeout - (now - peer.pinged_at)
        if left <= self.tick_seconds / 2:
            peer.drop("silent")
        else:
            self._visit_after(peer, left)

    def _visit_after(self, peer: Pinged, seconds: float) -> None:
        ticks = max(1, round(seconds / self.tick_seconds))
        self._slots[(self._turn + ticks) % len(self._slots)].add(peer)

    async def _run(self) -> None:
        expected = time.monotonic()
        while True:
            expected += self.tick_seconds
            await asyncio.sleep(max(0.0, expected - time.monotonic()))
            now = time.monotonic()
            if now - expected > limits.PING_LATE_SECONDS:
                self.forgive(now)
                expected = now
            self.turn(now)

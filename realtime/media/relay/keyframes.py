"""Asking a publisher for a picture that needs no other: many may want one at once, it is asked only so often."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from config import limits


class KeyframeRequester:
    """`send` asks for a keyframe of the given stream; nothing is asked before a packet came from it."""

    def __init__(self, send: Callable[[int], Awaitable[None]], *, every_seconds: float = limits.RELAY_KEYFRAME_SECONDS) -> None:
        self._send = send
        self._every_seconds = every_seconds
        self.source: int | None = None
        self._sent_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def ask(self) -> None:
        if self._timer is not None:
            return
        wait = self._sent_at + self._every_seconds - time.monotonic()
        self._timer = asyncio.get_running_loop().call_later(max(0.0, wait), self._fire)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _fire(self) -> None:
        self._timer = None
        if self.source is None:
            return
        self._sent_at = time.monotonic()
        task = asyncio.ensure_future(self._ask(self.source))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask(self, source: int) -> None:
        await self._send(source)

"""What answers requests inside a process that media pass through: a JSON object a line, each answered, many at once."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

import orjson

from config import limits
from config.logging import configure_logging, get_logger
from realtime.media.processes import Service, serve_parent
from realtime.media.relay.network import choose_addresses, make_loop
from realtime.media.relay.options import NetworkOptions

log = get_logger(__name__)
Send = Callable[[dict[str, Any]], None]


def run_process(descriptor: int, options: NetworkOptions, make_service: Callable[[Send], Service]) -> None:
    """All that such a process does, until the server's end of the socket closes."""
    configure_logging(level=options.log_level, readable=False)
    for noisy in ("aioice", "aiortc"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    choose_addresses(options)
    # Ctrl-C goes to the whole group; the server's end tells us when to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with asyncio.Runner(loop_factory=lambda: make_loop(options)) as runner:
        runner.run(serve_parent(descriptor, make_service))


class Refusal(Exception):
    """The text is the code that the server knows it by."""


class RequestService(ABC):
    """A process's service. Whatever goes wrong with a request of `described_by_strangers` is that description's fault alone."""

    described_by_strangers: ClassVar[frozenset[str]]
    tick_seconds: ClassVar[float]

    def __init__(self, send: Send) -> None:
        self.send = send
        self._tasks: set[asyncio.Task[None]] = set()

    @abstractmethod
    async def carry_out(self, request: dict[str, Any]) -> dict[str, Any]:
        """The answer. Raises Refusal."""

    @abstractmethod
    def tick(self, now: float) -> None: ...

    @abstractmethod
    async def close_all(self) -> None: ...

    async def serve(self, reader: asyncio.StreamReader) -> None:
        """Until the other end closes."""
        ticking = asyncio.ensure_future(self._tick())
        try:
            while line := await reader.readline():
                if len(self._tasks) >= limits.MEDIA_PROCESS_REQUESTS:
                    await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
                task = asyncio.ensure_future(self._answer(orjson.loads(line)))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        finally:
            ticking.cancel()
            await self.close_all()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(self.tick_seconds)
            self.tick(time.monotonic())

    async def _answer(self, request: dict[str, Any]) -> None:
        try:
            answer: dict[str, Any] = {"answer": await self.carry_out(request)}
        except Refusal as refusal:
            answer = {"refusal": str(refusal)}
        except Exception as error:
            # A description is a stranger's text; whatever the library makes of a bad one is that text's fault alone.
            log.warning("media_process.request_failed", request=request["do"], error=type(error).__name__)
            answer = {"refusal": "description_refused" if request["do"] in self.described_by_strangers else "failed"}
        self.send({"number": request["number"], **answer})

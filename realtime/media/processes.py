"""A process that media pass through, as the server sees it: started when it is first needed, and asked over a private socket.

Nothing here imports what such a process imports.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

import orjson

import realtime
from config import limits
from config.logging import get_logger

log = get_logger(__name__)
# Told of everything that the process says unasked; `{"event": "lost"}`: it died.
OnEvent = Callable[[dict[str, Any]], Awaitable[None]]


class MediaProcessUnreachable(Exception):
    """It could not be started, died, or does not answer."""


class MediaProcessRefused(Exception):
    """It answered no; the text is why."""


class MediaProcess:
    """Requests may be made from several tasks at once. A process that died is started anew by the next request.

    `module` is run with the descriptor of its end of the socket and `options`.
    """

    def __init__(self, module: str, options: str, on_event: OnEvent) -> None:
        self._module = module
        self._options = options
        self._on_event = on_event
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._process: asyncio.subprocess.Process | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._following: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._is_closed = False

    @property
    def process_id(self) -> int | None:
        """None while none runs."""
        return None if self._process is None or self._process.returncode is not None else self._process.pid

    async def ask(self, action: str, **fields: Any) -> dict[str, Any]:
        """Raises MediaProcessUnreachable or MediaProcessRefused."""
        writer = await self._connect()
        number = next(self._numbers)
        self._waiting[number] = future = asyncio.get_running_loop().create_future()
        try:
            writer.write(orjson.dumps({"number": number, "do": action, **fields}) + b"\n")
            answer = await asyncio.wait_for(future, limits.MEDIA_PROCESS_ANSWER_SECONDS)
        except (TimeoutError, ConnectionError, OSError) as error:
            raise MediaProcessUnreachable from error
        finally:
            self._waiting.pop(number, None)
        if "refusal" in answer:
            raise MediaProcessRefused(answer["refusal"])
        found: dict[str, Any] = answer["answer"]
        return found

    async def close(self) -> None:
        """Let it complete its files, for a bounded time."""
        self._is_closed = True
        async with self._starting:
            process = self._process
            if self._writer is not None:
                self._writer.close()
            if process is None:
                return
            try:
                await asyncio.wait_for(process.wait(), limits.MEDIA_PROCESS_STOP_SECONDS)
            except TimeoutError:
                process.kill()
                await process.wait()
            if self._following is not None:
                await asyncio.gather(self._following, return_exceptions=True)

    async def _connect(self) -> asyncio.StreamWriter:
        async with self._starting:
            if self._is_closed:
                raise MediaProcessUnreachable
            if self._writer is None:
                try:
                    await asyncio.wait_for(self._start(), limits.MEDIA_PROCESS_START_SECONDS)
                except (OSError, TimeoutError, EOFError) as error:
                    log.warning("media_process.not_started", module=self._module, error=type(error).__name__)
                    self._kill()
                    raise MediaProcessUnreachable from error
            assert self._writer is not None
            return self._writer

    async def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            ours.setblocking(False)
            reader, writer = await asyncio.open_connection(sock=ours, limit=limits.MEDIA_PROCESS_LINE_BYTES)
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                self._module,
                str(theirs.fileno()),
                self._options,
                pass_fds=(theirs.fileno(),),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                env=_environment(),
            )
        try:
            if not await reader.readline():
                raise EOFError
        except BaseException:
            writer.close()
            raise
        self._writer = writer
        self._following = asyncio.ensure_future(self._follow(reader, writer, self._process))
        log.info("media_process.started", module=self._module, process_id=self._process.pid)

    def _kill(self) -> None:
        if self.process_id is not None:
            assert self._process is not None
            self._process.kill()

    async def _follow(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, process: asyncio.subprocess.Process
    ) -> None:
        try:
            while line := await reader.readline():
                await self._take(orjson.loads(line))
        except (OSError, ValueError) as error:
            log.warning("media_process.unreadable", module=self._module, error=type(error).__name__)
        self._writer = None
        writer.close()
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(ConnectionResetError())
        if not self._is_closed:
            self._kill()
            code = await process.wait()
            log.error("media_process.lost", module=self._module, exit_code=code)
            await self._on_event({"event": "lost"})

    async def _take(self, message: dict[str, Any]) -> None:
        if "number" in message:
            future = self._waiting.get(message["number"])
            if future is not None and not future.done():
                future.set_result(message)
            return
        try:
            await self._on_event(message)
        except Exception:
            log.exception("media_process.event_failed", module=self._module, event_name=message.get("event"))


class Service(Protocol):
    """What answers inside the process, until the server's end closes."""

    async def serve(self, reader: asyncio.StreamReader) -> None: ...


async def serve_parent(descriptor: int, make_service: Callable[[Callable[[dict[str, Any]], None]], Service]) -> None:
    """The other end, inside the process. `make_service` gets what sends a message to the server."""
    control = socket.socket(fileno=descriptor)
    reader, writer = await asyncio.open_connection(sock=control, limit=limits.MEDIA_PROCESS_LINE_BYTES)

    def send(message: dict[str, Any]) -> None:
        if not writer.is_closing():
            writer.write(orjson.dumps(message) + b"\n")

    send({"event": "ready"})
    serving = asyncio.ensure_future(make_service(send).serve(reader))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, reader.feed_eof)
    await serving
    writer.close()


def _environment() -> dict[str, str]:
    """Ours without settings, which may be secrets; this program's modules are found wherever it was started."""
    kept = {key: value for key, value in os.environ.items() if not key.upper().startswith("SOULSEER_")}
    root = str(Path(realtime.__file__).resolve().parents[1])
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, (root, kept.get("PYTHONPATH"))))}

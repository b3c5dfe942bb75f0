"""The relay as the server sees it: a child process that is started when it is first needed, and asked over a private socket.

Nothing here imports what the relay imports.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import orjson

import realtime
from config import limits
from config.logging import get_logger
from realtime.media.relay.options import RelayOptions

log = get_logger(__name__)
# Told of every event of a room: the room, the event's name, its fields. `lost` without a room: the process died.
OnEvent = Callable[[str, dict[str, Any]], Awaitable[None]]


class RelayUnreachable(Exception):
    """The relay could not be started, died, or does not answer."""


class RelayRefused(Exception):
    """It answered no; the text is why: `full`, `no_such_room`, `description_refused`, `failed`."""


class RelayProcess:
    """Requests may be made from several tasks at once. A process that died is started anew by the next request."""

    def __init__(self, options: RelayOptions, on_event: OnEvent) -> None:
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
        """Raises RelayUnreachable or RelayRefused."""
        writer = await self._connect()
        number = next(self._numbers)
        self._waiting[number] = future = asyncio.get_running_loop().create_future()
        try:
            writer.write(orjson.dumps({"number": number, "do": action, **fields}) + b"\n")
            answer = await asyncio.wait_for(future, limits.RELAY_ANSWER_SECONDS)
        except (TimeoutError, ConnectionError, OSError) as error:
            raise RelayUnreachable from error
        finally:
            self._waiting.pop(number, None)
        if "refusal" in answer:
            raise RelayRefused(answer["refusal"])
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
                await asyncio.wait_for(process.wait(), limits.RELAY_STOP_SECONDS)
            except TimeoutError:
                process.kill()
                await process.wait()
            if self._following is not None:
                await asyncio.gather(self._following, return_exceptions=True)

    async def _connect(self) -> asyncio.StreamWriter:
        async with self._starting:
            if self._is_closed:
                raise RelayUnreachable
            if self._writer is None:
                try:
                    await asyncio.wait_for(self._start(), limits.RELAY_START_SECONDS)
                except (OSError, TimeoutError, EOFError) as error:
                    log.warning("relay.not_started", error=type(error).__name__)
                    self._kill()
                    raise RelayUnreachable from error
            assert self._writer is not None
            return self._writer

    async def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            ours.setblocking(False)
            reader, writer = await asyncio.open_connection(sock=ours, limit=limits.RELAY_LINE_BYTES)
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "realtime.media.relay",
                str(theirs.fileno()),
                self._options.model_dump_json(),
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
        log.info("relay.started", process_id=self._process.pid)

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
            log.warning("relay.unreadable", error=type(error).__name__)
        self._writer = None
        writer.close()
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(ConnectionResetError())
        if not self._is_closed:
            self._kill()
            code = await process.wait()
            log.error("relay.lost", exit_code=code)
            await self._on_event("", {"event": "lost"})

    async def _take(self, message: dict[str, Any]) -> None:
        if "number" in message:
            future = self._waiting.get(message["number"])
            if future is not None and not future.done():
                future.set_result(message)
            return
        try:
            await self._on_event(message.get("room", ""), message)
        except Exception:
            log.exception("relay.event_failed", event_name=message.get("event"))


def _environment() -> dict[str, str]:
    """Ours without settings, which may be secrets; this program's modules are found wherever it was started."""
    kept = {key: value for key, value in os.environ.items() if not key.upper().startswith("SOULSEER_")}
    root = str(Path(realtime.__file__).resolve().parents[1])
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, (root, kept.get("PYTHONPATH"))))}

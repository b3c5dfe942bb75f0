"""The wire of the direct path: frames are dispatched straight from the parser and written straight to the transport.

Writing without a queue needs a bound of its own: near it, what a newer event replaces waits aside; past it, the peer is dropped,
connects again and catches up from the database.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import orjson
from aiohttp import web
from engineio.packet import Packet

from config import limits
from config.logging import get_logger
from realtime.direct.frames import text_frame
from realtime.direct.pings import PingWheel
from realtime.direct.websockets import DirectWebSocket
from realtime.direct.wires import Wire, WireOwner
from realtime.packets import read_command

log = get_logger(__name__)

_PING = text_frame(b"2")
_LARGE_ANSWER_BYTES = 16 * 1024


class DirectWire(Wire):
    """Also what engineio's server knows as its socket: it has `sid`, `closed`, `send` and `close`."""

    connected = upgraded = True

    def __init__(self, owner: WireOwner, engine: Any, sid: str, wheel: PingWheel) -> None:
        """`engine` is engineio's server."""
        super().__init__(owner, DirectWebSocket(self._take_text))
        self.sid = sid
        self.closed = False
        self.pinged_at: float | None = None
        self._engine = engine
        self._wheel = wheel
        self._transport: asyncio.WriteTransport | None = None
        self._reason: str | None = None
        # Bytes of large answers that may still be waiting: the peer asked for them, so they do not count against it.
        self._answer_bytes = 0
        # Events that wait until the peer reads again, the newest of each key.
        self._aside: dict[str, bytes] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, environ: dict[str, Any]) -> web.WebSocketResponse:
        """Upgrade the request and serve it until the WebSocket is over."""
        await self.open(environ)
        assert self._request is not None
        self._transport = self._request.transport
        try:
            self._write(text_frame(b"0" + orjson.dumps(self._handshake())))
            self._wheel.add(self)
            await self._read()
        finally:
            self.closed = True
            self.closed_down()
            reason = self._reason or self._engine.reason.TRANSPORT_CLOSE
            await self._engine._trigger_event("disconnect", self.sid, reason, run_async=False)
        return self._websocket

    def _handshake(self) -> dict[str, Any]:
        return {
            "sid": self.sid,
            "upgrades": [],
            "pingTimeout": int(self._engine.ping_timeout * 1000),
            "pingInterval": int(self._engine.ping_interval * 1000),
            "maxPayload": self._engine.max_http_buffer_size,
        }

    # What comes in.

    async def _read(self) -> None:
        """Frames that were not taken on the spot: connecting, leaving, and whatever is wrong in some way."""
        while True:
            try:
                frame = await self.next_frame()
            except OSError:
                return
            if frame == "3":
                self.pinged_at = None
            elif isinstance(frame, bytes) or frame[0] == "4":
                content = frame if isinstance(frame, bytes) else frame[1:]
                await self._engine._trigger_event("message", self.sid, content, run_async=False)
            elif frame[0] == "1":
                self._reason = self._engine.reason.CLIENT_DISCONNECT
                return

    def _take_text(self, text: str) -> bool:
        """Called by the parser. Takes pongs and the commands of a peer that was let in; leaves everything else to `_read`."""
        if text == "3":
            self.last_frame_at = time.monotonic()
            self.pinged_at = None
            self.admit_frame(self.last_frame_at)
            return True
        connection = self.connection
        if connection is None or text[:2] != "42":
            return False
        start = text.find("[", 2, 18)
        number = text[2:start]
        if start < 0 or (number and not (number.isascii() and number.isdigit())):
            return False
        self.last_frame_at = now = time.monotonic()
        if self.admit_frame(now):
            work = self._answer(connection, number, read_command(text[start:]))
            task = asyncio.get_running_loop().create_task(work)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return True

    async def _answer(self, connection: Any, number: str, command: list[Any]) -> None:
        answer = await self.owner.run_command(connection, command[0], command[1:])
        if number:
            self._write_answer(text_frame(f"43{number}".encode() + orjson.dumps([answer])))

    # What goes out.

    def write_event(self, frame: bytes, key: str | None = None) -> None:
        """Write one event. `key`: a newer event of that key says all that this one says, should the peer read slowly."""
        transport = self._transport
        if transport is None or self.closed:
            return
        waiting = transport.get_write_buffer_size()
        if waiting == 0:
            self._answer_bytes = 0
        allowed = limits.OUTGOING_BYTES + self._answer_bytes
        if waiting > allowed:
            self.drop("slow")
            return
        if key is not None:
            if waiting > allowed - limits.OUTGOING_BYTES // 2:
                self._put_aside(frame, key)
                return
            if self._aside:
                self._aside.pop(key, None)
        if self._aside and waiting <= limits.OUTGOING_BYTES // 4:
            self._write_aside()
        self._write(frame)

    def _put_aside(self, frame: bytes, key: str) -> None:
        if self._aside is None:
            self._aside = {}
        if key in self._aside or len(self._aside) < limits.OUTGOING_EVENTS_ASIDE:
            self._aside[key] = frame

    def _write_answer(self, frame: bytes) -> None:
        transport = self._transport
        if transport is None or self.closed:
            return
        waiting = transport.get_write_buffer_size()
        if waiting == 0:
            self._answer_bytes = 0
        elif waiting > limits.OUTGOING_ANSWER_BYTES:
            self.drop("slow")
            return
        if len(frame) > _LARGE_ANSWER_BYTES:
            self._answer_bytes += len(frame)
        self._write(frame)

    def _write_aside(self) -> None:
        events, self._aside = self._aside, None
        for frame in (events or {}).values():
            self._write(frame)

    def _write(self, frame: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(frame)

    def ping(self) -> None:
        """Called by the wheel."""
        if self._aside and self._transport is not None and self._transport.get_write_buffer_size() == 0:
            self._write_aside()
        self._write(_PING)

    def drop(self, reason: str) -> None:
        """Give up a peer that does not answer or does not read."""
        if self.closed or self.was_dropped:
            return
        log.info("connection.dropped", reason=reason)
        self.was_dropped = not self.was_closed
        if reason == "silent":
            self._reason = self._engine.reason.PING_TIMEOUT
        if self._transport is not None:
            self._transport.abort()

    # What engineio's server asks of its sockets.

    async def send(self, packet: Packet) -> None:
        content = packet.encode()
        self._write_answer(text_frame(content.encode() if isinstance(content, str) else content))

    async def close(self, wait: bool = True, abort: bool = False, reason: str | None = None) -> None:
        self._reason = reason
        await self.end()

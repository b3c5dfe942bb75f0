"""The WebSocket under a connection, on either path: knows when the last frame came and who ended it.

Permessage-deflate is off (it costs 100 KB for each connection), every frame is judged before python-socketio sees it, and closing
takes a bounded time even when the peer does not read.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from aiohttp import WSMsgType, web

from config import limits
from realtime.flood import FloodLimits, TokenBucket
from realtime.packets import Reading, judge_frame

if TYPE_CHECKING:
    from realtime.connections import LiveConnection

# Under which the wire is found in the environment that python-socketio hands to the connect handler.
WIRE = "soulseer.wire"

_FRAMES = frozenset({WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.PING, WSMsgType.PONG})


class WireOwner(Protocol):
    """Who is told about wires; must not raise."""

    flood_limits: FloodLimits

    def wire_opened(self, wire: Wire) -> None: ...

    def wire_closed(self, wire: Wire) -> None: ...

    def wire_flooded(self, wire: Wire) -> None: ...

    async def run_command(self, connection: LiveConnection, name: Any, arguments: list[Any]) -> dict[str, Any]: ...


class Wire:
    """One WebSocket. Instants are seconds of `time.monotonic`."""

    def __init__(self, owner: WireOwner, websocket: web.WebSocketResponse) -> None:
        self.owner = owner
        self.connection: LiveConnection | None = None
        self.opened_at = self.last_frame_at = time.monotonic()
        # Closes when nobody has been let in through it by then.
        self.deadline: float | None = self.opened_at + limits.CONNECT_SECONDS
        # By the peer (close frame, FIN, RST) or by us on purpose; otherwise the peer just fell silent.
        self.was_closed = False
        # Given up by us because the peer was silent or did not read; what it last sent is what dates its loss.
        self.was_dropped = False
        self.is_over = False
        self._websocket = websocket
        self._request: web.Request | None = None
        flood = owner.flood_limits
        self._frames = TokenBucket(per_second=flood.frames_per_second, size=flood.frames_burst, now=self.opened_at)

    async def open(self, environ: dict[str, Any]) -> None:
        """Answer the upgrade request."""
        environ[WIRE] = self
        self._request = environ["aiohttp.request"]
        await self._websocket.prepare(self._request)
        self.owner.wire_opened(self)

    def closed_down(self) -> None:
        """Nothing more comes or goes."""
        self.is_over = True
        self.owner.wire_closed(self)

    async def next_frame(self) -> str | bytes:
        """The next frame that python-socketio is to see. Raises OSError when there will be none."""
        while True:
            message = await self._websocket.receive()
            kind = message.type
            if kind not in _FRAMES:
                break
            self.last_frame_at = now = time.monotonic()
            if not self.admit_frame(now):
                continue
            if kind is WSMsgType.TEXT:
                reading = judge_frame(message.data, is_connected=self.connection is not None)
                if reading is Reading.PASS_ON:
                    return str(message.data)
                if reading is Reading.END:
                    break
            elif kind is WSMsgType.BINARY and self.connection is not None:
                return bytes(message.data)
            elif kind is WSMsgType.PING:
                await self._websocket.pong(message.data)
        self.was_closed = not self.was_dropped
        raise OSError("the WebSocket is over")

    def admit_frame(self, now: float) -> bool:
        """Whether a frame may be looked at; a peer that sends far too many is reported."""
        if self._frames.take(1, now):
            return True
        self.owner.wire_flooded(self)
        return False

    async def end(self) -> None:
        """Send what is waiting, then close; cut off when the peer does not let that happen in time."""
        if self.is_over:
            return
        if not self._websocket.closed:
            self.was_closed = True
        with suppress(TimeoutError, OSError, RuntimeError):
            async with asyncio.timeout(limits.SOCKET_CLOSE_SECONDS):
                await self.flush()
                await self._websocket.close()
        # What a closed transport still holds is for a peer that reads; give it a moment, not more.
        transport = None if self._request is None else self._request.transport
        if transport is not None:
            asyncio.get_running_loop().call_later(limits.SOCKET_CLOSE_SECONDS, transport.abort)

    async def flush(self) -> None:
        """Wait until what was sent is on its way."""


class PlainWire(Wire):
    """Stands where engineio's own aiohttp driver stood, under its stock socket with its queue, tasks and pings."""

    def __init__(self, owner: WireOwner, handler: Callable[[Any], Awaitable[None]], server: Any) -> None:
        """`handler` is the bound method of engineio's socket that reads until the end; `server` is engineio's."""
        super().__init__(
            owner,
            web.WebSocketResponse(
                max_msg_size=limits.SOCKET_TRANSPORT_BYTES, compress=False, autoping=False, timeout=limits.SOCKET_CLOSE_SECONDS
            ),
        )
        self._handler = handler
        self._queue: asyncio.Queue[Any] = handler.__self__.queue  # type: ignore[attr-defined]

    async def __call__(self, environ: dict[str, Any]) -> web.WebSocketResponse:
        """Engineio's entry: upgrade the request and serve it until the WebSocket is over."""
        await self.open(environ)
        try:
            await self._handler(self)
        finally:
            self.closed_down()
        return self._websocket

    async def wait(self) -> str | bytes:
        return await self.next_frame()

    async def send(self, message: str | bytes) -> None:
        if isinstance(message, bytes):
            await self._websocket.send_bytes(message)
        else:
            await self._websocket.send_str(message)

    async def close(self) -> None:
        """Engineio's way out, once its reader has ended for whatever reason."""
        await self._websocket.close()

    async def flush(self) -> None:
        await self._queue.join()

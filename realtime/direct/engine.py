"""Building python-socketio's server for either path: as it comes, or with the direct path behind its own API."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

import engineio
import socketio
from aiohttp import web

from config import limits
from realtime.direct.direct_wires import DirectWire
from realtime.direct.pings import PingWheel
from realtime.direct.rooms import DirectRooms
from realtime.direct.wires import PlainWire, WireOwner
from realtime.packets import Json, StrictPacket


def build_engine(owner: WireOwner, *, direct: bool) -> socketio.AsyncServer:
    """A server that speaks WebSocket only. `direct`: frames are written and dispatched without queues and tasks in between."""
    options = _options()
    if direct:
        engine = DirectServer(client_manager=DirectRooms(), **options)
        engine.eio.owner = owner
        return engine
    engine = socketio.AsyncServer(**options)
    engine.eio._async = {**engine.eio._async, "websocket": partial(PlainWire, owner)}
    return engine


async def emit_to_room(
    engine: socketio.AsyncServer, event: str, data: Any, *, room: str, skip: str | None, key: str | None = None
) -> None:
    """Send to everybody in the room on this node but `skip`. `key`: see `DirectWire.write_event`; plain wires do without."""
    if isinstance(engine.manager, DirectRooms):
        await engine.manager.write_to_room(event, data, room, skip, key)
    else:
        await engine.emit(event, data, room=room, skip_sid=skip)


def _options() -> dict[str, Any]:
    return {
        "async_mode": "aiohttp",
        "transports": ["websocket"],
        # Who connects is proven by the token in the connect packet, never by a cookie, so any origin may.
        "cors_allowed_origins": "*",
        "cors_credentials": False,
        "ping_interval": limits.PING_INTERVAL_SECONDS,
        "ping_timeout": limits.PING_TIMEOUT_SECONDS,
        "max_http_buffer_size": limits.SOCKET_TRANSPORT_BYTES,
        "http_compression": False,
        "allow_upgrades": False,
        "serializer": StrictPacket,
        "json": Json,
        "logger": logging.getLogger("socketio"),
        "engineio_logger": logging.getLogger("engineio"),
    }


class DirectEngine(engineio.AsyncServer):  # type: ignore[misc]  # the library has no types
    """engineio's server with wires of ours for sockets, and one wheel for their pings."""

    owner: WireOwner

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._wheel = PingWheel(interval_seconds=self.ping_interval, timeout_seconds=self.ping_timeout)

    async def _handle_connect(self, environ: dict[str, Any], transport: str, jsonp_index: object = None) -> web.StreamResponse:
        """Called with an upgrade to WebSocket only, since there is no other transport; returns when it is over."""
        sid = self.generate_id()
        self.sockets[sid] = wire = DirectWire(self.owner, self, sid, self._wheel)
        try:
            await self._trigger_event("connect", sid, environ, run_async=False)
            return await wire.serve(environ)
        finally:
            self.sockets.pop(sid, None)

    async def shutdown(self) -> None:
        await self._wheel.stop()
        await super().shutdown()


class DirectServer(socketio.AsyncServer):  # type: ignore[misc]  # the library has no types
    """python-socketio's server on the engine above."""

    def _engineio_server_class(self) -> type[DirectEngine]:
        return DirectEngine

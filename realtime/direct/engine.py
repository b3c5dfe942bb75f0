"""Building python-socketio's server for either path: as it comes, or with the direct path behind its own API."""

from __future__ import annotations

import logging
from functools import partial

import socketio

from config import limits
from realtime.direct.wires import Wire, WireOwner
from realtime.packets import Json, StrictPacket


def build_engine(owner: WireOwner, *, direct: bool) -> socketio.AsyncServer:
    """A server that speaks WebSocket only. `direct`: frames are written and dispatched without queues and tasks in between."""
    engine = socketio.AsyncServer(
        async_mode="aiohttp",
        transports=["websocket"],
        # Who connects is proven by the token in the connect packet, never by a cookie, so any origin may.
        cors_allowed_origins="*",
        cors_credentials=False,
        ping_interval=limits.PING_INTERVAL_SECONDS,
        ping_timeout=limits.PING_TIMEOUT_SECONDS,
        max_http_buffer_size=limits.SOCKET_TRANSPORT_BYTES,
        http_compression=False,
        allow_upgrades=False,
        serializer=StrictPacket,
        json=Json,
        logger=logging.getLogger("socketio"),
        engineio_logger=logging.getLogger("engineio"),
    )
    engine.eio._async = {**engine.eio._async, "websocket": partial(Wire, owner)}
    return engine

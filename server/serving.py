"""Listening: the application on a socket that was bound before anything else started, and a stop within a bounded time."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from config import limits
from config.errors import StartupError
from config.logging import get_logger

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the server can be reached."""

    host: str
    port: int

    @property
    def url(self) -> str:
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)  # noqa: S104
        return f"http://{f'[{host}]' if ':' in host and not host.startswith('[') else host}:{self.port}"


LISTENING = web.AppKey("listening", Listening)


def bind(host: str, port: int) -> socket.socket:
    """A bound socket, not listening yet. Raises StartupError with what to do."""
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except socket.gaierror:
        raise StartupError(f"the host {host!r} is not known; choose another --host") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise StartupError(f"port {port} on {host} is in use already; stop what uses it or choose another --port") from None
        reason = error.strerror or "unknown reason"
        raise StartupError(f"cannot listen on {host} port {port}: {reason}; choose another --host or --port") from None
    return bound


@asynccontextmanager
async def serve(app: web.Application, bound: socket.socket) -> AsyncIterator[Listening]:
    """Start every part, then accept; at the end stop accepting, let what is under way finish, and stop every part."""
    address = bound.getsockname()
    listening = Listening(address[0], address[1])
    app[LISTENING] = listening
    runner = web.AppRunner(
        app, access_log=None, handle_signals=False, shutdown_timeout=limits.SHUTDOWN_REQUESTS_SECONDS, max_line_size=16_384
    )
    try:
        await runner.setup()
        await web.SockSite(runner, bound, backlog=1024).start()
        yield listening
    finally:
        try:
            await asyncio.wait_for(runner.cleanup(), limits.SHUTDOWN_SECONDS)
        except TimeoutError:
            log.warning("server.stop_cut_short")
        bound.close()

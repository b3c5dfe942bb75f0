"""Letting a client in: whose token it is, where it comes from, and its connection's row."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from aiohttp import web

from config import limits
from config.clock import Clock
from config.errors import Unauthenticated
from realtime.commands import Caller
from realtime.errors import ServerRestarting, TooManyConnections
from realtime.presence import Node
from realtime.reader_status import announce_reader_status
from storage.connections import count_connections_locked, insert_connection
from storage.database import Database
from storage.transaction import Transaction

# Whose token it is. Raises AppError.
Authenticate = Callable[[str], Awaitable[Caller]]
# The IP address and the user agent that a request came with.
DescribeOrigin = Callable[[web.Request], tuple[str | None, str | None]]


def origin_as_seen(request: web.Request) -> tuple[str | None, str | None]:
    """For a server that stands behind no proxy."""
    return request.remote, request.headers.get("User-Agent", "")[: limits.USER_AGENT_LENGTH] or None


class Admission:
    """Checks who comes and writes down that they are here."""

    def __init__(
        self, *, database: Database, clock: Clock, node: Node, authenticate: Authenticate, describe_origin: DescribeOrigin
    ) -> None:
        self._database = database
        self._clock = clock
        self._node = node
        self._authenticate = authenticate
        self._describe_origin = describe_origin

    async def admit(self, connection_id: str, request: web.Request, auth: object) -> Caller:
        """`auth` is what the connect packet carried. Raises Unauthenticated, TooManyConnections, ServerRestarting and what
        authenticating raises; then no row is left."""
        caller = await self._authenticate(_read_token(auth))
        if not self._node.holds_lease(self._clock.now()):
            raise ServerRestarting
        ip_address, user_agent = self._describe_origin(request)
        caller = replace(caller, connection_id=connection_id, ip_address=ip_address, user_agent=user_agent)
        await self._database.transact(lambda tx: self._write_connection(tx, caller))
        return caller

    async def _write_connection(self, tx: Transaction, caller: Caller) -> None:
        now = self._clock.now()
        before = await count_connections_locked(tx, caller.user_id, now=now)
        if before >= limits.CONNECTIONS_PER_USER:
            raise TooManyConnections
        if not await insert_connection(
            tx,
            connection_id=caller.connection_id,
            node_id=self._node.id,
            user_id=caller.user_id,
            login_id=caller.login_id,
            now=now,
        ):
            raise ServerRestarting
        if before == 0 and caller.role == "reader":
            await announce_reader_status(tx, caller.user_id, now=now)


def _read_token(auth: object) -> str:
    token = auth.get("token") if isinstance(auth, dict) else None
    if not isinstance(token, str) or not token or len(token) > limits.ACCESS_TOKEN_LENGTH:
        raise Unauthenticated
    return token

"""The live door: who is let in, one dispatch path for every command, and connections closed with a reason on every node."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from aiohttp import web
from socketio.exceptions import ConnectionRefusedError as Refusal

from config import limits
from config.clock import Clock
from config.errors import AppError, Overloaded
from config.logging import get_logger
from config.settings import Settings
from realtime.admission import Admission, Authenticate, DescribeOrigin, origin_as_seen
from realtime.closing import CLOSINGS, ConnectionClosingEvent
from realtime.commands import Caller, Command, EventKind, Live
from realtime.connections import LiveConnection, LocalConnections
from realtime.delivery import Delivery
from realtime.direct.engine import build_engine, emit_to_room
from realtime.direct.wires import WIRE, Wire
from realtime.dispatch import Acknowledgement, Dispatcher, Observe, encode_once
from realtime.errors import ServerRestarting
from realtime.flood import CommandGate, FloodLimits
from realtime.losses import Loss, Losses, OnConnectionLost
from realtime.node_calls import NodeCalls
from realtime.packets import Refused
from realtime.presence import Node
from storage.backplane import Backplane
from storage.connections import list_lost_logins
from storage.database import Database
from storage.transaction import user_audience

log = get_logger(__name__)

SOCKET_PATH = "/socket.io/"


class LiveGateway:
    """`mount`, then `start(live)`; `stop` before the web server waits for open requests."""

    def __init__(
        self,
        *,
        settings: Settings,
        database: Database,
        clock: Clock,
        node: Node,
        commands: Sequence[Command],
        events: Sequence[EventKind] = (),
        authenticate: Authenticate,
        render_refusal: Callable[[AppError], dict[str, Any]],
        on_connection_lost: OnConnectionLost,
        redis_url: str | None = None,
        describe_origin: DescribeOrigin = origin_as_seen,
        observe: Observe | None = None,
        flood_limits: FloodLimits | None = None,
    ) -> None:
        """`authenticate` raises AppError; `render_refusal` makes the HTTP error body that a refused connect carries as `data`."""
        self.flood_limits = flood_limits or FloodLimits()
        self._database = database
        self._clock = clock
        self._node = node
        self._admission = Admission(
            database=database, clock=clock, node=node, authenticate=authenticate, describe_origin=describe_origin
        )
        self._render_refusal = render_refusal
        self._dispatcher = Dispatcher(commands, observe=observe)
        self._connections = LocalConnections()
        self._wires: set[Wire] = set()
        self._losses = Losses(database=database, clock=clock, on_connection_lost=on_connection_lost)
        self._backplane = Backplane(redis_url, self._receive_from_node) if redis_url else None
        self.calls = NodeCalls(node, None if self._backplane is None else self._backplane.publish)
        self._live: Live | None = None
        self._is_stopping = False
        # When it began to end all connections: nobody who was connected here has been served since.
        self.closed_at: datetime | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._engine = build_engine(self, direct=settings.server.direct_path)
        self._engine.on("connect", self._connect)
        self._engine.on("disconnect", self._disconnect)
        self._engine.on("*", self._command)
        self.delivery = Delivery(self._emit_here, backplane=self._backplane, events=events)

    @property
    def connection_count(self) -> int:
        return len(self._connections)

    @property
    def commands_in_flight(self) -> int:
        return sum(connection.commands_in_flight for connection in self._connections.all())

    def mount(self, app: web.Application) -> None:
        app.router.add_get(SOCKET_PATH, self._handle_request)

    async def start(self, live: Live) -> None:
        self._live = live
        self._losses.start()
        if self._backplane is not None:
            self._backplane.start()
        self._spawn(self._watch_over())

    async def stop(self) -> None:
        """Let nobody in, tell everybody, close everything, bounded in time. What was lost is left to `Node.release`."""
        if self._is_stopping:
            return
        self._is_stopping = True
        self.closed_at = self._clock.now()
        await self.close_all("server.restarting")
        await self.calls.close()
        if self._backplane is not None:
            await self._backplane.close()
        await self._losses.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._engine.shutdown()

    async def enter_room(self, connection_id: str, room: str) -> None:
        """Does nothing when the connection is gone."""
        if self._connections.find(connection_id) is not None:
            await self._engine.enter_room(connection_id, room)

    async def leave_room(self, connection_id: str, room: str) -> None:
        if self._connections.find(connection_id) is not None:
            await self._engine.leave_room(connection_id, room)

    async def take_out(self, user_id: UUID, room: str) -> None:
        """All connections of a person, on every node."""
        await self.take_out_here(user_id, room)
        self._tell_nodes({"leave": room, "user": str(user_id)})

    async def take_out_here(self, user_id: UUID, room: str) -> None:
        for connection in self._connections.of_user(user_id):
            await self._engine.leave_room(connection.id, room)

    async def close_connections(self, connection_ids: Collection[str], code: str) -> None:
        """`code` is one of `CLOSINGS`. Returns at once; the connections, on whichever node, are closed within two seconds."""
        self._close(self._connections.of_ids(connection_ids), code)
        self._tell_nodes({"close": code, "connections": list(connection_ids)})

    async def close_logins(self, login_ids: Sequence[UUID]) -> None:
        """The logins were revoked: end what was opened with them, on every node."""
        self._close(self._connections.of_logins(login_ids), "auth.revoked")
        self._tell_nodes({"close": "auth.revoked", "logins": [str(login_id) for login_id in login_ids]})

    async def close_user(self, user_id: UUID) -> None:
        """The account was shut out: end its connections, on every node."""
        self._close(self._connections.of_user(user_id), "auth.revoked")
        self._tell_nodes({"close": "auth.revoked", "user": str(user_id)})

    async def abandon(self) -> None:
        """The node's lease was lost, and its people with it: whoever clears the node away writes that down."""
        self._losses.forget()
        await self.close_all("server.restarting")

    async def close_all(self, code: str) -> None:
        """End every connection of this node; returns when they are closed."""
        tasks = self._close(self._connections.all(), code)
        tasks += [self._spawn(wire.end()) for wire in self._wires if wire.connection is None]
        if tasks:
            await asyncio.wait(tasks, timeout=3 * limits.SOCKET_CLOSE_SECONDS)

    # Who is let in, and who left.

    async def _handle_request(self, request: web.Request) -> web.StreamResponse:
        if self._is_stopping or self._live is None:
            raise ServerRestarting
        if len(self._wires) >= limits.SOCKETS_PER_NODE:
            raise Overloaded
        response: web.StreamResponse = await self._engine.handle_request(request)
        return response

    async def _connect(self, connection_id: str, environ: dict[str, Any], auth: object = None) -> None:
        wire: Wire = environ[WIRE]
        try:
            if self._is_stopping:
                raise ServerRestarting
            caller = await self._admission.admit(connection_id, environ["aiohttp.request"], auth)
            await self._let_in(caller, wire)
        except AppError as error:
            wire.deadline = time.monotonic() + limits.REFUSED_SOCKET_SECONDS
            raise Refusal(error.detail, self._render_refusal(error)) from None
        except Exception:
            log.exception("connection.failed")
            wire.deadline = time.monotonic() + limits.REFUSED_SOCKET_SECONDS
            raise Refusal(AppError.title, self._render_refusal(AppError())) from None

    async def _let_in(self, caller: Caller, wire: Wire) -> None:
        connection = LiveConnection(caller, wire, CommandGate(self.flood_limits, time.monotonic()))
        if wire.is_over:
            self._write_loss(connection, was_ended=wire.was_closed)
            raise ServerRestarting
        self._connections.add(connection)
        wire.connection, wire.deadline = connection, None
        await self._engine.enter_room(caller.connection_id, user_audience(caller.user_id))

    async def _disconnect(self, connection_id: str, reason: str) -> None:
        connection = self._connections.remove(connection_id)
        if connection is None:
            return
        wire = connection.transport
        if isinstance(wire, Wire) and wire.connection is connection:
            wire.connection, wire.deadline = None, time.monotonic() + limits.REFUSED_SOCKET_SECONDS
        ended = (self._engine.reason.CLIENT_DISCONNECT, self._engine.reason.SERVER_DISCONNECT)
        self._write_loss(connection, was_ended=wire.was_closed or reason in ended)

    def _write_loss(self, connection: LiveConnection, *, was_ended: bool) -> None:
        """Dated now when somebody ended it, at the last frame when the peer just fell silent."""
        now = self._clock.now()
        if self._is_stopping or not self._node.holds_lease(now):
            return
        silent_seconds = 0.0 if was_ended else max(0.0, time.monotonic() - connection.transport.last_frame_at)
        self._losses.add(Loss(connection.id, connection.caller.user_id, now - timedelta(seconds=silent_seconds)))

    # What they send.

    async def _command(self, name: str | Refused, connection_id: str, *arguments: Any) -> Acknowledgement | None:
        connection = self._connections.find(connection_id)
        return None if connection is None else await self.run_command(connection, name, list(arguments))

    async def run_command(self, connection: LiveConnection, name: str | Refused, arguments: list[Any]) -> Acknowledgement:
        """Carry out one command and say what came of it; a connection that goes on after refusals is closed."""
        assert self._live is not None
        answer = await self._dispatcher.run(self._live, connection, name, arguments)
        if connection.gate.is_flooded:
            self._close([connection], "limit.flood")
        return answer

    def wire_opened(self, wire: Wire) -> None:
        self._wires.add(wire)

    def wire_closed(self, wire: Wire) -> None:
        self._wires.discard(wire)

    def wire_flooded(self, wire: Wire) -> None:
        if wire.connection is not None:
            self._close([wire.connection], "limit.flood")
        elif not wire.was_closed:
            wire.was_closed = True
            self._spawn(wire.end())

    # How connections are ended.

    def _close(self, connections: Iterable[LiveConnection], code: str) -> list[asyncio.Task[Any]]:
        """Tell each why, once, and close it; the tasks that do so."""
        tasks = []
        for index, connection in enumerate(connections):
            if connection.closing_code is None:
                connection.closing_code = code
                event = ConnectionClosingEvent.describe(code, place=index)
                tasks.append(self._spawn(self._tell_and_close(connection, event)))
        return tasks

    async def _tell_and_close(self, connection: LiveConnection, event: ConnectionClosingEvent) -> None:
        try:
            if event.code == "server.restarting":
                await connection.wait_until_idle(limits.SOCKET_CLOSE_SECONDS)
            await self._engine.emit("connection.closing", encode_once(event), to=connection.id)
        finally:
            await connection.transport.end()

    async def _watch_over(self) -> None:
        """Until stopped: end what nobody was let in through, and what was opened with logins that do not hold any more."""
        while True:
            await asyncio.sleep(limits.LOGIN_CHECK_SECONDS)
            now = time.monotonic()
            for wire in list(self._wires):
                if wire.deadline is not None and wire.deadline <= now:
                    wire.deadline = None
                    self._spawn(wire.end())
            try:
                await self.check_logins()
            except AppError as error:
                log.warning("connections.logins_unchecked", code=error.code)
            except Exception:
                log.exception("connections.logins_unchecked")

    async def check_logins(self) -> None:
        """One statement for every login with a connection here; makes up for control messages that were missed."""
        login_ids = self._connections.login_ids()
        if not login_ids:
            return
        async with self._database.connection() as connection:
            lost = await list_lost_logins(connection, login_ids, now=self._clock.now())
        for login in lost:
            self._close(self._connections.of_logins([login.id]), "auth.expired" if login.has_expired else "auth.revoked")

    # Between nodes.

    async def _emit_here(self, name: str, data: Any, room: str, skip: str | None, key: str | None) -> None:
        await emit_to_room(self._engine, name, data, room=room, skip=skip, key=key)

    def _tell_nodes(self, message: dict[str, object]) -> None:
        if self._backplane is not None:
            self._backplane.publish(message)

    async def _receive_from_node(self, message: dict[str, Any]) -> None:
        if "event" in message:
            await self._emit_here(message["event"], message["data"], message["room"], message["skip"], message["key"])
            return
        if "leave" in message:
            await self.take_out_here(UUID(message["user"]), message["leave"])
            return
        if "close" not in message:
            self.calls.receive(message)
            return
        code = message["close"]
        assert code in CLOSINGS
        self._close(self._connections.of_ids(message.get("connections", ())), code)
        self._close(self._connections.of_logins(UUID(login_id) for login_id in message.get("logins", ())), code)
        if "user" in message:
            self._close(self._connections.of_user(UUID(message["user"])), code)

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

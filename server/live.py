"""The live part of a running server: the gateway, this node's lease, the message writer and the meter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from aiohttp import web

from config import limits
from realtime.commands import Caller, Live
from realtime.consultations.clock import Moment
from realtime.consultations.presence import connection_lost, node_lost
from realtime.consultations.sweeps import Meter
from realtime.gateway import LiveGateway
from realtime.gifts.writer import GiftWriter
from realtime.livestreams.chat import LivestreamMessageWriter
from realtime.livestreams.sweeps import LivestreamSweeper
from realtime.media.watch import MediaWatch
from realtime.messages import MessageWriter
from realtime.presence import LeaseKeeper, Node
from realtime.queue.sweeps import QueueSweeper
from realtime.recordings.consent import end_recordings_of_node
from server.http.idempotency import Answering
from server.http.parsing import client_address
from server.http.problems import describe_problem
from server.live_catalogue import COMMANDS, EVENTS
from server.livestreams import MAKE_ENGINE, run_livestreams
from server.recordings import run_recordings
from server.services import SERVICES, Services
from storage.transaction import Transaction

NODE = web.AppKey("node", Node)
METER = web.AppKey("meter", Meter)
MEDIA_WATCH = web.AppKey("media_watch", MediaWatch)
QUEUE_SWEEPER = web.AppKey("queue_sweeper", QueueSweeper)
LIVESTREAM_SWEEPER = web.AppKey("livestream_sweeper", LivestreamSweeper)
LEASES = web.AppKey("leases", LeaseKeeper)
GATEWAY = web.AppKey("gateway", LiveGateway)


class _Presence:
    """What the loss of a connection or of a whole node does to consultations, for the parts that notice it."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def _moment(self) -> Moment:
        return Moment(self._services.clock.now(), self._services.settings)

    async def connection_lost(self, tx: Transaction, connection_id: str, user_id: UUID, lost_at: datetime) -> None:
        await connection_lost(tx, connection_id, user_id, lost_at=lost_at, lost_to="connection", moment=self._moment())

    async def node_lost(self, tx: Transaction, node_id: UUID, renewed_at: datetime) -> None:
        await end_recordings_of_node(tx, node_id, self._moment())
        await node_lost(tx, node_id, renewed_at=renewed_at, moment=self._moment())


def _open_gateway(services: Services, node: Node, presence: _Presence) -> LiveGateway:
    redis_url = services.settings.redis.url

    async def authenticate(token: str) -> Caller:
        return (await services.authenticator.authenticate(token)).caller

    def describe_origin(request: web.Request) -> tuple[str | None, str | None]:
        user_agent = request.headers.get("User-Agent", "")[: limits.USER_AGENT_LENGTH] or None
        return client_address(request, services.settings.server.trusted_proxies), user_agent

    return LiveGateway(
        settings=services.settings,
        database=services.database,
        clock=services.clock,
        node=node,
        commands=COMMANDS,
        events=EVENTS,
        authenticate=authenticate,
        render_refusal=lambda error: describe_problem(error).model_dump(mode="json", exclude_none=True),
        on_connection_lost=presence.connection_lost,
        redis_url=None if redis_url is None else redis_url.get_secret_value(),
        describe_origin=describe_origin,
        observe=services.metrics.observe_command,
    )


async def start_live(app: web.Application) -> AsyncIterator[None]:
    """After the services; ends every connection before the web server waits for open requests."""
    services = app[SERVICES]
    settings, database, clock = services.settings, services.database, services.clock
    presence = _Presence(services)
    app[NODE] = node = Node(database=database, clock=clock, settings=settings.nodes)
    app[GATEWAY] = gateway = _open_gateway(services, node, presence)
    messages = MessageWriter(dsn=database.dsn, clock=clock)
    gifts = GiftWriter(dsn=database.dsn, clock=clock, billing=settings.billing, deliver=gateway.delivery.deliver)
    livestream_messages = LivestreamMessageWriter(dsn=database.dsn, clock=clock)
    app[MEDIA_WATCH] = media_watch = MediaWatch(database=database, settings=settings, clock=clock, node=node)
    live = Live(
        settings=settings,
        database=database,
        clock=clock,
        node=node,
        messages=messages,
        media_watch=media_watch,
        enter_room=gateway.enter_room,
        leave_room=gateway.leave_room,
        take_out=gateway.take_out,
        deliver=gateway.delivery.deliver,
        gifts=gifts,
        livestream_messages=livestream_messages,
    )
    app[LEASES] = leases = LeaseKeeper(
        node=node,
        database=database,
        clock=clock,
        renew_seconds=settings.nodes.renew_seconds,
        on_node_lost=presence.node_lost,
        on_lease_lost=gateway.abandon,
    )
    app[METER] = meter = Meter(database=database, settings=settings, clock=clock, node=node)
    app[QUEUE_SWEEPER] = sweeper = QueueSweeper(database=database, settings=settings, clock=clock, node=node)
    app[LIVESTREAM_SWEEPER] = livestreams = LivestreamSweeper(database=database, settings=settings, clock=clock, node=node)
    answering = Answering(database, clock, lambda: node.id)
    app[SERVICES] = replace(services, connections=gateway, live=live, answering=answering)
    database.on_commit(gateway.delivery.deliver)
    gateway.mount(app)
    await node.register()
    await leases.keep()
    await messages.start()
    await gifts.start()
    await livestream_messages.start()
    await gateway.start(live)
    loops = [asyncio.create_task(part.run()) for part in (leases, meter, media_watch, sweeper, livestreams)]
    async with (
        run_recordings(services, node) as live.recordings,
        run_livestreams(services, node, gateway, app[MAKE_ENGINE]) as live.livestreams,
    ):
        yield
    for loop in loops:
        loop.cancel()
    await asyncio.gather(*loops, return_exceptions=True)
    await asyncio.gather(messages.close(), gifts.close(), livestream_messages.close())
    await node.release(presence.node_lost, closed_at=gateway.closed_at)


async def close_live_connections(app: web.Application) -> None:
    """Tell everybody that the server restarts, and close their connections."""
    if GATEWAY in app:
        await app[GATEWAY].stop()

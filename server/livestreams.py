"""Livestreams in a running server: what carries their media, in step with the database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from realtime.livestreams.hosting import LivestreamHost, MakeEngine
from realtime.node_calls import NodeCalls
from realtime.presence import Node
from server.services import Services

# Tests put an engine of their own here.
MAKE_ENGINE: web.AppKey[MakeEngine] = web.AppKey("make_engine")


@asynccontextmanager
async def run_livestreams(
    services: Services, node: Node, calls: NodeCalls, make_engine: MakeEngine
) -> AsyncIterator[LivestreamHost]:
    """At the end everybody's media end; readers publish again at another process, or here once it is back."""
    host = LivestreamHost(
        settings=services.settings,
        database=services.database,
        clock=services.clock,
        node=node,
        calls=calls,
        make_engine=make_engine,
    )
    task = asyncio.create_task(host.run())
    try:
        yield host
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await host.close()

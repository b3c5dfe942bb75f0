"""Livestreams in a running server: what carries their media, in step with the database, and where their recordings go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from config import limits
from realtime.gateway import LiveGateway
from realtime.livestreams.bans import BanKeeper
from realtime.livestreams.hosting import LivestreamHost, MakeEngine
from realtime.livestreams.retention import LivestreamRetention
from realtime.livestreams.stowing import LivestreamStower
from realtime.presence import Node
from server.background import run_loops
from server.services import Services

# Tests put an engine of their own here.
MAKE_ENGINE: web.AppKey[MakeEngine] = web.AppKey("make_engine")


@asynccontextmanager
async def run_livestreams(
    services: Services, node: Node, gateway: LiveGateway, make_engine: MakeEngine
) -> AsyncIterator[LivestreamHost]:
    """At the end everybody's media end; readers publish again at another process, or here once it is back.

    Files that an earlier run left here are taken to the store first thing.
    """
    settings, database, clock, files = services.settings, services.database, services.clock, services.files
    assert files is not None
    folder = settings.data_dir / "livestream-recordings"
    host = LivestreamHost(
        settings=settings,
        database=database,
        clock=clock,
        node=node,
        calls=gateway.calls,
        make_engine=make_engine,
        recording_folder=folder,
    )
    stower = LivestreamStower(
        settings=settings,
        database=database,
        clock=clock,
        files=files,
        folder=folder,
        find_held=lambda: host.recorded_folders,
    )
    host.on_recorded = stower.wake
    retention = LivestreamRetention(settings=settings, database=database, clock=clock, files=files)
    bans = BanKeeper(database=database, clock=clock, take_out=gateway.take_out_here)
    tasks = [asyncio.create_task(part.run()) for part in (host, stower)]
    loops = {
        "livestream_retention": (limits.RECORDING_RETENTION_SECONDS, retention.run_round),
        "livestream_bans": (limits.LIVESTREAM_BANS_SECONDS, bans.run_round),
    }
    try:
        async with run_loops(loops):
            yield host
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await host.close()

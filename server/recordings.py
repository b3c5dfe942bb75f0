"""Recordings in a running server: the host with its relay, the way of the files to the store, and their end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from config import limits
from realtime.presence import Node
from realtime.recordings.hosting import RecordingHost
from realtime.recordings.retention import Retention
from realtime.recordings.stowing import Stower
from server.background import run_loops
from server.services import Services


@asynccontextmanager
async def run_recordings(services: Services, node: Node) -> AsyncIterator[RecordingHost]:
    """Files that an earlier run left here are taken to the store first thing; at the end the relay completes its own."""
    settings, database, clock, files = services.settings, services.database, services.clock, services.files
    assert files is not None
    folder = settings.data_dir / "recordings"
    held: list[RecordingHost] = []
    stower = Stower(
        settings=settings,
        database=database,
        clock=clock,
        files=files,
        folder=folder,
        find_held=lambda: held[0].held_ids,
    )
    host = RecordingHost(
        settings=settings,
        database=database,
        clock=clock,
        node=node,
        folder=folder,
        on_closed=lambda recording_id: stower.wake(str(recording_id)),
    )
    held.append(host)
    retention = Retention(settings=settings, database=database, clock=clock, files=files)
    tasks = [asyncio.create_task(part.run()) for part in (host, stower)]
    try:
        async with run_loops({"retention": (limits.RECORDING_RETENTION_SECONDS, retention.run_round)}):
            yield host
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await host.close()

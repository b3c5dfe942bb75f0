"""Readers, those who follow them, and their livestreams as far as followers are told of them."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

from config.clock import MovableClock
from config.ids import new_id
from realtime.notifications.jobs import followers_job
from server.live import NODE
from tests.support.clients import ApiClient
from tests.support.consultations import add_reader
from tests.support.servers import Server


async def add_follower(server: Server, reader: ApiClient, *, role: str = "client") -> ApiClient:
    person = await server.register(role)
    reply = await person.put(f"/readers/{reader.id}/follow")
    assert reply.status == 200, reply.content
    return person


async def add_readers_with_followers(server: Server, count: int = 1) -> tuple[ApiClient, list[ApiClient]]:
    reader = await add_reader(server)
    return reader, [await add_follower(server, reader) for _ in range(count)]


async def notifications(person: ApiClient) -> list[Any]:
    reply = await person.get("/me/notifications")
    assert reply.status == 200, reply.content
    return list(reply.body["items"])


async def kinds(person: ApiClient) -> list[str]:
    return [item["kind"] for item in await notifications(person)]


async def add_livestream(
    server: Server, reader: ApiClient, *, status: str = "live", scheduled_at: datetime | None = None, title: str = "Tea and cards"
) -> UUID:
    """The row alone: what followers are told needs no more of it."""
    id, now = new_id(), server.clock.now()
    async with server.database.transaction() as tx:
        await tx.execute(
            "INSERT INTO livestreams (id, reader_id, title, category, status, scheduled_at, created_at, started_at, ended_at,"
            " end_reason) VALUES ($1, $2, $3, 'general', $4, $5, $6, $7, $8, $9)",
            id,
            UUID(reader.id),
            title,
            status,
            scheduled_at,
            now,
            now if status in ("live", "ended") else None,
            now if status in ("ended", "cancelled") else None,
            {"ended": "reader_ended", "cancelled": "cancelled"}.get(status),
        )
    return id


async def tell_followers(server: Server, kind: Any, reader: ApiClient, livestream_id: UUID) -> None:
    """As whoever starts or announces a livestream does; returns when everybody was told."""
    await server.database.transact(lambda tx: followers_job(tx, kind, UUID(reader.id), livestream_id))
    await until_told(server)


async def until_told(server: Server) -> None:
    """No job is left that is due."""
    async with asyncio.timeout(20):
        while await _count_due_jobs(server):  # noqa: ASYNC110  (the queue tells nobody)
            await asyncio.sleep(0.02)


async def _count_due_jobs(server: Server) -> int:
    async with server.database.connection() as db:
        return int(await db.fetch_value("SELECT count(*) FROM pgqueuer WHERE execute_after <= now()"))


async def make_due(server: Server) -> None:
    """Whatever is planned for later is due now, by the database's clock."""
    async with server.database.transaction() as tx:
        await tx.execute("UPDATE pgqueuer SET execute_after = now()")
    await until_told(server)


async def pass_time(server: Server, seconds: float) -> None:
    """All at once: the lease of these tests' node lasts longer than any of them waits."""
    assert isinstance(server.clock, MovableClock)
    server.clock.advance(seconds)
    await server.app[NODE].renew()

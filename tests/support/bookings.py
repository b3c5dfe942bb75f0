"""A booked consultation between two people through the doors, on a clock that the test moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from config.fields import render_instant
from server.live import METER, NODE
from tests.support.clients import ApiClient, Reply
from tests.support.consultations import Scene
from tests.support.servers import Server

ALWAYS = [{"day_of_week": day, "start_time": "00:00", "end_time": "24:00"} for day in range(7)]


async def offer_times(reader: ApiClient, windows: list[dict[str, Any]] | None = None, *, time_zone: str = "UTC") -> None:
    """By default at any time."""
    payload = {"windows": ALWAYS if windows is None else windows, "time_zone": time_zone}
    reply = await reader.put("/me/availability", payload)
    assert reply.status == 200, reply.content


async def book(client: ApiClient, reader: ApiClient, at: datetime, *, key: str | None = None, **fields: Any) -> Reply:
    payload = {"reader_id": reader.id, "type": "chat", "scheduled_at": render_instant(at)} | fields
    return await client.post("/consultations", payload, key=key)


async def prepare(server: Server, *, balance: int = 1000, rate: int = 399) -> Scene:
    """Client and reader are connected, and the reader can be booked at any time."""
    scene = await Scene.prepare(server, balance=balance, rate=rate)
    await offer_times(scene.reader)
    return scene


async def booked(server: Server, *, minutes_ahead: int = 60, balance: int = 1000) -> Scene:
    """They are connected and have a chat booked for the next quarter of an hour that lies so far ahead."""
    scene = await prepare(server, balance=balance)
    reply = await book(scene.client, scene.reader, next_quarter(scene, minutes_ahead))
    assert reply.status == 201, reply.content
    scene.id = reply.body["id"]
    return scene


def next_quarter(scene: Scene, minutes_ahead: int = 60) -> datetime:
    earliest = scene.clock.now() + timedelta(minutes=minutes_ahead)
    return earliest + (datetime(1970, 1, 1, tzinfo=UTC) - earliest) % timedelta(minutes=15)


async def move_to(scene: Scene, instant: datetime, *, tick: bool = True) -> None:
    """At once; the node is alive, both have fresh access tokens, and the meter ticks when it is there."""
    scene.clock.advance((instant - scene.clock.now()).total_seconds())
    await scene.server.app[NODE].renew()
    for person in (scene.client, scene.reader):
        assert (await person.refresh()).status == 200
    if tick:
        await scene.server.app[METER].tick()


async def move_towards_start(scene: Scene, *, seconds: float = 0) -> None:
    """To so many seconds after (or before) the time that was booked."""
    scheduled_at = datetime.fromisoformat((await scene.snapshot())["scheduled_at"])
    await move_to(scene, scheduled_at + timedelta(seconds=seconds))


def ending(snapshot: Any) -> tuple[str, str | None, int]:
    return snapshot["status"], snapshot["end_reason"], snapshot["total_cost_minor"]

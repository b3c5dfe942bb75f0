"""A reader who goes live and people who watch, through the doors, with an engine that does what the test says."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from config.clock import MovableClock
from realtime.livestreams.hosting import LivestreamHost
from server.live import LIVESTREAM_SWEEPER, NODE, QUEUE_SWEEPER
from tests.support.clients import ApiClient
from tests.support.consultations import add_client, add_reader, go_online
from tests.support.live import LiveClient
from tests.support.livestream_engine import PUBLISHER_OFFER, VIEWER_ANSWER, FakeEngine, FakePlace
from tests.support.servers import Server

DRAFT = {"title": "Evening cards", "category": "tarot", "description": "Ask me anything"}


def host_of(server: Server) -> LivestreamHost:
    live = server.services.live
    assert live is not None
    assert live.livestreams is not None
    return live.livestreams


def engine_of(server: Server) -> FakeEngine:
    engine = host_of(server).places.engine
    assert isinstance(engine, FakeEngine)
    return engine


def offer(sdp: str = PUBLISHER_OFFER) -> dict[str, str]:
    return {"type": "offer", "sdp": sdp}


@dataclass
class Viewer:
    show: Show
    person: ApiClient
    live: LiveClient
    server: Server

    async def join(self, **more: Any) -> Any:
        return await self.live.command("livestream.join", livestream_id=self.show.id, **more)

    async def watch(self) -> Any:
        """Join, and answer what was offered."""
        joined = await self.join()
        assert joined["media"] == "offered", joined
        await self.answer()
        return joined

    async def answer(self, sdp: str = VIEWER_ANSWER) -> Any:
        return await self.live.command(
            "livestream.answer", livestream_id=self.show.id, description={"type": "answer", "sdp": sdp}
        )

    async def leave(self) -> None:
        await self.live.command("livestream.leave", livestream_id=self.show.id)

    async def told(self, name: str, **wanted: Any) -> Any:
        """The livestream as the next such event has it in which it has these values."""
        event = await self.live.next_event(
            f"livestream.{name}", lambda event: all(event["livestream"][key] == value for key, value in wanted.items())
        )
        return event["livestream"]


@dataclass
class Show:
    """A reader and their livestream."""

    server: Server
    reader: ApiClient
    live: LiveClient
    id: str = ""
    viewers: list[Viewer] = field(default_factory=list)

    @classmethod
    async def prepare(cls, server: Server, *, draft: dict[str, Any] | None = None) -> Show:
        """A verified reader who is online, with a livestream that has not begun."""
        reader = await add_reader(server)
        show = cls(server, reader, await go_online(server, reader))
        await show.create(**(draft or {}))
        return show

    @classmethod
    async def start(cls, server: Server, *, viewers: int = 0, draft: dict[str, Any] | None = None) -> Show:
        """There is a picture."""
        show = await cls.prepare(server, draft=draft)
        await show.go_live()
        for _ in range(viewers):
            await (await show.add()).watch()
        return show

    @property
    def clock(self) -> MovableClock:
        assert isinstance(self.server.clock, MovableClock)
        return self.server.clock

    @property
    def engine(self) -> FakeEngine:
        return engine_of(self.server)

    @property
    def place(self) -> FakePlace:
        """Where its media are."""
        (found,) = [place for place in self.engine.places.values() if str(place.livestream_id) == self.id]
        return found

    async def create(self, **fields: Any) -> Any:
        reply = await self.reader.post("/livestreams", DRAFT | fields)
        assert reply.status == 201, reply.content
        self.id = reply.body["id"]
        return reply.body

    async def publish(self, sdp: str = PUBLISHER_OFFER) -> Any:
        data = await self.live.command("livestream.start", livestream_id=self.id, description=offer(sdp))
        assert data["description"]["type"] == "answer"
        return data["livestream"]

    async def refused(self, sdp: str = PUBLISHER_OFFER) -> str:
        error = await self.live.refused("livestream.start", livestream_id=self.id, description=offer(sdp))
        return str(error["code"])

    async def go_live(self) -> Any:
        """Publish, and have the packets arrive."""
        started = await self.publish()
        await self.engine.flow(UUID(started["media_id"]))
        return await self.told("resumed")

    async def pause(self) -> Any:
        return (await self.live.command("livestream.pause", livestream_id=self.id))["livestream"]

    async def end(self) -> Any:
        return (await self.live.command("livestream.end", livestream_id=self.id))["livestream"]

    async def told(self, name: str, **wanted: Any) -> Any:
        event = await self.live.next_event(
            f"livestream.{name}",
            lambda event: (
                event["livestream_id"] == self.id and all(event["livestream"][key] == value for key, value in wanted.items())
            ),
        )
        return event["livestream"]

    async def snapshot(self) -> Any:
        reply = await self.reader.get(f"/livestreams/{self.id}")
        assert reply.status == 200, reply.content
        return reply.body

    async def add(self, *, server: Server | None = None, balance: int = 2000) -> Viewer:
        """Somebody who has not joined yet."""
        server = server or self.server
        person = await add_client(server, balance=balance)
        viewer = Viewer(self, person, await server.connect(person), server)
        self.viewers.append(viewer)
        return viewer

    async def status(self) -> str:
        """The reader's, as others see it."""
        visitor = await self.server.visitor()
        return str((await visitor.get(f"/readers/{self.reader.id}")).body["status"])

    async def sweep(self) -> None:
        await self.server.app[LIVESTREAM_SWEEPER].sweep()

    async def pass_time(self, seconds: float, *, step: float = 5.0) -> None:
        """In steps that keep the lease; everything that is due happens."""
        while seconds > 0:
            self.clock.advance(min(step, seconds))
            seconds -= step
            await self.server.app[NODE].renew()
            await self.sweep()
            await self.server.app[QUEUE_SWEEPER].sweep()

    async def until_closed(self, media_id: str) -> None:
        """The engine was told to close that place."""
        async with asyncio.timeout(10):
            while UUID(media_id) not in self.engine.closed:  # noqa: ASYNC110  (the engine tells nobody)
                await asyncio.sleep(0.01)

"""A reader who is taken, and people who wait in line, through the doors and on a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from config.clock import MovableClock
from server.live import QUEUE_SWEEPER
from tests.support.clients import ApiClient
from tests.support.consultations import Scene, add_client
from tests.support.live import LiveClient
from tests.support.servers import Server


@dataclass
class Waiter:
    """A client with one live connection."""

    line: Waiting
    person: ApiClient
    live: LiveClient
    # What was told before the event that the test looked at last.
    past: list[Any] = field(default_factory=list)

    @property
    def id(self) -> str:
        return self.person.id

    async def join(self, kind: str = "chat", *, reader_id: str | None = None) -> Any:
        data = await self.live.command(
            "queue.join", reader_id=reader_id or self.line.reader_id, type=kind, nonce=self.live.nonce()
        )
        return data["entry"]

    async def refused(self, kind: str = "chat", *, reader_id: str | None = None) -> str:
        """The code with which joining is refused."""
        error = await self.live.refused(
            "queue.join", reader_id=reader_id or self.line.reader_id, type=kind, nonce=self.live.nonce()
        )
        return str(error["code"])

    async def leave(self) -> bool:
        return bool((await self.live.command("queue.leave", reader_id=self.line.reader_id))["left"])

    async def request(self, kind: str = "chat") -> Any:
        data = await self.live.command("consultation.request", reader_id=self.line.reader_id, type=kind, nonce=self.live.nonce())
        return data["consultation"]

    async def request_refused(self) -> str:
        error = await self.live.refused(
            "consultation.request", reader_id=self.line.reader_id, type="chat", nonce=self.live.nonce()
        )
        return str(error["code"])

    async def queue(self) -> Any:
        reply = await self.person.get("/queue")
        assert reply.status == 200, reply.content
        return reply.body

    async def entry(self) -> Any:
        """The place in the line as the snapshot says, None when there is none."""
        items = (await self.queue())["items"]
        return next((item for item in items if item["reader"]["id"] == self.line.reader_id), None)

    async def next_change(self, **wanted: Any) -> Any:
        """The entry of the next event in which it has these values."""

        def fits(event: Any) -> bool:
            return event["entry"] is not None and all(event["entry"][name] == value for name, value in wanted.items())

        return (await self._next_event(fits))["entry"]

    async def next_end(self) -> Any:
        """How the place ended."""
        return (await self._next_event(lambda event: event["entry"] is None))["ended"]

    async def _next_event(self, fits: Callable[[Any], bool]) -> Any:
        """The first that fits after the one that was looked at last."""
        event = await self.live.next_event(
            "queue.changed", lambda event: fits(event) and not any(event is old for old in self.past)
        )
        payloads = [payload for _name, payload in self.live.events]
        self.past = payloads[: next(i for i, payload in enumerate(payloads) if payload is event) + 1]
        return event

    async def vanish(self) -> None:
        with suppress(Exception):
            await self.live.close()
        await self.line.until_gone(self)

    async def come_back(self) -> None:
        self.live, self.past = await self.line.server.connect(self.person), []


@dataclass
class Waiting:
    """The reader talks with somebody; others come to wait."""

    scene: Scene
    waiters: list[Waiter] = field(default_factory=list)

    @classmethod
    async def start(cls, server: Server, *, waiters: int = 2) -> Waiting:
        assert isinstance(server.clock, MovableClock)
        waiting = cls(await Scene.start(server, balance=5000))
        for _ in range(waiters):
            await waiting.add()
        return waiting

    @property
    def server(self) -> Server:
        return self.scene.server

    @property
    def reader_id(self) -> str:
        return self.scene.reader.id

    async def add(self, *, balance: int = 2000, joins: bool = True) -> Waiter:
        person = await add_client(self.server, balance=balance)
        waiter = Waiter(self, person, await self.server.connect(person))
        self.waiters.append(waiter)
        if joins:
            await waiter.join()
        return waiter

    async def free_the_reader(self) -> None:
        """The consultation that goes on ends."""
        await self.scene.end()

    def without_sweeps(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What happens from here on happens at once, or not at all."""
        monkeypatch.setattr(self.server.app[QUEUE_SWEEPER], "sweep", lambda: asyncio.sleep(0))

    async def sweep(self) -> None:
        await self.server.app[QUEUE_SWEEPER].sweep()

    async def pass_time(self, seconds: float) -> None:
        await self.scene.pass_time(seconds)

    async def status(self) -> str:
        reply = await self.scene.client.get(f"/readers/{self.reader_id}")
        return str(reply.body["status"])

    async def line(self) -> list[Any]:
        reply = await self.scene.reader.get("/me/reader/queue")
        assert reply.status == 200, reply.content
        return list(reply.body["items"])

    async def accept(self, consultation: Any) -> None:
        await self.scene.reader_live.command("consultation.accept", consultation_id=consultation["id"])

    async def decline(self, consultation: Any) -> None:
        await self.scene.reader_live.command("consultation.decline", consultation_id=consultation["id"])

    async def until_gone(self, waiter: Waiter) -> None:
        """The database knows that the waiter's connections ended."""
        async with asyncio.timeout(10):
            while await self._is_connected(waiter):  # noqa: ASYNC110  (the database tells nobody)
                await asyncio.sleep(0.01)

    async def _is_connected(self, waiter: Waiter) -> bool:
        async with self.server.database.connection() as db:
            return bool(await db.fetch_value("SELECT EXISTS (SELECT 1 FROM connections WHERE user_id::text = $1)", waiter.id))

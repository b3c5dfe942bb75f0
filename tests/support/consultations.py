"""A consultation between two people through the doors, on a clock that the test moves."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from config.clock import MovableClock
from server.live import METER, NODE
from tests.support.clients import ApiClient
from tests.support.live import LiveClient
from tests.support.money import fund_wallet
from tests.support.servers import Server


async def add_reader(server: Server, *, rate: int = 399, name: str | None = None) -> ApiClient:
    """A verified reader who offers chat."""
    reader = await server.register("reader", display_name=name)
    rates = {"chat": {"rate_per_minute_minor": rate}, "call": None, "video": None}
    reply = await reader.patch("/me/reader", {"headline": "Here for you", "rates": rates})
    assert reply.status == 200, reply.content
    admin = await server.make_admin()
    reply = await admin.post(f"/admin/readers/{reader.id}/verify")
    if reply.status == 404:
        async with server.database.connection() as c:
            await c.execute("UPDATE readers SET verification='verified', verified_at=now() WHERE user_id=$1", UUID(reader.id))
        return reader
    assert reply.status < 300, reply.content
    return reader


async def add_client(server: Server, *, balance: int = 1000) -> ApiClient:
    client = await server.register("client")
    if balance:
        await fund_wallet(server.database, UUID(client.id), balance, clock=server.clock)
    return client


async def go_online(server: Server, reader: ApiClient) -> LiveClient:
    live = await server.connect(reader)
    await live.command("reader.set_status", status="online")
    return live


@dataclass
class Scene:
    """One client and one reader, their connections, and the consultation between them."""

    server: Server
    clock: MovableClock
    client: ApiClient
    reader: ApiClient
    client_live: LiveClient
    reader_live: LiveClient
    id: str = ""

    @classmethod
    async def prepare(cls, server: Server, *, balance: int = 1000, rate: int = 399) -> Scene:
        """Both are there, nothing has been asked yet."""
        assert isinstance(server.clock, MovableClock)
        reader, client = await add_reader(server, rate=rate), await add_client(server, balance=balance)
        return cls(server, server.clock, client, reader, await server.connect(client), await go_online(server, reader))

    @classmethod
    async def start(cls, server: Server, *, balance: int = 1000, rate: int = 399) -> Scene:
        """The clock runs, the first increment is charged."""
        scene = await cls.prepare(server, balance=balance, rate=rate)
        await scene.request()
        await scene.reader_live.command("consultation.accept", consultation_id=scene.id)
        await scene.client_live.command("consultation.join", consultation_id=scene.id)
        joined = await scene.reader_live.command("consultation.join", consultation_id=scene.id)
        assert joined["consultation"]["started_at"] is not None
        await scene.say("Hello", by_reader=True)
        return scene

    async def request(self) -> Any:
        data = await self.client_live.command(
            "consultation.request", reader_id=self.reader.id, type="chat", nonce=self.client_live.nonce()
        )
        self.id = data["consultation"]["id"]
        return data["consultation"]

    async def say(self, content: str, *, by_reader: bool = False) -> Any:
        live = self.reader_live if by_reader else self.client_live
        return await live.command("message.send", consultation_id=self.id, content=content, kind="text", nonce=live.nonce())

    async def pass_time(self, seconds: float) -> None:
        """Second by second: the lease is renewed and the meter ticks, as they do on a live node."""
        whole, rest = divmod(round(seconds * 1000), 1000)
        for step in [1.0] * whole + ([rest / 1000] if rest else []):
            self.clock.advance(step)
            await self.server.app[NODE].renew()
            await self.server.app[METER].tick()

    async def drop(self, *, reader: bool = False) -> None:
        """One side's connection ends; returns once the clock has noticed."""
        gone, other = (self.reader_live, self.client_live) if reader else (self.client_live, self.reader_live)
        version = (await self.snapshot())["version"]
        with suppress(Exception):
            await gone.close()
        await other.next_event("consultation.paused", lambda event: event["version"] > version)

    async def come_back(self, *, reader: bool = False) -> Any:
        live = await self.server.connect(self.reader if reader else self.client)
        if reader:
            self.reader_live = live
        else:
            self.client_live = live
        return await live.command("consultation.join", consultation_id=self.id)

    async def top_up(self, amount: int) -> None:
        await fund_wallet(self.server.database, UUID(self.client.id), amount, clock=self.clock)

    async def end(self, *, by_reader: bool = False) -> Any:
        live = self.reader_live if by_reader else self.client_live
        return (await live.command("consultation.end", consultation_id=self.id))["consultation"]

    async def snapshot(self, *, reader: bool = False) -> Any:
        reply = await (self.reader if reader else self.client).get(f"/consultations/{self.id}")
        assert reply.status == 200, reply.content
        return reply.body

    async def balance(self) -> int:
        return int((await self.client.get("/wallet")).body["balance_minor"])

    def events(self, name: str, *, reader: bool = False) -> list[Any]:
        live = self.reader_live if reader else self.client_live
        return [payload for found, payload in live.events if found == name]

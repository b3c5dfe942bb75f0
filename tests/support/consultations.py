"""A consultation between two people through the doors, on a clock that the test moves."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from config.clock import MovableClock
from server.live import MEDIA_WATCH, METER, NODE, QUEUE_SWEEPER
from tests.support.clients import ApiClient
from tests.support.live import LiveClient
from tests.support.money import fund_wallet
from tests.support.servers import Server


async def add_reader(
    server: Server, *, rate: int = 399, call: int | None = None, video: int | None = None, name: str | None = None
) -> ApiClient:
    """A verified reader who offers chat at `rate`, and what else there is a rate for."""
    reader = await server.register("reader", display_name=name)
    offered = {"chat": rate, "call": call, "video": video}
    rates = {kind: None if minor is None else {"rate_per_minute_minor": minor} for kind, minor in offered.items()}
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
    type: str = "chat"
    # Whose media report that they flow while time passes, and the packets they count.
    reporting: set[str] = field(default_factory=set)
    packets: int = 0
    reported: dict[str, int] = field(default_factory=dict)

    @classmethod
    async def prepare(cls, server: Server, *, balance: int = 1000, rate: int = 399, **rates: int | None) -> Scene:
        """Both are there, nothing has been asked yet."""
        assert isinstance(server.clock, MovableClock)
        reader, client = await add_reader(server, rate=rate, **rates), await add_client(server, balance=balance)
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

    @classmethod
    async def meet(
        cls, server: Server, type: str, *, balance: int = 5000, rate: int = 399, call: int | None = 499, video: int | None = 599
    ) -> Scene:
        """Both are in the room of a call or video; nobody's media are connected."""
        scene = await cls.prepare(server, balance=balance, rate=rate, call=call, video=video)
        scene.type = type
        await scene.request()
        await scene.reader_live.command("consultation.accept", consultation_id=scene.id)
        await scene.client_live.command("consultation.join", consultation_id=scene.id)
        await scene.reader_live.command("consultation.join", consultation_id=scene.id)
        return scene

    async def connect_media(self, *sides: str) -> None:
        """The media of both, or of one side, are connected from here on and report so while time passes."""
        for side in sides or ("client", "reader"):
            self.reporting.add(side)
            await self.report(side)

    async def report(self, side: str, state: str = "connected") -> Any:
        """One report of media; its packets have moved on since the last."""
        self.packets += 50
        return await self._report(side, state, self.packets)

    async def report_standing(self, side: str) -> Any:
        """A report that counts no packet more than that side's last one."""
        return await self._report(side, "connected", self.reported[side])

    async def _report(self, side: str, state: str, packets: int) -> Any:
        self.reported[side] = packets
        counts = {"packets_sent": packets, "packets_received": packets} if state == "connected" else None
        live = self.client_live if side == "client" else self.reader_live
        return await live.command("media.report", consultation_id=self.id, state=state, stats=counts)

    async def _report_while_it_goes_on(self, side: str) -> None:
        self.packets += 50
        live = self.client_live if side == "client" else self.reader_live
        self.reported[side] = self.packets
        counts = {"packets_sent": self.packets, "packets_received": self.packets}
        answer = await live.send("media.report", {"consultation_id": self.id, "state": "connected", "stats": counts})
        if not answer["ok"]:
            assert answer["error"]["code"] in ("consultation.not_in_progress", "consultation.no_media"), answer
            self.reporting.discard(side)

    async def lose_media(self, side: str, state: str = "disconnected") -> None:
        self.reporting.discard(side)
        await self.report(side, state)

    async def request(self) -> Any:
        data = await self.client_live.command(
            "consultation.request", reader_id=self.reader.id, type=self.type, nonce=self.client_live.nonce()
        )
        self.id = data["consultation"]["id"]
        return data["consultation"]

    async def say(self, content: str, *, by_reader: bool = False) -> Any:
        live = self.reader_live if by_reader else self.client_live
        return await live.command("message.send", consultation_id=self.id, content=content, kind="text", nonce=live.nonce())

    async def pass_time(self, seconds: float) -> None:
        """Second by second: the lease is renewed, the meter ticks, lines are settled; media report every two."""
        whole, rest = divmod(round(seconds * 1000), 1000)
        steps = [1.0] * whole + ([rest / 1000] if rest else [])
        for left, step in zip(range(len(steps), 0, -1), steps, strict=True):
            self.clock.advance(step)
            await self.server.app[NODE].renew()
            for side in sorted(self.reporting) if left % 2 else ():
                await self._report_while_it_goes_on(side)
            await self.server.app[MEDIA_WATCH].tick()
            await self.server.app[METER].tick()
            await self.server.app[QUEUE_SWEEPER].sweep()

    async def drop(self, *, reader: bool = False) -> None:
        """One side's connection ends; returns once the clock has noticed."""
        await self.drop_device(self.reader_live if reader else self.client_live)

    async def drop_device(self, device: LiveClient) -> None:
        other = self.client_live if device is self.reader_live else self.reader_live
        version = (await self.snapshot())["version"]
        with suppress(Exception):
            await device.close()
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

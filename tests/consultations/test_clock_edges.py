"""The clock at its edges: late ticks, deadlines that meet, people who come and go while money and connections end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest

from billing.ledger.check import check_ledger
from config.clock import MovableClock
from config.settings import load_settings
from storage.consultations import Consultation, find_parts
from storage.database import Database
from storage.transaction import Event
from tests.simulation.world import Seat, World


@dataclass
class Table:
    """One client and one reader in a room, on the product's own actions; what they are told is kept."""

    world: World
    client: Seat
    reader: Seat
    id: UUID = UUID(int=0)
    events: list[Event] = field(default_factory=list)

    @classmethod
    async def lay(cls, database: Database, *, balance: int, rate: int = 399, **settings: Any) -> Table:
        tree = {"consultations": {"silent_reader_seconds": 0}} | settings
        world = World(database, load_settings(environment={}, env_file=None, overrides=tree), MovableClock())
        await world.open()
        client, reader = Seat(await world.add_user("client")), Seat(await world.add_reader(rate))
        table = cls(world, client, reader)

        async def keep(events: Sequence[Event]) -> None:
            table.events.extend(events)

        await world.top_up(client.user_id, balance)
        await world.connect(reader.user_id, world.nodes[0])
        database.on_commit(keep)
        return table

    async def start(self) -> None:
        self.id = (await self.world.request(self.client.user_id, self.reader.user_id)).consultation.id
        await self.world.join(self.id, self.client, self.world.nodes[0])
        await self.world.accept(self.id, self.reader.user_id)
        await self.world.join(self.id, self.reader, self.world.nodes[0])

    async def pass_time(self, seconds: float, *, tick: bool = True) -> None:
        self.world.clock.advance(seconds)
        await self.world.renew()
        if tick:
            await self.tick()

    async def tick(self) -> None:
        await self.world.meter(self.world.nodes[0]).tick()

    async def drop(self, seat: Seat) -> None:
        for connection_id in list(seat.connections):
            await self.world.lose(seat, connection_id, proof=self.world.clock.now())

    async def come_back(self, seat: Seat) -> None:
        await self.world.join(self.id, seat, self.world.nodes[0])

    async def row(self) -> Consultation:
        async with self.world.database.connection() as db:
            parts = await find_parts(db, self.id)
        assert parts is not None
        return parts.consultation

    async def balance(self) -> int:
        async with self.world.database.connection() as db:
            return int(await db.fetch_value("SELECT balance_minor FROM ledger_accounts WHERE id = $1", await self._wallet_id()))

    async def _wallet_id(self) -> int:
        return (await self.row()).client_wallet_id

    def told(self, user_id: UUID, name: str = "") -> list[Any]:
        return [e.payload for e in self.events if e.audience == f"user:{user_id}" and e.name.endswith(name)]


async def settled(table: Table) -> Consultation:
    """The row, once the books have been checked."""
    report = await check_ledger(table.world.database, table.world.clock)
    assert report.differences == ()
    return await table.row()


@pytest.mark.parametrize("late_seconds", [0, 0.4, 3])
@pytest.mark.parametrize("balance", [399, 10_000])
async def test_a_silent_reader_is_not_paid_however_late_the_tick_and_however_little_money_there_is(
    empty_database: Database, late_seconds: float, balance: int
) -> None:
    table = await Table.lay(empty_database, balance=balance, consultations={"silent_reader_seconds": 60})
    await table.start()
    await table.pass_time(59)
    await table.pass_time(1 + late_seconds)
    row = await settled(table)
    assert (row.status, row.end_reason, row.total_cost_minor) == ("completed", "reader_silent", 0)
    assert await table.balance() == balance


async def test_a_silent_reader_is_not_paid_when_the_money_ended_first(empty_database: Database) -> None:
    """The other node charged before this one looked for silence: the clock stands already."""
    table = await Table.lay(empty_database, balance=399, consultations={"silent_reader_seconds": 60})
    await table.start()
    await table.pass_time(60.2, tick=False)
    meter = table.world.meter(table.world.nodes[1])
    await meter._charge(table.world.moment())
    assert (await table.row()).pause_reason == "balance"
    await table.pass_time(0.3)
    row = await settled(table)
    assert (row.end_reason, row.total_cost_minor) == ("reader_silent", 0)


@pytest.mark.parametrize("leaves", ["ends", "drops"])
async def test_a_silent_reader_is_not_paid_by_a_client_who_leaves_before_the_tick(
    empty_database: Database, leaves: str
) -> None:
    table = await Table.lay(empty_database, balance=5000, consultations={"silent_reader_seconds": 60})
    await table.start()
    await table.pass_time(60.5, tick=False)
    if leaves == "ends":
        await table.world.end(table.id, table.client.user_id)
    else:
        await table.drop(table.client)
        await table.tick()
    row = await settled(table)
    assert (row.end_reason, row.total_cost_minor) == ("reader_silent", 0)


async def test_a_client_who_leaves_a_silent_reader_early_pays_the_started_minute(empty_database: Database) -> None:
    table = await Table.lay(empty_database, balance=5000, consultations={"silent_reader_seconds": 60})
    await table.start()
    await table.pass_time(59.9)
    await table.world.end(table.id, table.client.user_id)
    row = await settled(table)
    assert (row.end_reason, row.total_cost_minor) == ("client_ended", 399)

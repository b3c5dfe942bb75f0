"""One client and one reader on the product's own actions, with a clock of our own and all events kept."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from billing.ledger.check import check_ledger
from config.clock import MovableClock
from config.ids import new_id
from config.settings import load_settings
from realtime.consultations.snapshots import render_consultation
from storage.consultations import Consultation, find_parts
from storage.database import Database
from storage.ledger import EntryDraft, TransferDraft, get_platform_account_id, insert_transfer
from storage.spending_limits import SpendingLimits
from storage.transaction import Event, Transaction
from tests.simulation.world import CURRENCY, Seat, World
from tests.support.snapshots import apply_event, lasting

NOBODY = UUID(int=0)


@dataclass
class Table:
    """One client and one reader in a room, on the product's own actions; what they are told is kept."""

    world: World
    client: Seat
    reader: Seat
    id: UUID = NOBODY
    events: list[Event] = field(default_factory=list)

    @classmethod
    async def lay(cls, database: Database, *, balance: int, rate: int = 399, **settings: Any) -> Table:
        tree = {"consultations": {"silent_reader_seconds": 0}} | settings
        world = World(database, load_settings(environment={}, env_file=None, overrides=tree), MovableClock())
        await world.open()
        # The reader first: the earnings account has the lower id, and is locked before the wallet.
        reader, client = Seat(await world.add_reader(rate)), Seat(await world.add_user("client"))
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

    async def limit(self, **limits: int) -> None:
        wanted = SpendingLimits(limits.get("consultation"), limits.get("day"), limits.get("month"))
        await self.world.limit(self.client.user_id, wanted)

    async def buy(self, tx: Transaction, amount_minor: int) -> None:
        """The client pays for something else, from the same wallet."""
        purchase_id, revenue_id = new_id(), await get_platform_account_id(tx, kind="revenue", currency=CURRENCY)
        entries = (EntryDraft(await self._wallet_id(), -amount_minor), EntryDraft(revenue_id, amount_minor))
        draft = TransferDraft("purchase", f"purchase:{purchase_id}", "order", purchase_id, CURRENCY, amount_minor, entries)
        await insert_transfer(tx, draft, now=self.world.clock.now())

    async def assert_events_tell_everything(self, *, present: tuple[str, ...] | None = None) -> None:
        """The reader's view from the events alone equals the snapshot as it is now."""
        async with self.world.database.connection() as db:
            parts = await find_parts(db, self.id)
        assert parts is not None
        truth = render_consultation(parts, viewer="reader", now=self.world.clock.now()).model_dump(mode="json")
        view: dict[str, Any] = {"version": 0}
        for event in self.events:
            if event.audience == f"user:{self.reader.user_id}" and event.name.startswith("consultation."):
                payload = event.payload.model_dump(mode="json")
                view = apply_event(view, event.name, payload, reader_id=str(self.reader.user_id))
        assert lasting(view) == lasting(truth)
        if present is not None:
            assert tuple(side for side in ("client", "reader") if truth[f"{side}_present"]) == present

    async def until_somebody_waits_for_a_lock(self) -> None:
        async with asyncio.timeout(5):
            while not await self._somebody_waits():  # noqa: ASYNC110  (the database tells nobody that somebody waits)
                await asyncio.sleep(0.01)

    async def _somebody_waits(self) -> bool:
        async with self.world.database.connection() as db:
            waiting = (
                "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"
            )
            return bool(await db.fetch_value(waiting))

    def told(self, user_id: UUID, name: str = "") -> list[Any]:
        return [e.payload for e in self.events if e.audience == f"user:{user_id}" and e.name.endswith(name)]


async def settled(table: Table) -> Consultation:
    """The row, once the books have been checked."""
    report = await check_ledger(table.world.database, table.world.clock)
    assert report.differences == ()
    return await table.row()

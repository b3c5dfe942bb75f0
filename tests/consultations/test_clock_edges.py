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
from config.errors import SpendingLimitReached
from config.ids import new_id
from config.settings import load_settings
from realtime.commands import Caller
from realtime.consultations.snapshots import render_consultation
from server.features.admin.consultations import refund_consultation
from storage.consultations import Consultation, find_parts
from storage.database import Database
from storage.ledger import EntryDraft, TransferDraft, get_platform_account_id, insert_transfer
from storage.spending_limits import SpendingLimits, save_spending_limits
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
        now = self.world.clock.now()
        await self.world.database.transact(lambda tx: save_spending_limits(tx, self.client.user_id, wanted, now=now))

    async def buy(self, tx: Transaction, amount_minor: int) -> None:
        """The client pays for something else, from the same wallet."""
        purchase_id, revenue_id = new_id(), await get_platform_account_id(tx, kind="revenue", currency=CURRENCY)
        entries = (EntryDraft(await self._wallet_id(), -amount_minor), EntryDraft(revenue_id, amount_minor))
        draft = TransferDraft("purchase", f"purchase:{purchase_id}", "order", purchase_id, CURRENCY, amount_minor, entries)
        await insert_transfer(tx, draft, now=self.world.clock.now())

    async def refund(self, amount_minor: int) -> None:
        """By an admin."""
        admin_id, refund_id = await self.world.add_user("admin"), new_id()
        admin = Caller(admin_id, admin_id, "admin", frozenset(), "Admin")
        moment = self.world.moment()
        await self.world.database.transact(
            lambda tx: refund_consultation(
                tx, admin, self.id, refund_id=refund_id, amount_minor=amount_minor, reason="kindness", moment=moment
            )
        )

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
async def test_a_silent_reader_is_not_paid_by_a_client_who_leaves_before_the_tick(empty_database: Database, leaves: str) -> None:
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


async def test_resuming_for_money_and_a_gift_to_the_reader_lock_the_accounts_in_the_same_order(
    empty_database: Database,
) -> None:
    table = await Table.lay(empty_database, balance=399)
    await table.start()
    await table.pass_time(61)
    assert (await table.row()).pause_reason == "balance"
    await table.world.top_up(table.client.user_id, 5000)
    row = await table.row()
    assert row.reader_earnings_id < row.client_wallet_id
    lock = "SELECT 1 FROM ledger_accounts WHERE id = $1 FOR NO KEY UPDATE"
    async with empty_database.transaction() as gift:
        await gift.execute(lock, row.reader_earnings_id)
        resuming = asyncio.create_task(table.tick())
        await table.until_somebody_waits_for_a_lock()
        await gift.execute("SET LOCAL lock_timeout = 400")
        await gift.execute(lock, row.client_wallet_id)
    await resuming
    assert (await table.row()).billed_increments == 2


async def test_a_purchase_that_races_the_meter_counts_towards_the_daily_limit(empty_database: Database) -> None:
    """The meter's statement began before the purchase was committed, and waited for the wallet."""
    table = await Table.lay(empty_database, balance=10_000)
    await table.limit(day=1000)
    await table.start()
    await table.pass_time(60, tick=False)
    async with empty_database.transaction() as tx:
        await table.buy(tx, 300)
        charging = asyncio.create_task(table.tick())
        await table.until_somebody_waits_for_a_lock()
    await charging
    await table.tick()
    row = await settled(table)
    assert (row.billed_increments, row.pause_reason) == (1, "balance")
    await table.limit(day=1098)
    await table.pass_time(1)
    row = await settled(table)
    assert (row.billed_increments, row.is_paused) == (2, False)


@pytest.mark.parametrize("period", ["consultation", "day", "month"])
async def test_a_spending_limit_stops_the_clock_and_raising_it_lets_it_go_on(empty_database: Database, period: str) -> None:
    table = await Table.lay(empty_database, balance=10_000)
    await table.limit(**{period: 2 * 399})
    await table.start()
    for _ in range(121):
        await table.pass_time(1)
    row = await table.row()
    assert (row.billed_increments, row.pause_reason) == (2, "balance")
    await table.limit(**{period: 3 * 399})
    await table.pass_time(1)
    row = await settled(table)
    assert (row.billed_increments, row.is_paused, row.total_cost_minor) == (3, False, 3 * 399)


@pytest.mark.parametrize("period", ["consultation", "day", "month"])
async def test_a_reader_is_not_rung_for_somebody_whose_limit_pays_nothing(empty_database: Database, period: str) -> None:
    table = await Table.lay(empty_database, balance=10_000)
    await table.limit(**{period: 398})
    with pytest.raises(SpendingLimitReached):
        await table.start()
    await table.limit(**{period: 399})
    await table.start()
    assert (await table.row()).billed_increments == 1


@pytest.mark.parametrize(("paid_at", "goes_on"), [(239.6, True), (240, False), (240.3, False)])
async def test_money_that_comes_within_the_held_time_counts_although_the_tick_comes_after_it(
    empty_database: Database, paid_at: float, goes_on: bool
) -> None:
    table = await Table.lay(empty_database, balance=2 * 399)
    await table.start()
    await table.pass_time(60)
    await table.pass_time(60)
    await table.pass_time(paid_at - 120, tick=False)
    await table.world.top_up(table.client.user_id, 1000)
    await table.pass_time(240.5 - paid_at)
    row = await settled(table)
    assert (row.end_reason, row.billed_increments) == ((None, 3) if goes_on else ("balance_exhausted", 2))


async def test_many_who_stand_with_too_little_money_do_not_hold_up_one_who_topped_up(
    empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.limits.DUE_BATCH", 2)
    tables = [await Table.lay(empty_database, balance=399 + 100) for _ in range(4)]
    for table in tables:
        await table.start()
    world = tables[0].world
    for table in tables[1:]:
        table.world = world
    world.clock.advance(61)
    await world.renew()
    await empty_database.transact(
        lambda tx: tx.execute("UPDATE nodes SET lease_expires_at = lease_expires_at + interval '1 hour'")
    )
    await tables[0].tick()
    assert [(await table.row()).pause_reason for table in tables] == ["balance"] * 4
    await tables[3].world.top_up(tables[3].client.user_id, 1000)
    await tables[0].tick()
    assert [(await table.row()).pause_reason for table in tables] == ["balance", "balance", "balance", None]


async def test_what_the_house_refunded_is_not_taken_off_what_is_given_back_for_unused_time(empty_database: Database) -> None:
    table = await Table.lay(empty_database, balance=1000)
    await table.start()
    await table.pass_time(30)
    await table.refund(100)
    await table.world.end(table.id, table.reader.user_id)
    row = await settled(table)
    assert row.total_cost_minor == 399 - 100 - 200
    await table.refund(99)
    row = await settled(table)
    assert (row.total_cost_minor, row.earnings_minor) == (0, 0)


async def test_followers_of_events_alone_know_how_long_the_one_who_is_missing_is_waited_for(empty_database: Database) -> None:
    table = await Table.lay(empty_database, balance=5000)
    await table.start()
    await table.pass_time(10)
    await table.drop(table.client)
    await table.pass_time(7)
    await table.drop(table.reader)
    await table.pass_time(3)
    await table.come_back(table.client)
    await table.assert_events_tell_everything()
    assert ((await table.row()).grace_until_at - table.world.epoch).total_seconds() == 77  # type: ignore[operator]
    await table.pass_time(56.9)
    await table.pass_time(0.1)
    row = await settled(table)
    assert (row.end_reason, row.total_cost_minor) == ("reader_disconnected", 399 - 333)


async def test_followers_of_events_alone_know_who_is_in_the_room_before_it_starts(empty_database: Database) -> None:
    table = await Table.lay(empty_database, balance=5000)
    table.id = (await table.world.request(table.client.user_id, table.reader.user_id)).consultation.id
    await table.come_back(table.client)
    await table.assert_events_tell_everything(present=("client",))
    await table.drop(table.client)
    await table.assert_events_tell_everything(present=())
    await table.world.accept(table.id, table.reader.user_id)
    await table.come_back(table.reader)
    await table.assert_events_tell_everything(present=("reader",))
    await table.come_back(table.client)
    await table.assert_events_tell_everything(present=("client", "reader"))
    assert (await table.row()).billed_increments == 1


async def test_the_fresh_grace_for_money_that_came_late_is_not_cut_short_by_one_coming_back(empty_database: Database) -> None:
    table = await Table.lay(empty_database, balance=399)
    await table.start()
    await table.pass_time(61)
    await table.drop(table.client)
    await table.drop(table.reader)
    await table.pass_time(100)
    await table.world.top_up(table.client.user_id, 5000)
    await table.pass_time(1)
    assert (await table.row()).pause_reason == "connection"
    await table.come_back(table.client)
    await table.pass_time(59)
    assert (await table.row()).status == "in_progress"
    await table.pass_time(1)
    assert (await settled(table)).status == "disconnected"


async def test_an_admin_who_watches_is_told_that_the_money_ended(empty_database: Database) -> None:
    table = await Table.lay(empty_database, balance=399)
    await table.start()
    await table.pass_time(61)
    told = [event.name for event in table.events if event.audience == f"watch:{table.id}"]
    assert told[-1] == "consultation.balance_exhausted"

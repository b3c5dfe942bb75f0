"""The clock at its edges: late ticks, deadlines that meet, people who come and go while money and connections end."""

from __future__ import annotations

import asyncio

import pytest

from config.errors import SpendingLimitReached
from storage.database import Database
from tests.consultations.table import Table, settled


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
    await table.world.refund(table.id, 100)
    await table.world.end(table.id, table.reader.user_id)
    row = await settled(table)
    assert row.total_cost_minor == 399 - 100 - 200
    await table.world.refund(table.id, 99)
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

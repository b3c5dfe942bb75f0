"""Whose turn it is when people, readers and money come and go; nobody is ever stuck on busy."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from config.clock import MovableClock
from config.ids import new_id
from storage.ledger import EntryDraft, TransferDraft, find_ledger_account, get_platform_account_id, insert_transfer
from storage.transaction import Transaction
from tests.queue.people import Waiter, Waiting
from tests.support.consultations import go_online
from tests.support.money import fund_wallet
from tests.support.servers import Server, StartServer


@pytest.fixture
async def metered(start_server: StartServer) -> Server:
    return await start_server({"consultations": {"silent_reader_seconds": 0}}, clock=MovableClock())


@pytest.fixture
async def waiting(metered: Server) -> Waiting:
    return await Waiting.start(metered)


async def spend(waiting: Waiting, waiter: Waiter) -> None:
    """Nothing is left in the waiter's wallet."""
    clock, client_id, purchase_id = waiting.server.clock, UUID(waiter.id), new_id()

    async def buy(tx: Transaction) -> None:
        wallet = await find_ledger_account(tx, owner_id=client_id, kind="wallet", currency="USD")
        revenue_id = await get_platform_account_id(tx, kind="revenue", currency="USD")
        assert wallet is not None
        amount = wallet.spendable_minor
        entries = (EntryDraft(wallet.id, -amount), EntryDraft(revenue_id, amount))
        draft = TransferDraft("purchase", f"purchase:{purchase_id}", "order", purchase_id, "USD", amount, entries)
        assert await insert_transfer(tx, draft, now=clock.now()) is not None

    await waiting.server.database.transact(buy)


async def test_who_is_not_there_at_their_turn_is_skipped_and_keeps_the_place(waiting: Waiting) -> None:
    first, second = waiting.waiters
    await first.vanish()
    await waiting.free_the_reader()
    await second.next_change(state="reserved", position=1)
    entry = await first.entry()
    assert (entry["position"], entry["state"], entry["skip_reason"]) == (2, "waiting", "disconnected")
    assert entry["kept_until_at"] is not None
    await waiting.pass_time(60)
    await first.come_back()
    await waiting.sweep()
    assert (await first.next_change(skip_reason=None))["kept_until_at"] is None
    await waiting.pass_time(60)
    assert (await second.next_end())["end_reason"] == "time_ran_out"
    assert (await first.next_change(state="reserved"))["position"] == 1


async def test_who_comes_back_to_a_free_reader_has_the_turn_at_the_next_sweep(metered: Server) -> None:
    waiting = await Waiting.start(metered, waiters=1)
    (only,) = waiting.waiters
    await only.vanish()
    await waiting.free_the_reader()
    assert await waiting.status() == "online", "nobody is there to keep the reader for"
    await only.come_back()
    await waiting.sweep()
    await only.next_change(state="reserved")
    assert await waiting.status() == "busy"


async def test_who_stays_away_for_ten_minutes_after_their_turn_loses_the_place(metered: Server) -> None:
    waiting = await Waiting.start(metered, waiters=1)
    (only,) = waiting.waiters
    await only.vanish()
    await waiting.free_the_reader()
    await waiting.pass_time(599)
    assert (await only.entry())["skip_reason"] == "disconnected"
    await waiting.pass_time(1)
    assert await only.entry() is None
    assert [(lost["state"], lost["end_reason"]) for lost in (await only.queue())["lost"]] == [("passed", "not_ready")]


async def test_before_the_turn_comes_absence_costs_nothing(waiting: Waiting) -> None:
    first, _second = waiting.waiters
    await waiting.scene.top_up(30_000)
    await first.vanish()
    await waiting.pass_time(700)
    await first.come_back()
    await waiting.free_the_reader()
    await first.next_change(state="reserved")


async def test_who_cannot_pay_is_skipped_until_the_money_is_there(waiting: Waiting) -> None:
    first, second = waiting.waiters
    await spend(waiting, first)
    await waiting.free_the_reader()
    await second.next_change(state="reserved")
    assert (await first.next_change(skip_reason="balance"))["state"] == "waiting"
    await fund_wallet(waiting.server.database, UUID(first.id), 399, clock=waiting.server.clock)
    await waiting.sweep()
    await first.next_change(skip_reason=None)
    await second.leave()
    await first.next_change(state="reserved")


async def test_whose_own_limits_forbid_a_start_is_skipped_too(waiting: Waiting) -> None:
    first, second = waiting.waiters
    payload = {"per_consultation_minor": 398, "per_day_minor": None, "per_month_minor": None}
    assert (await first.person.put("/me/limits", payload)).status == 200
    await waiting.free_the_reader()
    await second.next_change(state="reserved")
    assert (await first.entry())["skip_reason"] == "balance"


async def test_who_talks_with_somebody_else_is_skipped(waiting: Waiting) -> None:
    first, second = waiting.waiters
    other = await Waiting.start(waiting.server, waiters=0)
    await other.free_the_reader()
    await first.live.command("consultation.request", reader_id=other.reader_id, type="chat", nonce=first.live.nonce())
    await waiting.free_the_reader()
    await second.next_change(state="reserved")
    assert (await first.entry())["skip_reason"] == "busy"


async def test_of_two_turns_at_once_the_second_waits_for_the_first(waiting: Waiting) -> None:
    first, _second = waiting.waiters
    other = await Waiting.start(waiting.server, waiters=0)
    await first.join(reader_id=other.reader_id)
    await waiting.free_the_reader()
    await first.next_change(state="reserved")
    await other.free_the_reader()
    entries = {item["reader"]["id"]: item for item in (await first.queue())["items"]}
    assert entries[waiting.reader_id]["state"] == "reserved"
    assert (entries[other.reader_id]["state"], entries[other.reader_id]["skip_reason"]) == ("waiting", "busy")
    await first.leave()
    await waiting.sweep()
    entries = {item["reader"]["id"]: item for item in (await first.queue())["items"]}
    assert entries[other.reader_id]["state"] == "reserved"


async def test_who_uses_the_time_of_a_turn_to_talk_with_somebody_else_holds_up_nobody(waiting: Waiting) -> None:
    first, second = waiting.waiters
    other = await Waiting.start(waiting.server, waiters=0)
    await other.free_the_reader()
    await waiting.free_the_reader()
    await first.next_change(state="reserved")
    await first.live.command("consultation.request", reader_id=other.reader_id, type="chat", nonce=first.live.nonce())
    await waiting.sweep()
    assert (await first.next_change(skip_reason="busy"))["state"] == "waiting"
    await second.next_change(state="reserved")


@pytest.mark.parametrize("status", ["away", "offline", "invisible"])
async def test_while_the_reader_is_not_there_nobody_has_the_turn(
    waiting: Waiting, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _second = waiting.waiters
    waiting.without_sweeps(monkeypatch)
    await waiting.free_the_reader()
    await first.next_change(state="reserved")
    await waiting.scene.reader_live.command("reader.set_status", status=status)
    entry = await first.next_change(state="waiting")
    assert (entry["position"], entry["reserved_until_at"]) == (1, None)
    assert entry["stalled_until_at"] is not None
    await waiting.scene.reader_live.command("reader.set_status", status="online")
    assert (await first.next_change(state="reserved"))["stalled_until_at"] is None


async def test_a_reader_whose_connection_is_lost_and_found_goes_on_with_the_line(waiting: Waiting) -> None:
    first, _second = waiting.waiters
    await waiting.free_the_reader()
    await first.next_change(state="reserved")
    await waiting.scene.reader_live.close()
    reader = Waiter(waiting, waiting.scene.reader, waiting.scene.reader_live)
    await waiting.until_gone(reader)
    await waiting.sweep()
    assert (await first.next_change(state="waiting"))["stalled_until_at"] is not None
    waiting.scene.reader_live = await go_online(waiting.server, waiting.scene.reader)
    await first.next_change(state="reserved")


async def test_a_line_whose_reader_does_not_come_back_is_dissolved(start_server: StartServer) -> None:
    waiting = await Waiting.start(await start_server({"queue": {"reader_gone_seconds": 300}}, clock=MovableClock()))
    first, second = waiting.waiters
    await waiting.scene.reader_live.command("reader.set_status", status="offline")
    await waiting.free_the_reader()
    stalled = await second.next_change(state="waiting")
    assert stalled["position"] == 2
    await waiting.pass_time(299)
    assert (await first.entry())["state"] == "waiting"
    await waiting.pass_time(1)
    for waiter in (first, second):
        ended = await waiter.next_end()
        assert (ended["state"], ended["end_reason"]) == ("dissolved", "reader_gone")
    assert await waiting.line() == []


async def test_the_line_of_a_suspended_reader_is_dissolved(waiting: Waiting) -> None:
    first, _second = waiting.waiters
    admin = await waiting.server.make_admin()
    reply = await admin.patch(f"/admin/users/{waiting.reader_id}", {"status": "suspended", "reason": "test"})
    assert reply.status == 200, reply.content
    await waiting.sweep()
    ended = await first.next_end()
    assert (ended["state"], ended["end_reason"]) == ("dissolved", "reader_closed")


async def test_a_suspended_client_holds_up_nobody(waiting: Waiting) -> None:
    first, second = waiting.waiters
    await waiting.free_the_reader()
    await first.next_change(state="reserved")
    admin = await waiting.server.make_admin()
    assert (await admin.patch(f"/admin/users/{first.id}", {"status": "suspended", "reason": "test"})).status == 200
    await waiting.sweep()
    await second.next_change(state="reserved")


async def test_a_type_that_is_not_offered_any_more_ends_the_wait_for_it(waiting: Waiting) -> None:
    first, second = waiting.waiters
    assert (await waiting.scene.reader.patch("/me/reader", {"rates": {"call": {"rate_per_minute_minor": 499}}})).status == 200
    await second.join("call")
    assert (await waiting.scene.reader.patch("/me/reader", {"rates": {"chat": None}})).status == 200
    await waiting.sweep()
    assert (await first.next_end())["end_reason"] == "type_not_offered"
    assert (await second.next_change(position=1))["type"] == "call"


async def test_requests_of_the_turn_s_owner_and_of_strangers_at_once_end_with_the_owner(waiting: Waiting) -> None:
    first, _second = waiting.waiters
    strangers = [await waiting.add(joins=False) for _ in range(4)]
    await waiting.free_the_reader()

    async def ask(waiter: Waiter) -> Any:
        payload = {"reader_id": waiting.reader_id, "type": "chat", "nonce": waiter.live.nonce()}
        return await waiter.live.send("consultation.request", payload)

    answers = await asyncio.gather(*(ask(waiter) for waiter in [*strangers[:2], first, *strangers[2:]]))
    assert [answer["ok"] for answer in answers] == [False, False, True, False, False]
    assert {answer["error"]["code"] for answer in answers if not answer["ok"]} == {"reader.busy"}


async def test_who_comes_from_outside_never_overtakes_the_line_also_before_a_sweep(waiting: Waiting) -> None:
    """The reader became free without anybody's doing (the node that knew died): the request itself looks at the line."""
    first, _second = waiting.waiters
    stranger = await waiting.add(joins=False)
    async with waiting.server.database.connection() as db:
        await db.execute(
            "UPDATE consultations SET status = 'completed', end_reason = 'ended_by_admin', ended_at = now(), paid_until_at = NULL"
            " WHERE id::text = $1",
            waiting.scene.id,
        )
    assert await stranger.request_refused() == "reader.busy"
    assert (await first.request())["status"] == "requested"


async def test_a_turn_that_ran_out_does_not_hold_the_reader_also_before_a_sweep(
    metered: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = await Waiting.start(metered, waiters=1)
    stranger = await waiting.add(joins=False)
    await waiting.free_the_reader()
    waiting.without_sweeps(monkeypatch)
    await waiting.pass_time(119)
    assert await waiting.status() == "busy"
    await waiting.pass_time(1)
    assert await waiting.status() == "online"
    assert (await stranger.request())["status"] == "requested"


async def test_a_booked_or_other_consultation_that_takes_the_reader_puts_the_turn_back(waiting: Waiting) -> None:
    """Whatever makes the reader busy, whose turn it was keeps the place and gets another turn."""
    first, _second = waiting.waiters
    await waiting.free_the_reader()
    await first.next_change(state="reserved")
    async with waiting.server.database.connection() as db:
        await db.execute(
            "UPDATE consultations SET status = 'in_progress', end_reason = NULL, ended_at = NULL WHERE id::text = $1",
            waiting.scene.id,
        )
    await waiting.sweep()
    assert (await first.next_change(state="waiting"))["position"] == 1
    await waiting.scene.end()
    await first.next_change(state="reserved")

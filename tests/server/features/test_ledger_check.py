"""The ledger check: silent while the books are right, also under load; and each broken invariant is named."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import pytest

from billing.ledger.check import check_ledger
from config import limits
from config.ids import new_id
from storage.ledger_checks import INVARIANTS, Difference, list_differences
from storage.top_ups import insert_top_up, set_provider_payment
from storage.transaction import Transaction
from tests.support.clients import ApiClient
from tests.support.consultations import Scene
from tests.support.money import fund_wallet
from tests.support.servers import Server, StartServer


@pytest.fixture(scope="module")
async def scene(metered: Server) -> Scene:
    """Two minutes charged, part of the second one given back, and a review's worth of books around it."""
    scene = await Scene.start(metered, balance=2000)
    await scene.pass_time(90)
    await scene.end(by_reader=True)
    return scene


async def test_right_books_have_no_differences(metered: Server, admin: ApiClient, scene: Scene) -> None:
    reply = await admin.get("/admin/ledger/check")
    assert (reply.status, reply.body["ok"], reply.body["differences"]) == (200, True, [])
    assert reply.body["checked_at"].endswith("Z")
    assert (await scene.client.get("/admin/ledger/check")).status == 403
    assert (await (await metered.visitor()).get("/admin/ledger/check")).status == 401


async def test_all_nine_invariants_are_checked() -> None:
    assert list(INVARIANTS) == [
        "transfers_balance",
        "balances_equal_entries",
        "wallets_not_negative",
        "one_charge_an_increment",
        "consultations_add_up",
        "top_ups_have_payments",
        "nothing_pending_too_long",
        "gifts_are_paid",
        "gift_tallies_add_up",
    ]


class _Undo(Exception):
    pass


async def find(scene: Scene, corrupt: str, *values: object) -> list[Difference]:
    """What the check says of the books after `corrupt`, which is undone again."""
    found: list[Difference] = []
    pending_before = scene.clock.now() - timedelta(seconds=limits.PENDING_TRANSFER_SECONDS)
    with suppress(_Undo):
        async with scene.server.database.transaction() as tx:
            await _let_corrupt(tx)
            assert await tx.execute(corrupt, *values) > 0, "nothing was corrupted"
            found = await list_differences(tx, pending_before=pending_before)
            raise _Undo
    return found


async def _let_corrupt(tx: Transaction) -> None:
    """Triggers and constraints would never let any of this happen."""
    for table in ("entries", "transfers", "ledger_accounts"):
        await tx.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    await tx.execute("ALTER TABLE ledger_accounts DROP CONSTRAINT wallet_never_negative, DROP CONSTRAINT hold_within_balance")
    await tx.execute("DROP INDEX transfers_idempotency")


def invariants(found: list[Difference]) -> set[str]:
    return {difference.invariant for difference in found}


_CHARGE = "(SELECT id FROM transfers WHERE type = 'session_charge' AND reference_id = $1 AND increment = 1)"
_WALLET = "(SELECT client_wallet_id FROM consultations WHERE id = $1)"


async def test_a_transfer_that_does_not_sum_to_zero_is_reported(scene: Scene) -> None:
    found = await find(
        scene,
        f"UPDATE entries SET amount_minor = amount_minor + 5 WHERE transfer_id = {_CHARGE} AND number IS NULL",
        UUID(scene.id),
    )
    sums = [difference for difference in found if not difference.reference.endswith(" amount")]
    assert [(d.invariant, d.expected_minor, d.found_minor) for d in sums] == [("transfers_balance", 0, 5)]
    assert sums[0].reference.startswith("transfer:")


async def test_a_transfer_whose_entries_are_gone_is_reported(scene: Scene) -> None:
    found = await find(scene, f"DELETE FROM entries WHERE transfer_id = {_CHARGE}", UUID(scene.id))
    assert ("transfers_balance", 399, 0) in {(d.invariant, d.expected_minor, d.found_minor) for d in found}


async def test_an_entry_of_no_transfer_is_reported(scene: Scene) -> None:
    found = await find(scene, f"INSERT INTO entries SELECT $2, {_WALLET}, -7, NULL, NULL, now()", UUID(scene.id), new_id())
    assert {"transfers_balance", "balances_equal_entries"} <= invariants(found)


async def test_a_balance_that_is_not_the_sum_of_its_entries_is_reported(scene: Scene) -> None:
    found = await find(
        scene, f"UPDATE ledger_accounts SET balance_minor = balance_minor + 1 WHERE id = {_WALLET}", UUID(scene.id)
    )
    assert [(d.invariant, d.reference) for d in found] == [("balances_equal_entries", f"wallet:{scene.client.id}")]
    assert found[0].found_minor == found[0].expected_minor + 1


async def test_entries_that_are_missing_or_say_a_wrong_balance_are_reported(scene: Scene) -> None:
    found = await find(
        scene, f"UPDATE entries SET balance_after_minor = 1 WHERE ledger_account_id = {_WALLET} AND number = 2", UUID(scene.id)
    )
    assert [d.reference.partition(" ")[2] for d in found] == ["balance after"]
    assert invariants(found) == {"balances_equal_entries"}
    found = await find(
        scene, f"UPDATE entries SET number = 99 WHERE ledger_account_id = {_WALLET} AND number = 2", UUID(scene.id)
    )
    assert f"wallet:{scene.client.id} newest entry" in {d.reference for d in found}


async def test_a_wallet_below_zero_and_a_hold_beyond_the_balance_are_reported(scene: Scene) -> None:
    found = await find(scene, f"UPDATE ledger_accounts SET balance_minor = -3 WHERE id = {_WALLET}", UUID(scene.id))
    negative = [d for d in found if d.invariant == "wallets_not_negative"]
    assert [(d.reference, d.expected_minor, d.found_minor) for d in negative] == [(f"wallet:{scene.client.id}", 0, -3)]
    found = await find(scene, f"UPDATE ledger_accounts SET held_minor = balance_minor + 1 WHERE id = {_WALLET}", UUID(scene.id))
    assert [d.reference for d in found] == [f"wallet:{scene.client.id} held"]


async def test_an_increment_that_was_charged_twice_is_reported(scene: Scene) -> None:
    found = await find(
        scene,
        "INSERT INTO transfers (id, type, idempotency_key, reference_kind, reference_id, increment, amount_minor, currency,"
        " created_at) SELECT $2, type, 'again', reference_kind, reference_id, increment, amount_minor, currency, created_at"
        f" FROM transfers WHERE id = {_CHARGE}",
        UUID(scene.id),
        new_id(),
    )
    twice = [d for d in found if d.invariant == "one_charge_an_increment"]
    assert [(d.reference, d.expected_minor, d.found_minor) for d in twice] == [(f"consultation:{scene.id} increment 1", 399, 798)]


@pytest.mark.parametrize(
    ("change", "reported"),
    [
        ("charged_minor = charged_minor + 1", {"total cost", "charged", "tariff"}),
        ("refunded_minor = refunded_minor - 1", {"total cost"}),
        ("earnings_minor = earnings_minor + 1", {"earnings", "share"}),
        ("billed_increments = billed_increments + 1", {"tariff"}),
        ("connected_ms = 59000", {"connected time"}),
        ("connected_ms = 5000", {"connected time"}),
        ("reader_share_bps = 8000", {"share"}),
    ],
)
async def test_a_consultation_that_does_not_add_up_is_reported(scene: Scene, change: str, reported: set[str]) -> None:
    found = await find(scene, f"UPDATE consultations SET {change} WHERE id = $1", UUID(scene.id))
    assert invariants(found) == {"consultations_add_up"}
    assert reported <= {d.reference.partition(" ")[2] for d in found}


async def test_a_charge_for_no_consultation_is_reported(scene: Scene) -> None:
    stranger = new_id()
    found = await find(scene, f"UPDATE transfers SET reference_id = $2 WHERE id = {_CHARGE}", UUID(scene.id), stranger)
    assert f"consultation:{stranger} charged" in {d.reference for d in found}


async def test_top_ups_and_payments_that_do_not_match_are_reported(scene: Scene) -> None:
    top_up_id, user_id, now = new_id(), UUID(scene.client.id), scene.clock.now()
    async with scene.server.database.transaction() as tx:
        await insert_top_up(
            tx, top_up_id=top_up_id, user_id=user_id, amount_minor=500, currency="USD", payment_method=None, now=now
        )
        await set_provider_payment(tx, top_up_id=top_up_id, provider_payment_id="pi_1", now=now)
    reference = f"top_up:{top_up_id}"
    completed = "UPDATE top_ups SET status = 'completed', completed_at = now()"
    found = await find(scene, f"{completed} WHERE id = $1", top_up_id)
    assert found == [Difference("top_ups_have_payments", reference, 500, 0)], "credited nowhere"
    found = await find(scene, f"{completed}, provider_payment_id = NULL WHERE id = $1", top_up_id)
    assert Difference("top_ups_have_payments", f"{reference} payment", 500, 0) in found
    add_funds = (
        "INSERT INTO transfers (id, type, idempotency_key, reference_kind, reference_id, amount_minor, currency, created_at)"
        " VALUES (new_uuid7(), 'add_funds', 'x', 'top_up', $1, 500, 'USD', now())"
    )
    found = await find(scene, add_funds, top_up_id)
    assert Difference("top_ups_have_payments", reference, 0, 500) in found, "credited without being paid"
    stranger = new_id()
    assert Difference("top_ups_have_payments", f"top_up:{stranger}", 0, 500) in await find(scene, add_funds, stranger)
    event = (
        "INSERT INTO provider_events (event_id, type, payload, received_at, processed_at, outcome)"
        " SELECT 'evt_1', 'payment_intent.succeeded', jsonb_build_object('payment_id', 'pi_2', 'facts',"
        " jsonb_build_object('amount_received', 700)), now(), now(), outcome FROM (VALUES ($1::text)) AS v (outcome)"
    )
    assert await find(scene, event, "applied") == [Difference("top_ups_have_payments", "payment:pi_2", 700, 0)]
    assert await find(scene, event, "ignored") == []


async def test_a_transfer_that_stays_pending_is_reported(scene: Scene) -> None:
    old = scene.clock.now() - timedelta(seconds=limits.PENDING_TRANSFER_SECONDS + 1)
    pending = f"UPDATE transfers SET state = 'pending', created_at = $2 WHERE id = {_CHARGE}"
    found = await find(scene, pending, UUID(scene.id), old)
    assert [(d.invariant, d.expected_minor, d.found_minor) for d in found] == [("nothing_pending_too_long", 0, 399)]
    assert await find(scene, pending, UUID(scene.id), scene.clock.now()) == []


async def test_the_number_of_differences_is_bounded(scene: Scene) -> None:
    found = await find(
        scene,
        "INSERT INTO transfers (id, type, idempotency_key, reference_kind, reference_id, amount_minor, currency, created_at)"
        " SELECT new_uuid7(), 'adjustment', 'x', 'user', $1, 5, 'USD', now() FROM generate_series(1, $2)",
        new_id(),
        limits.LEDGER_DIFFERENCES + 10,
    )
    assert len(found) == limits.LEDGER_DIFFERENCES


async def test_the_door_reports_what_is_wrong(start_server: StartServer) -> None:
    server = await start_server()
    client, admin = await server.register(), await server.make_admin()
    async with server.database.transaction() as tx:
        await tx.execute("UPDATE ledger_accounts SET balance_minor = 12 WHERE owner_id = $1", UUID(client.id))
    body = (await admin.get("/admin/ledger/check")).body
    assert body["ok"] is False
    assert body["differences"] == [
        {
            "invariant": "balances_equal_entries",
            "reference": f"wallet:{client.id}",
            "expected_minor": 0,
            "found_minor": 12,
        }
    ]


async def test_the_check_is_right_while_money_moves(start_server: StartServer) -> None:
    server = await start_server()
    clients = [await server.register() for _ in range(3)]
    moves = 0
    is_over = asyncio.Event()

    async def move(client: ApiClient) -> None:
        nonlocal moves
        while not is_over.is_set():
            await fund_wallet(server.database, UUID(client.id), 1, clock=server.clock)
            moves += 1

    moving = [asyncio.create_task(move(client)) for client in clients]
    checks = 0
    try:
        while checks < 20 or moves < 50:
            report = await check_ledger(server.database, server.clock)
            assert report.ok, report.differences
            checks += 1
    finally:
        is_over.set()
        await asyncio.gather(*moving)

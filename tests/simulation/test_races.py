"""Races for one reader and for one wallet, on a real database."""

from __future__ import annotations

import asyncio
from collections import Counter
from uuid import UUID

import asyncpg
import pytest

from billing.ledger.check import check_ledger
from config.clock import MovableClock
from config.errors import AppError, Overloaded
from config.ids import new_id
from config.settings import Settings, load_settings
from storage.database import Database
from storage.gifts import GiftDraft
from storage.ledger import EntryDraft, TransferDraft, find_ledger_account, get_platform_account_id, insert_transfer
from storage.transaction import Transaction
from tests.simulation.world import CURRENCY, Seat, World
from tests.support.gifts import put_on_livestream


@pytest.fixture
def settings() -> Settings:
    return load_settings(environment={}, env_file=None, overrides={"consultations": {"silent_reader_seconds": 0}})


async def open_world(database: Database, settings: Settings) -> World:
    world = World(database, settings, MovableClock())
    await world.open()
    return world


async def test_of_many_simultaneous_requests_exactly_one_reaches_the_reader(empty_database: Database, settings: Settings) -> None:
    world = await open_world(empty_database, settings)
    reader = await world.add_reader(399)
    await world.connect(reader, world.nodes[0])
    clients = [await world.add_user("client") for _ in range(100)]
    for client in clients:
        await world.top_up(client, 1000)

    async def ring(client: UUID) -> str:
        try:
            await world.request(client, reader)
        except AppError as error:
            return error.code
        return "won"

    answers = Counter(await asyncio.gather(*(ring(client) for client in clients * 5)))
    assert answers.pop("won") == 1
    # The winner's own further requests find the winner busy, or the reader; everybody else's find the reader busy.
    assert set(answers) <= {"reader.busy", "client.busy"}
    assert sum(answers.values()) == 499


async def test_one_client_cannot_ring_at_two_readers_at_once(empty_database: Database, settings: Settings) -> None:
    world = await open_world(empty_database, settings)
    readers = [await world.add_reader(399) for _ in range(10)]
    for reader in readers:
        await world.connect(reader, world.nodes[0])
    client = await world.add_user("client")
    await world.top_up(client, 100_000)
    answers = await asyncio.gather(*(world.request(client, reader) for reader in readers), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, AppError)]
    assert {error.code for error in refused} == {"client.busy"}
    assert len(refused) == 9


async def test_two_hundred_spenders_on_one_wallet_never_overdraw_it(empty_database: Database, settings: Settings) -> None:
    """Gifts race the meter, which ticks on two nodes at once; the money is enough for some of both."""
    world = await open_world(empty_database, settings)
    client, reader = Seat(await world.add_user("client")), Seat(await world.add_reader(399))
    await world.top_up(client.user_id, 10_000)
    await world.connect(reader.user_id, world.nodes[0])
    consultation_id = (await world.request(client.user_id, reader.user_id)).consultation.id
    await world.join(consultation_id, client, world.nodes[0])
    await world.accept(consultation_id, reader.user_id)
    await world.join(consultation_id, reader, world.nodes[1])
    livestream_id = await put_on_livestream(empty_database, await world.add_reader(399), now=world.clock.now())
    tea = next(kind for kind in world.kinds if kind.name == "Tea")

    async def spend(number: int) -> str:
        draft = GiftDraft(
            id=new_id(),
            line_id=new_id(),
            sender_id=client.user_id,
            livestream_id=livestream_id if number % 2 else None,
            consultation_id=None if number % 2 else consultation_id,
            gift_kind_id=tea.id,
            quantity=1,
            message="",
            nonce=f"nonce {number}",
        )
        # A busy machine may turn somebody away from the database's few connections: they try again with their nonce.
        while True:
            try:
                outcome = await world.give(draft)
            except Overloaded:
                continue
            return "" if outcome.error is None else outcome.error.code

    async def tick_often() -> None:
        for _ in range(10):
            world.clock.advance(6)
            await world.renew()
            await asyncio.gather(*(world.meter(node).tick() for node in world.nodes))

    _, *codes = await asyncio.gather(tick_often(), *(spend(number) for number in range(200)))
    assert set(codes) == {"", "wallet.balance_too_low"}
    async with empty_database.connection() as connection:
        wallet = await find_ledger_account(connection, owner_id=client.user_id, kind="wallet", currency=CURRENCY)
        charged = await connection.fetch_value("SELECT charged_minor FROM consultations")
    assert wallet is not None
    assert wallet.balance_minor == 10_000 - codes.count("") * 199 - charged
    assert 0 <= wallet.balance_minor < 199
    assert (await check_ledger(empty_database, world.clock)).differences == ()


async def test_the_same_transfer_takes_effect_once_however_often_it_is_tried(
    empty_database: Database, settings: Settings
) -> None:
    world = await open_world(empty_database, settings)
    client = await world.add_user("client")
    await world.top_up(client, 1000)
    async with empty_database.connection() as connection:
        wallet = await find_ledger_account(connection, owner_id=client, kind="wallet", currency=CURRENCY)
        revenue_id = await get_platform_account_id(connection, kind="revenue", currency=CURRENCY)
    assert wallet is not None
    draft = TransferDraft(
        "purchase", "purchase:1", "purchase", client, CURRENCY, 300, (EntryDraft(wallet.id, -300), EntryDraft(revenue_id, 300))
    )

    async def book(tx: Transaction) -> bool:
        return await insert_transfer(tx, draft, now=world.clock.now()) is not None

    answers = await asyncio.gather(*(empty_database.transact(book) for _ in range(20)))
    assert sorted(answers) == [False] * 19 + [True]
    async with empty_database.connection() as connection:
        assert await connection.fetch_value("SELECT balance_minor FROM ledger_accounts WHERE id = $1", wallet.id) == 700


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE entries SET amount_minor = amount_minor + 1", "ledger_append_only"),
        ("DELETE FROM entries", "ledger_append_only"),
        ("DELETE FROM transfers", "ledger_append_only"),
        ("UPDATE transfers SET amount_minor = 1", "ledger_append_only"),
        ("DELETE FROM ledger_accounts", "ledger_append_only"),
        ("UPDATE ledger_accounts SET balance_minor = -1 WHERE kind = 'wallet'", "wallet_never_negative"),
        (
            "INSERT INTO entries (transfer_id, ledger_account_id, amount_minor, created_at)"
            " SELECT id, (SELECT min(id) FROM ledger_accounts WHERE owner_id IS NULL), 5, now() FROM transfers",
            "entries_balance",
        ),
        (
            "INSERT INTO entries (transfer_id, ledger_account_id, amount_minor, created_at)"
            " SELECT new_uuid7(), id, CASE kind WHEN 'revenue' THEN 5 ELSE -5 END, now()"
            " FROM ledger_accounts WHERE kind IN ('revenue', 'promotions')",
            "entries_balance",
        ),
    ],
)
async def test_the_database_itself_refuses_what_would_falsify_the_books(
    empty_database: Database, settings: Settings, statement: str, constraint: str
) -> None:
    world = await open_world(empty_database, settings)
    await world.top_up(await world.add_user("client"), 1000)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refusal:
        await empty_database.transact(lambda tx: tx.execute(statement))
    assert refusal.value.constraint_name == constraint

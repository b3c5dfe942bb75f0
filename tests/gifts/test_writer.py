"""The group commit of gifts: each decided by itself, on two nodes at once, on rows that others hold, and in doubt."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from billing.ledger.check import check_ledger
from config.clock import MovableClock
from config.errors import AppError
from config.ids import new_id
from config.settings import load_settings
from realtime.gifts import writer as writing
from realtime.gifts.sending import GiftOutcome
from realtime.gifts.writer import GiftWriter
from storage.database import Database
from storage.gift_kinds import GiftKind
from storage.gifts import GiftDraft
from storage.spending_limits import SpendingLimits
from storage.transaction import Event, Transaction
from tests.simulation.world import World
from tests.support.gifts import kinds_by_name, put_on_livestream


@dataclass
class Hall:
    """A reader's livestream on two nodes: a writer each, and everything that they told."""

    world: World
    writers: list[GiftWriter]
    told: list[Event]
    kinds: dict[str, GiftKind]
    reader_id: UUID = field(default_factory=new_id)
    id: UUID = field(default_factory=new_id)

    async def add_livestream(self) -> UUID:
        self.reader_id = await self.world.add_reader(399)
        self.id = await put_on_livestream(self.world.database, self.reader_id, now=self.world.clock.now())
        return self.id

    async def add_sender(self, balance: int) -> UUID:
        sender_id = await self.world.add_user("client")
        await self.world.top_up(sender_id, balance)
        return sender_id

    def draft(self, sender_id: UUID, name: str = "Rose", *, quantity: int = 1, nonce: str = "", **more: Any) -> GiftDraft:
        where = {"livestream_id": self.id, "consultation_id": None} | more
        nonce = nonce or f"nonce {new_id()}"
        return GiftDraft(
            new_id(),
            new_id(),
            sender_id,
            where["livestream_id"],
            where["consultation_id"],
            self.kinds[name].id,
            quantity,
            "",
            nonce,
        )

    async def send(self, draft: GiftDraft, *, node: int = 0) -> str:
        """The code of the refusal, empty once it is paid."""
        try:
            outcome = await self.writers[node].store(draft)
        except AppError as error:
            return error.code
        return "" if outcome.error is None else outcome.error.code

    async def value(self, statement: str, *arguments: object) -> Any:
        async with self.world.database.connection() as db:
            return await db.fetch_value(statement, *arguments)

    async def balance(self, owner_id: UUID, kind: str = "wallet") -> int:
        return int(
            await self.value("SELECT balance_minor FROM ledger_accounts WHERE owner_id = $1 AND kind = $2", owner_id, kind)
        )

    async def until_somebody_waits(self) -> None:
        async with asyncio.timeout(10):
            waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            while not await self.value(waiting):  # noqa: ASYNC110  (the database tells nobody that somebody waits)
                await asyncio.sleep(0.01)

    def gifts_told(self) -> list[Any]:
        return [event.payload for event in self.told if event.name == "gift.sent"]


@pytest.fixture
async def hall(empty_database: Database) -> AsyncIterator[Hall]:
    settings = load_settings(environment={}, env_file=None)
    world = World(empty_database, settings, MovableClock())
    await world.open()
    told: list[Event] = []

    async def deliver(events: Sequence[Event]) -> None:
        told.extend(events)

    writers = [GiftWriter(dsn=empty_database.dsn, clock=world.clock, billing=settings.billing, deliver=deliver) for _ in range(2)]
    hall = Hall(world, writers, told, await kinds_by_name(empty_database))
    await hall.add_livestream()
    for writer in writers:
        await writer.start()
    yield hall
    for writer in writers:
        await writer.close()
    assert (await check_ledger(empty_database, world.clock)).differences == ()


async def test_two_hundred_spenders_on_one_wallet_never_overdraw_it(hall: Hall) -> None:
    """Through two nodes, in several livestreams; one who asks for less may still get what is left."""
    sender = await hall.add_sender(10_000)
    livestreams = [hall.id, await hall.add_livestream(), await hall.add_livestream()]
    names = ["Rose", "Tea", "Star", "Feather"]
    drafts = [hall.draft(sender, names[n % 4], livestream_id=livestreams[n % 3]) for n in range(200)]
    codes = await asyncio.gather(*(hall.send(draft, node=n % 2) for n, draft in enumerate(drafts)))
    prices = {kind.id: kind.price_minor for kind in hall.kinds.values()}
    paid = sum(prices[draft.gift_kind_id] for draft, code in zip(drafts, codes, strict=True) if not code)
    assert set(codes) == {"", "wallet.balance_too_low"}
    assert await hall.balance(sender) == 10_000 - paid
    # Whatever is left would not even have paid a feather: all that was refused came before the end.
    assert 0 <= 10_000 - paid < 49
    assert await hall.value("SELECT count(*) FROM gifts") == codes.count("")
    for livestream_id in livestreams:
        seqs = [event.message.seq for event in hall.gifts_told() if event.livestream_id == livestream_id]
        assert sorted(seqs) == list(range(1, len(seqs) + 1))
    assert len(hall.gifts_told()) == codes.count("")


async def test_a_nonce_pays_once_on_two_nodes_and_in_two_places(hall: Hall) -> None:
    sender, first = await hall.add_sender(50_000), hall.id
    second = await hall.add_livestream()
    for number in range(10):
        drafts = [hall.draft(sender, nonce=f"nonce {number}", livestream_id=livestream_id) for livestream_id in (first, second)]
        again = [drafts[n % 2]._replace(id=new_id(), line_id=new_id()) for n in range(20)]
        codes = await asyncio.gather(*(hall.send(draft, node=n // 2 % 2) for n, draft in enumerate(again)))
        # One of the two places was first; everybody who meant it got that answer, everybody else was refused.
        assert Counter(codes) == {"": 10, "nonce.reused": 10}
    assert await hall.value("SELECT count(*) FROM gifts") == 10
    assert await hall.balance(sender) == 50_000 - 10 * 299
    assert len(hall.gifts_told()) == 10


async def test_gifts_of_many_in_one_livestream_are_numbered_and_added_up(hall: Hall) -> None:
    senders = [await hall.add_sender(1_000) for _ in range(40)]
    codes = await asyncio.gather(*(hall.send(hall.draft(sender), node=n % 2) for n, sender in enumerate(senders * 4)))
    assert Counter(codes) == {"": 120, "wallet.balance_too_low": 40}
    assert await hall.value("SELECT gifts_minor FROM livestream_tallies WHERE livestream_id = $1", hall.id) == 120 * 299
    # Rounded down for each of them: floor(299 x 70 %) = 209.
    assert await hall.balance(hall.reader_id, "earnings") == 120 * 209
    assert max(event.gift_goal is None for event in hall.gifts_told())


async def test_limits_of_a_day_hold_over_gifts_on_two_nodes(hall: Hall) -> None:
    sender = await hall.add_sender(50_000)
    await hall.world.limit(sender, SpendingLimits(None, 3_000, None))
    codes = await asyncio.gather(*(hall.send(hall.draft(sender), node=n % 2) for n in range(60)))
    assert Counter(codes) == {"": 10, "wallet.spending_limit_reached": 50}


async def test_what_ends_while_a_gift_waits_takes_it_no_more(hall: Hall) -> None:
    sender = await hall.add_sender(1_000)
    async with hall.world.database.transaction() as tx:
        await tx.execute(
            "UPDATE livestreams SET status = 'ended', ended_at = now(), end_reason = 'reader_ended' WHERE id = $1", hall.id
        )
        waiting = asyncio.create_task(hall.send(hall.draft(sender)))
        await hall.until_somebody_waits()
    assert await waiting == "livestream.ended"
    assert await hall.balance(sender) == 1_000


async def test_a_livestream_or_a_wallet_that_somebody_keeps_locked_holds_up_nobody_else(hall: Hall) -> None:
    """Another node was stopped in the middle of a transaction."""
    senders = [await hall.add_sender(1_000) for _ in range(3)]
    held, free = hall.id, await hall.add_livestream()
    async with hall.world.database.transaction() as stuck:
        await stuck.execute("SELECT 1 FROM livestreams WHERE id = $1 FOR NO KEY UPDATE", held)
        await stuck.execute("SELECT 1 FROM ledger_accounts WHERE owner_id = $1 FOR NO KEY UPDATE", senders[1])
        async with asyncio.timeout(4):
            codes = await asyncio.gather(
                hall.send(hall.draft(senders[0], livestream_id=held)),
                hall.send(hall.draft(senders[1], livestream_id=free)),
                hall.send(hall.draft(senders[2], livestream_id=free)),
                hall.send(hall.draft(senders[2], livestream_id=new_id())),
            )
    assert codes == ["server.overloaded", "server.overloaded", "", "resource.not_found"]
    assert await hall.send(hall.draft(senders[0], livestream_id=held)) == ""


async def test_a_gift_whose_commit_was_in_doubt_is_paid_and_told_once(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection broke after the commit: the second try finds its own gift, which nobody has been told of."""
    sender, write, tries = await hall.add_sender(1_000), GiftWriter.write, 0

    async def write_and_break(writer: GiftWriter, *arguments: Any, **more: Any) -> list[GiftOutcome]:
        nonlocal tries
        tries += 1
        outcomes = await write(writer, *arguments, **more)
        if tries == 1:
            writer._committed.clear()
            raise asyncpg.ConnectionDoesNotExistError
        return outcomes

    monkeypatch.setattr(GiftWriter, "write", write_and_break)
    draft = hall.draft(sender)
    assert await hall.send(draft) == ""
    assert tries == 2
    assert await hall.send(draft._replace(id=new_id(), line_id=new_id())) == ""
    [told] = hall.gifts_told()
    assert (told.gift.id, told.message.id, told.message.seq) == (draft.id, draft.line_id, 1)
    assert told.top_senders[0].total_minor == 299
    assert await hall.balance(sender) == 701


async def test_nothing_is_told_of_a_transaction_that_was_rolled_back(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    sender, tries = await hall.add_sender(1_000), 0
    send = writing.send_gifts

    async def send_and_break(tx: Transaction, drafts: Sequence[GiftDraft], **more: Any) -> list[GiftOutcome]:
        nonlocal tries
        outcomes = await send(tx, drafts, **more)
        tries += 1
        if tries == 1:
            raise asyncpg.DeadlockDetectedError
        return outcomes

    monkeypatch.setattr(writing, "send_gifts", send_and_break)
    assert await hall.send(hall.draft(sender)) == ""
    assert tries == 2
    assert len(hall.gifts_told()) == 1
    assert await hall.balance(sender) == 701


async def test_gifts_in_livestreams_and_in_consultations_wait_together_and_are_written_apart(hall: Hall) -> None:
    world, reader = hall.world, hall.reader_id
    client = await hall.add_sender(20_000)
    async with world.database.transaction() as tx:
        await tx.execute("UPDATE livestreams SET is_paused = true, pause_reason = 'private' WHERE id = $1", hall.id)
    await world.connect(reader, world.nodes[0])
    consultation_id = (await world.request(client, reader)).consultation.id
    await world.accept(consultation_id, reader)
    drafts = [
        hall.draft(client) if number % 2 else hall.draft(client, livestream_id=None, consultation_id=consultation_id)
        for number in range(40)
    ]
    codes = await asyncio.gather(*(hall.send(draft, node=n // 2 % 2) for n, draft in enumerate(drafts)))
    assert Counter(codes) == {"": 40}
    assert await hall.value("SELECT gifts_minor FROM consultations WHERE id = $1", consultation_id) == 20 * 299
    assert await hall.value("SELECT gifts_minor FROM livestream_tallies WHERE livestream_id = $1", hall.id) == 20 * 299


async def test_a_sanction_that_is_over_counts_no_more(hall: Hall) -> None:
    sender = await hall.add_sender(1_000)
    now = hall.world.clock.now()
    async with hall.world.database.transaction() as tx:
        await tx.execute(
            "INSERT INTO livestream_sanctions (reader_id, user_id, kind, until_at, imposed_by, created_at)"
            " VALUES ($1, $2, 'banned', $3, $1, $4)",
            hall.reader_id,
            sender,
            now + timedelta(seconds=30),
            now,
        )
    assert await hall.send(hall.draft(sender)) == "livestream.banned"
    hall.world.clock.advance(31)
    assert await hall.send(hall.draft(sender)) == ""

"""Everybody acts on one consultation at the same instant: the order is open, but some things must hold in every order."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import Awaitable, Callable
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
from realtime.livestreams.audiences import livestream_audience
from storage.consultations import find_parts
from storage.database import Database
from storage.gifts import GiftDraft
from storage.messages import list_messages
from storage.spending_limits import SpendingLimits
from storage.transaction import Event, Transaction
from tests.simulation.test_ledger_and_meter import FIRST_SEED, SEEDS
from tests.simulation.world import Seat, World
from tests.support.gifts import put_on_livestream

ROUNDS = 8
# What may be answered to somebody who came too late, or through a node that has gone; a deadlock that was given up on,
# or a 500, is not among them.
EXPECTED = {
    "connections_node_id_fkey",
    "resource.not_found",
    "consultation.not_in_progress",
    "consultation.not_requested",
    "consultation.refund_too_large",
    "gift.refunded",
    "wallet.balance_too_low",
}


class Melee:
    client: Seat
    reader: Seat
    id: UUID
    livestream_id: UUID
    rates: dict[str, int]
    modes: list[str]

    def __init__(self, world: World, rng: random.Random) -> None:
        self.world, self.rng = world, rng
        self.events: list[Event] = []
        self.said: Counter[str] = Counter()
        self.nonces: list[str] = []
        self.given: set[UUID] = set()

    async def open(self) -> None:
        await self.world.open()

        async def keep(events: Any) -> None:
            self.events.extend(events)

        self.world.database.on_commit(keep)
        # Ids of ledger accounts are the order of their locks: either way round.
        rate, is_reader_first = self.rng.choice([7, 399]), self.rng.random() < 0.5
        self.rates = {"chat": rate, "call": rate + 1, "video": rate + 2}
        early = await self.add_reader() if is_reader_first else None
        self.client = Seat(await self.world.add_user("client"))
        self.reader = Seat(early or await self.add_reader())
        await self.world.top_up(self.client.user_id, self.rng.choice([450, 900, 5000]))
        await self.world.connect(self.reader.user_id, self.world.nodes[0])
        self.modes = self.rng.choice([["chat"], ["chat", "call", "video"]])
        parts = await self.world.request(self.client.user_id, self.reader.user_id, type=self.modes[-1])
        self.id = parts.consultation.id
        self.livestream_id = await put_on_livestream(
            self.world.database, self.reader.user_id, now=self.world.clock.now(), is_left_for_consultation=True
        )

    async def add_reader(self) -> UUID:
        return await self.world.add_reader(self.rates["chat"], call=self.rates["call"], video=self.rates["video"])

    async def act(self, action: Callable[[], Awaitable[Any]]) -> None:
        # Not all in the order in which they were thrown in.
        for _ in range(self.rng.randrange(4)):
            await asyncio.sleep(0)
        code = ""
        try:
            await action()
        except AppError as error:
            code = error.code
        except asyncpg.ForeignKeyViolationError as error:
            code = error.constraint_name
        assert not code or code in EXPECTED

    def actions(self) -> list[Callable[[], Awaitable[Any]]]:
        world, client, reader = self.world, self.client, self.reader
        node, other = world.nodes
        return [
            lambda: world.meter(node).tick(),
            lambda: world.meter(other).tick(),
            lambda: world.meter(node).tick(),
            lambda: world.join(self.id, client, node),
            lambda: world.join(self.id, reader, other),
            lambda: world.join(self.id, client, other),
            lambda: self.drop(client),
            lambda: self.drop(reader),
            lambda: world.top_up(client.user_id, self.rng.randint(1, 900)),
            lambda: world.limit(client.user_id, SpendingLimits(self.rng.choice([None, 399, 2000]), None, None)),
            lambda: world.refund(self.id, self.rng.randint(1, 400)),
            lambda: self.say(client),
            lambda: self.say(reader),
            lambda: self.say(client),
            lambda: self.give(),
            lambda: self.give(livestream_id=self.livestream_id),
            lambda: self.give(livestream_id=self.livestream_id),
            lambda: self.give(repeats=True),
            self.give_back,
            lambda: self.connect_media(client),
            lambda: self.connect_media(reader),
            lambda: self.lose_media(self.rng.choice([client, reader])),
            self.change_mode,
            self.set_status,
            self.restart_node,
        ]

    async def restart_node(self) -> None:
        """One of the two is stopped, another takes its place; whoever connects to it just then is turned away."""
        await self.world.stop_node(self.world.nodes[-1])

    async def drop(self, seat: Seat) -> None:
        if seat.connections:
            await self.world.lose(seat, self.rng.choice(list(seat.connections)), proof=self.world.clock.now())

    async def connect_media(self, seat: Seat) -> None:
        if seat.connections:
            await self.world.connect_media(self.id, seat, self.rng.choice(list(seat.connections)))

    async def lose_media(self, seat: Seat) -> None:
        if seat.connections:
            proof = self.world.clock.now() - timedelta(seconds=self.rng.choice([0, 3]))
            await self.world.lose_media(self.id, seat, self.rng.choice(list(seat.connections)), proof=proof)

    async def change_mode(self) -> None:
        person, mode = self.rng.choice([self.client, self.reader]), self.rng.choice(self.modes)
        await self.world.change_mode(self.id, person.user_id, mode, self.rates[mode])  # type: ignore[arg-type]

    async def say(self, seat: Seat) -> None:
        self.said[(await self.world.say(self.id, seat.user_id)).verdict] += 1

    async def give(self, *, livestream_id: UUID | None = None, repeats: bool = False) -> None:
        """In the consultation or in the livestream of the same reader; or once more, perhaps in the other one."""
        kind = self.rng.choice(self.world.kinds[:7])
        nonce = self.rng.choice(self.nonces) if repeats and self.nonces else f"nonce {len(self.nonces)}"
        self.nonces.append(nonce)
        draft = GiftDraft(
            id=new_id(),
            line_id=new_id(),
            sender_id=self.client.user_id,
            livestream_id=livestream_id,
            consultation_id=self.id if livestream_id is None else None,
            gift_kind_id=kind.id,
            quantity=self.rng.choice([1, 2]),
            message="",
            nonce=nonce,
        )
        outcome = await self.world.give(draft)
        assert outcome.error is None or outcome.error.code in EXPECTED | {"nonce.reused", "wallet.spending_limit_reached"}
        if outcome.gift is not None:
            self.given.add(outcome.gift.id)

    async def give_back(self) -> None:
        if self.given:
            await self.world.give_back(self.rng.choice(sorted(self.given)))

    async def set_status(self) -> None:
        """Locks the reader's row, as the end of a consultation does."""

        async def change(tx: Transaction) -> None:
            await tx.execute("UPDATE readers SET updated_at = $2 WHERE user_id = $1", self.reader.user_id, self.world.clock.now())

        await self.world.database.transact(change)

    async def end(self, ways: int) -> None:
        who = [self.client.user_id, self.reader.user_id, None]
        await asyncio.gather(*(self.act(lambda who=who: self.world.end(self.id, who)) for who in self.rng.sample(who, ways)))  # type: ignore[misc]

    async def check(self) -> None:
        report = await check_ledger(self.world.database, self.world.clock)
        assert report.differences == ()
        async with self.world.database.connection() as db:
            parts = await find_parts(db, self.id)
            messages = await list_messages(db, self.id, after_seq=0, limit=500)
            gifts = {row["id"] for row in await db.fetch("SELECT id FROM gifts")}
        assert parts is not None
        c = parts.consultation
        assert [message.seq for message in messages] == list(range(1, c.last_seq + 1))
        assert len(messages) == self.said["stored"]
        told = [
            event.payload.version
            for event in self.events
            if event.audience == f"user:{self.reader.user_id}" and hasattr(event.payload, "version")
        ]
        # One event for each version, and one version for each event: no gap, and nothing told twice.
        assert sorted(told) == list(range(1, c.version + 1))
        places = {f"user:{self.reader.user_id}", livestream_audience(self.livestream_id)}
        shown = [event.payload.gift.id for event in self.events if event.name == "gift.sent" and event.audience in places]
        assert sorted(shown) == sorted(gifts) == sorted(self.given)
        if c.end_reason is not None:
            assert c.connected_ms <= c.billed_increments * c.increment_ms
            assert sum(1 for event in self.events if event.name == "consultation.ended") in (0, 3)


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + SEEDS))
async def test_in_whatever_order_they_come_the_books_and_the_events_are_whole(
    seed: int, empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # `make simulate` does without the retries that production has, so that a deadlock shows itself.
    if "SIMULATION_SEEDS" in os.environ:
        monkeypatch.setattr("storage.database._RETRYABLE", ())
    rng = random.Random(seed)
    overrides = {
        "billing": {"increment_seconds": rng.choice([60, 10]), "top_up_window_seconds": rng.choice([0, 30])},
        "consultations": {"silent_reader_seconds": rng.choice([0, 30]), "reconnect_grace_seconds": rng.choice([5, 60])},
    }
    settings = load_settings(environment={}, env_file=None, overrides=overrides)
    melee = Melee(World(empty_database, settings, MovableClock()), rng)
    await melee.open()
    world = melee.world
    actions = melee.actions()
    await asyncio.gather(
        melee.act(lambda: world.join(melee.id, melee.client, world.nodes[0])),
        melee.act(lambda: world.accept(melee.id, melee.reader.user_id)),
        melee.act(lambda: world.join(melee.id, melee.reader, world.nodes[1])),
    )
    await asyncio.gather(*(melee.act(lambda seat=seat: melee.connect_media(seat)) for seat in (melee.client, melee.reader)))  # type: ignore[misc]
    await melee.check()
    for _ in range(ROUNDS):
        world.clock.advance(rng.choice([0.5, 4, 5, 10, 30]))
        await world.renew()
        chosen = rng.sample(actions, rng.randint(5, len(actions)))
        await asyncio.gather(*(melee.act(action) for action in chosen))
        await melee.check()
        if len(world.nodes) == 1:
            await world.start_node()
            actions = melee.actions()
    await asyncio.gather(melee.end(rng.randint(1, 3)), *(melee.act(action) for action in actions))
    await melee.check()
    assert (await world.end(melee.id, melee.client.user_id)).consultation.end_reason is not None

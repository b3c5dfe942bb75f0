"""Bookings, requests, cancellations, comings and goings in any order: every booking comes to an end, and the books add up."""

from __future__ import annotations

import asyncio
import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from billing.ledger.check import check_ledger
from config.clock import MovableClock
from config.errors import AppError
from config.settings import load_settings
from realtime.consultations.bookings import BookingDraft, book_consultation, cancel_before_start
from realtime.consultations.deadlines import carry_out_due
from storage.availability import Window, replace_windows
from storage.consultations import lock_parts
from storage.database import Database
from storage.transaction import Record, Transaction
from tests.simulation.test_ledger_and_meter import FIRST_SEED, SEEDS
from tests.simulation.world import Seat, World

STEPS = 90
FEE_MINUTES = 3
ALWAYS = [Window(day, None, 0, 1440) for day in range(7)]


class Diary:
    """Two readers and three clients, with what they have booked and where they are."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self.world, self.rng = world, rng
        self.readers: list[UUID] = []
        self.clients: list[UUID] = []
        self.seats: list[Seat] = []

    async def open(self) -> None:
        await self.world.open()
        for _ in range(2):
            reader_id = await self.world.add_reader(self.rng.choice([7, 399]))
            async with self.world.database.transaction() as tx:
                await replace_windows(tx, reader_id, ALWAYS, now=self.world.clock.now())
            await self.world.connect(reader_id, self.world.nodes[0])
            self.readers.append(reader_id)
        for _ in range(3):
            client_id = await self.world.add_user("client")
            await self.world.top_up(client_id, self.rng.choice([500, 5000, 50_000]))
            self.clients.append(client_id)

    async def step(self) -> None:
        chosen = self.rng.choice(
            [self.book, self.book, self.cancel, self.ask, self.answer, self.end, self.enter, self.enter, self.leave, self.top_up]
        )
        try:
            await chosen()
        except NothingThereError:
            return
        except AppError as error:
            if error.status >= 500:
                raise

    async def book(self) -> None:
        now, rng = self.world.clock.now(), self.rng
        at = datetime.fromtimestamp((int(now.timestamp()) // 900 + rng.randint(2, 6)) * 900, now.tzinfo)
        draft = BookingDraft(rng.choice(self.readers), "chat", at, rng.choice([15, 30, 60]), None)
        client_id = rng.choice(self.clients)
        await self.world.database.transact(
            lambda tx: book_consultation(tx, client_id=client_id, role="client", draft=draft, moment=self.world.moment())
        )

    async def cancel(self) -> None:
        booking = await self.one_of("scheduled")
        user_id = booking[self.rng.choice(["client_id", "reader_id"])]

        async def act(tx: Transaction) -> None:
            parts = await lock_parts(tx, booking["id"])
            assert parts is not None
            moment = self.world.moment()
            parts = await carry_out_due(tx, parts, moment)
            await cancel_before_start(tx, parts, user_id=user_id, reason="so it goes", moment=moment)

        await self.world.database.transact(act)

    async def ask(self) -> None:
        await self.world.request(self.rng.choice(self.clients), self.rng.choice(self.readers))

    async def answer(self) -> None:
        asked = await self.one_of("requested")
        await self.world.accept(asked["id"], asked["reader_id"])

    async def end(self) -> None:
        live = await self.one_of("in_progress")
        await self.world.end(live["id"], live[self.rng.choice(["client_id", "reader_id"])])

    async def enter(self) -> None:
        room = await self.one_of("in_progress", "requested", "scheduled")
        if room["status"] == "scheduled" and room["waiting_room_opens_at"] > self.world.clock.now():
            return
        seat = Seat(room[self.rng.choice(["client_id", "reader_id"])])
        await self.world.join(room["id"], seat, self.rng.choice(self.world.nodes))
        self.seats.append(seat)

    async def leave(self) -> None:
        if not self.seats:
            return
        seat = self.seats.pop(self.rng.randrange(len(self.seats)))
        for connection_id in list(seat.connections):
            await self.world.lose(seat, connection_id, proof=self.world.clock.now())

    async def top_up(self) -> None:
        await self.world.top_up(self.rng.choice(self.clients), self.rng.randint(1, 900))

    async def one_of(self, *statuses: str) -> Record:
        found = [row for row in await self.rows() if row["status"] in statuses]
        if not found:
            raise NothingThereError
        return self.rng.choice(found)

    async def rows(self) -> list[Record]:
        async with self.world.database.connection() as db:
            return await db.fetch("SELECT * FROM consultations ORDER BY id")

    async def pass_time(self) -> None:
        self.world.clock.advance(self.rng.choice([1, 5, 30, 120, 600]))
        await self.tick()

    async def tick(self) -> None:
        await asyncio.gather(*(self.world.meter(node).tick() for node in self.world.nodes))

    async def check(self) -> None:
        now, settings = self.world.clock.now(), self.world.settings.consultations
        rows = await self.rows()
        for row in rows:
            if row["status"] == "scheduled":
                assert now < row["scheduled_at"] + timedelta(seconds=settings.no_show_seconds), "nothing stays stuck"
            if row["no_show_fee_minor"]:
                assert row["end_reason"] == "client_no_show"
                assert row["client_came_at"] is None
                assert row["reader_joined_at"] is not None
                assert row["no_show_fee_minor"] <= FEE_MINUTES * row["rate_per_minute_minor"]
            if row["end_reason"] in ("reader_no_show", "both_no_show", "expired", "declined", "withdrawn"):
                assert row["charged_minor"] == 0
        await self._check_slots(rows)

    async def _check_slots(self, rows: list[Record]) -> None:
        async with self.world.database.connection() as db:
            slots = await db.fetch("SELECT consultation_id, count(*) AS slots FROM booked_slots GROUP BY consultation_id")
        expected = {
            row["id"]: row["scheduled_minutes"] // 15
            for row in rows
            if row["scheduled_at"] is not None and row["status"] in ("scheduled", "in_progress")
        }
        assert {row["consultation_id"]: row["slots"] for row in slots} == expected


class NothingThereError(Exception):
    """Nothing of that kind is going on just now."""


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + max(1, SEEDS // 4)))
async def test_whatever_people_do_every_booking_comes_to_an_end(empty_database: Database, seed: int) -> None:
    print(f"\nreplay: SIMULATION_FIRST_SEED={seed} SIMULATION_SEEDS=1")
    overrides: dict[str, Any] = {
        "nodes": {"lease_seconds": 1e6},
        "consultations": {"client_no_show_minutes": FEE_MINUTES, "silent_reader_seconds": 0},
    }
    settings = load_settings(environment={}, env_file=None, overrides=overrides)
    diary = Diary(World(empty_database, settings, MovableClock()), random.Random(seed))
    await diary.open()
    for _ in range(STEPS):
        await diary.step()
        await diary.pass_time()
        await diary.check()
    while diary.seats:
        await diary.leave()
    for _ in range(40):
        diary.world.clock.advance(600)
        await diary.tick()
    await diary.check()
    rows = await diary.rows()
    assert {row["status"] for row in rows} <= {"completed", "disconnected", "cancelled", "no_show"}
    assert any(row["scheduled_at"] is not None for row in rows)
    assert (await check_ledger(empty_database, diary.world.clock)).differences == ()

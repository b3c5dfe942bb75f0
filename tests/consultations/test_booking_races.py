"""Bookings under contention, on two nodes' worth of connections: one winner, one beginning, each letter once."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from config.clock import MovableClock
from config.errors import AppError
from config.settings import load_settings
from realtime.consultations import notices
from realtime.consultations.bookings import BookingDraft, book_consultation, cancel_before_start
from realtime.consultations.letters import SEND_BOOKING_LETTER
from storage.availability import Window, replace_windows
from storage.bookings import list_taken_slots
from storage.consultations import ConsultationParts, lock_parts
from storage.database import Database
from storage.transaction import Transaction
from tests.simulation.world import Seat, World

ALWAYS = [Window(day, None, 0, 1440) for day in range(7)]


@pytest.fixture
async def world(empty_database: Database) -> World:
    settings = load_settings(environment={}, env_file=None, overrides={"nodes": {"lease_seconds": 1e6}})
    world = World(empty_database, settings, MovableClock())
    await world.open()
    return world


async def add_reader(world: World) -> UUID:
    reader_id = await world.add_reader(399)
    await world.database.transact(lambda tx: replace_windows(tx, reader_id, ALWAYS, now=world.clock.now()))
    return reader_id


async def add_client(world: World, balance: int = 5000) -> UUID:
    client_id = await world.add_user("client")
    await world.top_up(client_id, balance)
    return client_id


async def book(
    world: World, client_id: UUID, reader_id: UUID, at: datetime, *, minutes: int = 30, nonce: str | None = None
) -> ConsultationParts:
    draft = BookingDraft(reader_id, "chat", at, minutes, nonce)
    return await world.database.transact(
        lambda tx: book_consultation(tx, client_id=client_id, role="client", draft=draft, moment=world.moment())
    )


async def outcome(booking: Any) -> str:
    try:
        await booking
    except AppError as error:
        return error.code
    return "booked"


async def tick_everywhere(world: World) -> None:
    await asyncio.gather(*(world.meter(node).tick() for node in world.nodes))


async def letters(world: World) -> Counter[tuple[str, str]]:
    """Which letters are waiting to be sent: (occasion, to whom)."""
    async with world.database.connection() as db:
        rows = await db.fetch(
            "SELECT convert_from(payload, 'UTF8')::jsonb AS job FROM pgqueuer WHERE entrypoint = $1", SEND_BOOKING_LETTER
        )
    return Counter((row["job"]["occasion"], row["job"]["user_id"]) for row in rows)


async def test_of_many_who_book_one_time_exactly_one_wins(world: World) -> None:
    reader_id, at = await add_reader(world), world.clock.now() + timedelta(hours=2)
    clients = [await add_client(world) for _ in range(24)]
    # Three different times that all overlap.
    wanted = [(client, at + timedelta(minutes=15 * (number % 3))) for number, client in enumerate(clients)]
    found = await asyncio.gather(*(outcome(book(world, client, reader_id, time, minutes=60)) for client, time in wanted))
    assert Counter(found) == {"booked": 1, "reader.time_taken": 23}
    taken = await taken_slots(world, reader_id)
    assert len(taken) == 4


async def taken_slots(world: World, reader_id: UUID) -> frozenset[datetime]:
    now = world.clock.now()
    async with world.database.connection() as db:
        return await list_taken_slots(
            db, reader_id=reader_id, client_id=None, from_at=now - timedelta(days=1), until_at=now + timedelta(days=9)
        )


async def test_of_one_clients_bookings_for_one_time_exactly_one_wins(world: World) -> None:
    client_id, at = await add_client(world), world.clock.now() + timedelta(hours=2)
    readers = [await add_reader(world) for _ in range(12)]
    found = await asyncio.gather(*(outcome(book(world, client_id, reader, at)) for reader in readers))
    assert Counter(found) == {"booked": 1, "client.time_taken": 11}


async def test_everybody_at_once_ends_without_two_at_one_time(world: World) -> None:
    readers, clients = [await add_reader(world) for _ in range(3)], [await add_client(world) for _ in range(5)]
    begin = world.clock.now() + timedelta(hours=2)
    wanted = [
        (client, reader, begin + timedelta(minutes=15 * step)) for client in clients for reader in readers for step in range(4)
    ]
    found = await asyncio.gather(*(outcome(book(world, *one, minutes=30)) for one in wanted))
    assert set(found) == {"booked", "reader.time_taken", "client.time_taken"}
    async with world.database.connection() as db:
        overlapping = await db.fetch_value(
            "SELECT count(*) FROM consultations AS a JOIN consultations AS b ON a.id < b.id"
            " AND (a.reader_id = b.reader_id OR a.client_id = b.client_id)"
            " AND tstzrange(a.scheduled_at, a.scheduled_at + a.scheduled_minutes * interval '1 minute')"
            " && tstzrange(b.scheduled_at, b.scheduled_at + b.scheduled_minutes * interval '1 minute')"
        )
    assert overlapping == 0
    assert found.count("booked") >= 3


async def test_the_same_nonce_at_once_is_one_booking(world: World) -> None:
    reader_id, client_id = await add_reader(world), await add_client(world)
    at = world.clock.now() + timedelta(hours=2)
    found = await asyncio.gather(*(book(world, client_id, reader_id, at, nonce="once") for _ in range(6)))
    assert len({parts.consultation.id for parts in found}) == 1


async def test_a_time_that_is_given_up_and_taken_at_once_is_taken_once(world: World) -> None:
    reader_id, at = await add_reader(world), world.clock.now() + timedelta(hours=2)
    first = await book(world, await add_client(world), reader_id, at)

    async def cancel(tx: Transaction) -> None:
        parts = await lock_parts(tx, first.consultation.id)
        assert parts is not None
        await cancel_before_start(tx, parts, user_id=first.consultation.client_id, reason=None, moment=world.moment())

    clients = [await add_client(world) for _ in range(8)]
    found = await asyncio.gather(
        outcome(world.database.transact(cancel)), *(outcome(book(world, client, reader_id, at)) for client in clients)
    )
    assert found[0] == "booked", "the cancellation went through"
    assert Counter(found[1:])["booked"] <= 1
    assert len(await taken_slots(world, reader_id)) == 2 * Counter(found[1:])["booked"]


async def test_both_nodes_begin_a_booking_once(world: World) -> None:
    reader_id, client_id = await add_reader(world), await add_client(world)
    at = world.clock.now() + timedelta(minutes=15)
    booking = (await book(world, client_id, reader_id, at)).consultation
    begun: list[str] = []

    async def keep(events: Any) -> None:
        begun.extend(event.name for event in events if event.name in ("consultation.accepted", "consultation.started"))

    client, reader = Seat(client_id), Seat(reader_id)
    world.clock.advance(14 * 60)
    await world.join(booking.id, client, world.nodes[0])
    await world.join(booking.id, reader, world.nodes[1])
    world.database.on_commit(keep)
    world.clock.advance(60)
    await tick_everywhere(world)
    assert Counter(begun) == {"consultation.accepted": 3, "consultation.started": 3}, "one event each for both and watchers"


@pytest.mark.parametrize("seed", range(6))
async def test_a_due_booking_and_a_request_at_once_leave_one_live_consultation(world: World, seed: int) -> None:
    """Whoever wins, the reader has one live consultation, and the booking begins once the other one is over."""
    world.settings = load_settings(
        environment={}, env_file=None, overrides={"nodes": {"lease_seconds": 1e6}, "consultations": {"keep_free_seconds": 0}}
    )
    reader_id, client_id, other_id = await add_reader(world), await add_client(world), await add_client(world)
    await world.connect(reader_id, world.nodes[0])
    at = world.clock.now() + timedelta(minutes=15)
    booking = (await book(world, client_id, reader_id, at)).consultation
    world.clock.advance(15 * 60)

    async def ask() -> str:
        await asyncio.sleep(seed / 1000)
        return await outcome(world.request(other_id, reader_id))

    _, asked = await asyncio.gather(tick_everywhere(world), ask())
    async with world.database.connection() as db:
        live = await db.fetch(
            "SELECT id, status FROM consultations WHERE reader_id = $1 AND status IN ('requested', 'in_progress')", reader_id
        )
    assert len(live) == 1
    if asked == "booked":
        await world.end(live[0]["id"], other_id)
        world.clock.advance(1)
        await tick_everywhere(world)
    async with world.database.connection() as db:
        assert await db.fetch_value("SELECT status FROM consultations WHERE id = $1", booking.id) == "in_progress"


async def test_each_reminder_is_written_once_whoever_ticks(world: World) -> None:
    reader_id, client_id = await add_reader(world), await add_client(world)
    at = world.clock.now() + timedelta(days=2)
    await book(world, client_id, reader_id, at)
    both = (str(client_id), str(reader_id))
    expected = Counter({("booked", person): 1 for person in both})
    assert await letters(world) == expected
    for before in (1440, 15):
        world.clock.advance((at - timedelta(minutes=before) - world.clock.now()).total_seconds() - 1)
        await tick_everywhere(world)
        assert await letters(world) == expected
        world.clock.advance(1)
        for _ in range(3):
            await tick_everywhere(world)
        expected += Counter({("reminder", person): 1 for person in both})
        assert await letters(world) == expected


async def test_a_crash_between_notice_and_letter_loses_neither(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    reader_id, client_id = await add_reader(world), await add_client(world)
    await book(world, client_id, reader_id, world.clock.now() + timedelta(hours=2))
    world.clock.advance(105 * 60)
    written = notices.post_letters

    async def crash(*args: Any, **options: Any) -> None:
        await written(*args, **options)
        raise RuntimeError("the process died here")

    with monkeypatch.context() as patched:
        patched.setattr(notices, "post_letters", crash)
        with pytest.raises(RuntimeError):
            await tick_everywhere(world)
    assert ("reminder", str(client_id)) not in await letters(world)
    await tick_everywhere(world)
    assert (await letters(world))[("reminder", str(client_id))] == 1


async def test_reminders_that_became_due_while_nobody_ticked_are_one_letter_and_none_comes_too_late(world: World) -> None:
    reader_id, client_id, other_id = await add_reader(world), await add_client(world), await add_client(world)
    now = world.clock.now()
    await book(world, client_id, reader_id, now + timedelta(days=2))
    await book(world, other_id, reader_id, now + timedelta(days=1, hours=1))
    world.clock.advance((2 * 1440 - 10) * 60)
    await tick_everywhere(world)
    found = await letters(world)
    assert (found[("reminder", str(client_id))], found[("reminder", str(other_id))]) == (1, 0)


async def test_what_is_cancelled_is_not_remembered(world: World) -> None:
    reader_id, client_id = await add_reader(world), await add_client(world)
    booking = (await book(world, client_id, reader_id, world.clock.now() + timedelta(hours=2))).consultation
    await world.database.transact(lambda tx: _cancel(tx, world, booking.id, client_id))
    world.clock.advance(7200)
    await tick_everywhere(world)
    assert {occasion for occasion, _ in await letters(world)} == {"booked", "over"}


async def _cancel(tx: Transaction, world: World, booking_id: UUID, user_id: UUID) -> None:
    parts = await lock_parts(tx, booking_id)
    assert parts is not None
    await cancel_before_start(tx, parts, user_id=user_id, reason=None, moment=world.moment())


async def test_somebody_shut_out_while_they_book_ends_with_nothing_booked(world: World) -> None:
    """The booking holds both accounts until it is written: shutting out waits for it, and then finds it."""
    reader_id, client_id = await add_reader(world), await add_client(world)
    async with world.database.transaction() as tx:
        await tx.execute("UPDATE users SET status = 'suspended' WHERE id = $1", reader_id)
        booking = asyncio.create_task(outcome(book(world, client_id, reader_id, world.clock.now() + timedelta(hours=1))))
        done, _ = await asyncio.wait([booking], timeout=0.3)
        assert not done
    assert await booking == "resource.not_found"

"""Booked consultations: the quarters of an hour that they take, who may book, what becomes due, and what is still to be told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from storage.transaction import Connection, Transaction


@dataclass(frozen=True, slots=True)
class BookingNotice:
    """Something to be told before a booking begins: a `reminder` by letter, or a `warning` to who talks just then."""

    consultation_id: UUID
    kind: str
    due_at: datetime


async def lock_active_people(tx: Transaction, user_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Those of the people whose accounts are active, kept so until the transaction ends: nobody is booked while shut out."""
    rows = await tx.fetch("SELECT id, status FROM users WHERE id = ANY ($1) ORDER BY id FOR SHARE", list(user_ids))
    return frozenset(row["id"] for row in rows if row["status"] == "active")


async def insert_slots(
    tx: Transaction, consultation_id: UUID, *, reader_id: UUID, client_id: UUID, slots: Sequence[datetime]
) -> bool:
    """Take quarters of an hour for both; False when one of them was taken, and the transaction is to be rolled back."""
    inserted = await tx.execute(
        "INSERT INTO booked_slots (consultation_id, slot_at, reader_id, client_id)"
        " SELECT $1, slot_at, $2, $3 FROM unnest($4::timestamptz[]) AS slot_at ORDER BY slot_at ON CONFLICT DO NOTHING",
        consultation_id,
        reader_id,
        client_id,
        list(slots),
    )
    return inserted == len(slots)


async def list_taken_slots(
    db: Connection, *, reader_id: UUID, client_id: UUID | None, from_at: datetime, until_at: datetime
) -> frozenset[datetime]:
    """The quarters of an hour in which the reader, or the client, is booked."""
    rows = await db.fetch(
        "SELECT slot_at FROM booked_slots WHERE (reader_id = $1 OR client_id = $2) AND slot_at >= $3 AND slot_at < $4",
        reader_id,
        client_id,
        from_at,
        until_at,
    )
    return frozenset(row["slot_at"] for row in rows)


async def has_taken_slot(db: Connection, *, client_id: UUID, slots: Sequence[datetime], other_than: UUID) -> bool:
    """Whether a client has another booking in one of the quarters of an hour."""
    return bool(
        await db.fetch_value(
            "SELECT EXISTS (SELECT 1 FROM booked_slots WHERE client_id = $1 AND slot_at = ANY ($2) AND consultation_id <> $3)",
            client_id,
            list(slots),
            other_than,
        )
    )


async def forget_booking(tx: Transaction, consultation_id: UUID) -> None:
    """Its time is free again, and nothing is to be told of it any more."""
    await tx.execute("DELETE FROM booked_slots WHERE consultation_id = $1", consultation_id)
    await tx.execute("DELETE FROM booking_notices WHERE consultation_id = $1", consultation_id)


async def count_bookings(db: Connection, client_id: UUID) -> int:
    count = await db.fetch_value("SELECT count(*) FROM consultations WHERE client_id = $1 AND status = 'scheduled'", client_id)
    return int(count)


async def count_bookings_made(db: Connection, client_id: UUID, *, since: datetime) -> int:
    """Whatever became of them."""
    count = await db.fetch_value(
        "SELECT count(*) FROM consultations WHERE client_id = $1 AND scheduled_at IS NOT NULL AND created_at > $2",
        client_id,
        since,
    )
    return int(count)


async def is_kept_free(db: Connection, user_id: UUID, *, now: datetime) -> bool:
    """Whether a booking of a person, on either side, is so near (or waits to begin) that they are free for nothing else."""
    return bool(
        await db.fetch_value(
            "SELECT EXISTS (SELECT 1 FROM consultations"
            " WHERE (client_id = $1 OR reader_id = $1) AND status = 'scheduled' AND kept_free_from_at <= $2)",
            user_id,
            now,
        )
    )


async def try_lock_reader_row(tx: Transaction, reader_id: UUID) -> bool:
    """False while somebody else holds it: who has locks that come before it in the order of locks must not wait for it."""
    return bool(await tx.fetch_value("SELECT true FROM readers WHERE user_id = $1 FOR NO KEY UPDATE SKIP LOCKED", reader_id))


async def make_live(tx: Transaction, consultation_id: UUID) -> bool:
    """A booking begins; False while the client or the reader has another live consultation. Its row must be locked."""
    try:
        async with tx.raw.transaction():  # a savepoint: what the constraints refuse is no failure here
            changed = await tx.execute(
                "UPDATE consultations SET status = 'in_progress' WHERE id = $1 AND status = 'scheduled'", consultation_id
            )
    except asyncpg.UniqueViolationError:
        return False
    return changed == 1


async def list_due_booking_ids(db: Connection, *, now: datetime, limit: int) -> list[UUID]:
    """Bookings whose time has come."""
    rows = await db.fetch(
        "SELECT id FROM consultations WHERE status = 'scheduled' AND scheduled_at <= $1 ORDER BY scheduled_at, id LIMIT $2",
        now,
        limit,
    )
    return [row["id"] for row in rows]


async def list_booking_ids(db: Connection, user_id: UUID) -> list[UUID]:
    """All bookings of a person on either side, in the order in which they are locked."""
    rows = await db.fetch(
        "SELECT id FROM consultations WHERE (client_id = $1 OR reader_id = $1) AND status = 'scheduled' ORDER BY id", user_id
    )
    return [row["id"] for row in rows]


async def insert_notices(tx: Transaction, notices: Iterable[BookingNotice]) -> None:
    await tx.execute_many(
        "INSERT INTO booking_notices (consultation_id, kind, due_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        [(notice.consultation_id, notice.kind, notice.due_at) for notice in notices],
    )


async def take_due_notices(tx: Transaction, *, now: datetime, limit: int) -> list[BookingNotice]:
    """Take what is due; nobody else gets it, unless this transaction is rolled back."""
    rows = await tx.fetch(
        "DELETE FROM booking_notices WHERE (consultation_id, kind, due_at) IN ("
        "SELECT consultation_id, kind, due_at FROM booking_notices WHERE due_at <= $1 ORDER BY due_at LIMIT $2"
        " FOR UPDATE SKIP LOCKED) RETURNING consultation_id, kind, due_at",
        now,
        limit,
    )
    return [BookingNotice(**row) for row in rows]

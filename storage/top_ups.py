"""Top-ups: what a person asked to add to the wallet, and how far the payment provider has come with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from storage.transaction import Connection, Record, Transaction

_COLUMNS = (
    "id, user_id, amount_minor, currency, status, payment_method, provider_payment_id, failure_code, failure_message,"
    " refunded_minor, created_at, updated_at, completed_at, checked_at"
)


@dataclass(frozen=True, slots=True)
class TopUp:
    """`refunded_minor` counts refunds on their way to the card too; a refund that fails is taken off again."""

    id: UUID
    user_id: UUID
    amount_minor: int
    currency: str
    status: str
    payment_method: str | None
    provider_payment_id: str | None
    failure_code: str | None
    failure_message: str | None
    refunded_minor: int
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None
    checked_at: datetime | None


def _top_up(row: Record | None) -> TopUp | None:
    return None if row is None else TopUp(**row)


async def insert_top_up(
    tx: Transaction,
    *,
    top_up_id: UUID,
    user_id: UUID,
    amount_minor: int,
    currency: str,
    payment_method: str | None,
    now: datetime,
) -> bool:
    """Record a pending top-up; False when this id is recorded already."""
    return (
        await tx.execute(
            "INSERT INTO top_ups (id, user_id, amount_minor, currency, payment_method, created_at, updated_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (id) DO NOTHING",
            top_up_id,
            user_id,
            amount_minor,
            currency,
            payment_method,
            now,
        )
        == 1
    )


async def find_top_up(db: Connection, top_up_id: UUID) -> TopUp | None:
    return _top_up(await db.fetch_row(f"SELECT {_COLUMNS} FROM top_ups WHERE id = $1", top_up_id))


async def lock_top_up(tx: Transaction, top_up_id: UUID) -> TopUp | None:
    """The top-up, locked until the transaction ends."""
    return _top_up(await tx.fetch_row(f"SELECT {_COLUMNS} FROM top_ups WHERE id = $1 FOR NO KEY UPDATE", top_up_id))


async def lock_top_up_by_payment(tx: Transaction, provider_payment_id: str) -> TopUp | None:
    """The top-up that this payment of the provider belongs to, locked until the transaction ends."""
    return _top_up(
        await tx.fetch_row(
            f"SELECT {_COLUMNS} FROM top_ups WHERE provider_payment_id = $1 FOR NO KEY UPDATE", provider_payment_id
        )
    )


async def find_top_up_by_payment(db: Connection, provider_payment_id: str) -> TopUp | None:
    return _top_up(await db.fetch_row(f"SELECT {_COLUMNS} FROM top_ups WHERE provider_payment_id = $1", provider_payment_id))


async def count_failed_top_ups(db: Connection, *, user_id: UUID, since: datetime) -> int:
    return int(
        await db.fetch_value(
            "SELECT count(*) FROM top_ups WHERE user_id = $1 AND created_at >= $2 AND status = 'failed'", user_id, since
        )
    )


async def set_provider_payment(tx: Transaction, *, top_up_id: UUID, provider_payment_id: str, now: datetime) -> bool:
    """Tie a top-up to its payment; False when it has another one already."""
    return (
        await tx.execute(
            "UPDATE top_ups SET provider_payment_id = $2, updated_at = $3"
            " WHERE id = $1 AND (provider_payment_id IS NULL OR provider_payment_id = $2)",
            top_up_id,
            provider_payment_id,
            now,
        )
        == 1
    )


async def set_top_up_completed(tx: Transaction, top_up_id: UUID, *, now: datetime) -> None:
    await tx.execute(
        "UPDATE top_ups SET status = 'completed', completed_at = $2, updated_at = $2, failure_code = NULL, failure_message = NULL"
        " WHERE id = $1",
        top_up_id,
        now,
    )


async def set_top_up_failed(tx: Transaction, top_up_id: UUID, *, code: str, message: str, now: datetime) -> bool:
    """Pending becomes failed; False when it was not pending: a payment that has succeeded never fails afterwards."""
    return (
        await tx.execute(
            "UPDATE top_ups SET status = 'failed', failure_code = $2, failure_message = $3, updated_at = $4"
            " WHERE id = $1 AND status = 'pending'",
            top_up_id,
            code,
            message,
            now,
        )
        == 1
    )


async def set_top_up_refunded(tx: Transaction, top_up_id: UUID, *, refunded_minor: int, status: str, now: datetime) -> None:
    await tx.execute(
        "UPDATE top_ups SET refunded_minor = $2, status = $3, updated_at = $4 WHERE id = $1",
        top_up_id,
        refunded_minor,
        status,
        now,
    )


async def claim_silent_top_ups(
    tx: Transaction, *, created_before: datetime, after_seconds: float, now: datetime, limit: int
) -> Sequence[TopUp]:
    """Pending top-ups that nobody has asked the provider about lately, marked as asked about now.

    The wait between two questions grows with the top-up's age: a quarter of it, and at least `after_seconds`.
    """
    rows = await tx.fetch(
        "UPDATE top_ups SET checked_at = $3::timestamptz WHERE id IN (SELECT id FROM top_ups"
        " WHERE status = 'pending' AND created_at < $1 AND (checked_at IS NULL OR checked_at"
        " < $3::timestamptz - greatest(make_interval(secs => $2), ($3::timestamptz - created_at) / 4))"
        f" ORDER BY created_at LIMIT $4 FOR NO KEY UPDATE SKIP LOCKED) RETURNING {_COLUMNS}",
        created_before,
        after_seconds,
        now,
        limit,
    )
    return [TopUp(**row) for row in rows]


async def list_top_ups_since(db: Connection, since: datetime, *, after_id: UUID | None, limit: int) -> Sequence[TopUp]:
    """Everybody's top-ups made at or after `since`, by id, from above `after_id`."""
    rows = await db.fetch(
        f"SELECT {_COLUMNS} FROM top_ups WHERE created_at >= $1 AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3",
        since,
        after_id,
        limit,
    )
    return [TopUp(**row) for row in rows]


async def find_provider_customer(db: Connection, user_id: UUID) -> str | None:
    """The payment provider's id of a person."""
    found: str | None = await db.fetch_value("SELECT provider_customer_id FROM users WHERE id = $1", user_id)
    return found


async def set_provider_customer(tx: Transaction, *, user_id: UUID, provider_customer_id: str) -> None:
    await tx.execute("UPDATE users SET provider_customer_id = $2 WHERE id = $1", user_id, provider_customer_id)

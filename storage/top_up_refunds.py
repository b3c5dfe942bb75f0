"""Refunds of top-ups: money on its way from a wallet back to the card it came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from storage.transaction import Connection, Record, Transaction

_COLUMNS = (
    "id, top_up_id, amount_minor, reason, status, provider_refund_id, requested_by, transfer_id, failure_message,"
    " created_at, resolved_at"
)


@dataclass(frozen=True, slots=True)
class TopUpRefund:
    """`requested_by` is None when the refund was made at the provider and not by us."""

    id: UUID
    top_up_id: UUID
    amount_minor: int
    reason: str
    status: str
    provider_refund_id: str | None
    requested_by: UUID | None
    transfer_id: UUID | None
    failure_message: str | None
    created_at: datetime
    resolved_at: datetime | None


def _refund(row: Record | None) -> TopUpRefund | None:
    return None if row is None else TopUpRefund(**row)


async def insert_refund(tx: Transaction, refund: TopUpRefund) -> None:
    await tx.execute(
        f"INSERT INTO top_up_refunds ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        refund.id,
        refund.top_up_id,
        refund.amount_minor,
        refund.reason,
        refund.status,
        refund.provider_refund_id,
        refund.requested_by,
        refund.transfer_id,
        refund.failure_message,
        refund.created_at,
        refund.resolved_at,
    )


async def find_refund(db: Connection, refund_id: UUID) -> TopUpRefund | None:
    return _refund(await db.fetch_row(f"SELECT {_COLUMNS} FROM top_up_refunds WHERE id = $1", refund_id))


async def find_refund_by_provider(db: Connection, provider_refund_id: str) -> TopUpRefund | None:
    return _refund(await db.fetch_row(f"SELECT {_COLUMNS} FROM top_up_refunds WHERE provider_refund_id = $1", provider_refund_id))


async def set_refund_sent(tx: Transaction, refund_id: UUID, *, provider_refund_id: str) -> None:
    await tx.execute("UPDATE top_up_refunds SET provider_refund_id = $2 WHERE id = $1", refund_id, provider_refund_id)


async def set_refund_resolved(
    tx: Transaction, refund_id: UUID, *, status: str, failure_message: str | None, now: datetime
) -> None:
    await tx.execute(
        "UPDATE top_up_refunds SET status = $2, failure_message = $3, resolved_at = $4 WHERE id = $1",
        refund_id,
        status,
        failure_message,
        now,
    )


async def list_pending_refunds(db: Connection, *, created_before: datetime, limit: int) -> Sequence[TopUpRefund]:
    """Refunds whose answer from the provider is still missing, oldest first."""
    rows = await db.fetch(
        f"SELECT {_COLUMNS} FROM top_up_refunds WHERE status = 'pending' AND created_at < $1 ORDER BY created_at LIMIT $2",
        created_before,
        limit,
    )
    return [TopUpRefund(**row) for row in rows]

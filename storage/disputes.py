"""Disputes: payments that a card's owner has asked the bank to take back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Dispute:
    """`held_minor` is the part of the wallet that this dispute keeps from being spent."""

    provider_dispute_id: str
    top_up_id: UUID
    amount_minor: int
    held_minor: int
    status: str


async def lock_dispute(tx: Transaction, provider_dispute_id: str) -> Dispute | None:
    """The dispute, locked until the transaction ends."""
    row = await tx.fetch_row(
        "SELECT provider_dispute_id, top_up_id, amount_minor, held_minor, status FROM disputes"
        " WHERE provider_dispute_id = $1 FOR NO KEY UPDATE",
        provider_dispute_id,
    )
    return None if row is None else Dispute(**row)


async def insert_dispute(tx: Transaction, dispute: Dispute, *, now: datetime) -> None:
    await tx.execute(
        "INSERT INTO disputes (provider_dispute_id, top_up_id, amount_minor, held_minor, status, created_at, updated_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $6)",
        dispute.provider_dispute_id,
        dispute.top_up_id,
        dispute.amount_minor,
        dispute.held_minor,
        dispute.status,
        now,
    )


async def update_dispute(tx: Transaction, provider_dispute_id: str, *, status: str, held_minor: int, now: datetime) -> None:
    await tx.execute(
        "UPDATE disputes SET status = $2, held_minor = $3, updated_at = $4 WHERE provider_dispute_id = $1",
        provider_dispute_id,
        status,
        held_minor,
        now,
    )


async def find_wallet_part(tx: Transaction, idempotency_key: str) -> int | None:
    """What a transfer moved in the wallet it touched (0 if it touched none); None when there is no such transfer."""
    part: int | None = await tx.fetch_value(
        "SELECT coalesce(sum(e.amount_minor) FILTER (WHERE a.kind = 'wallet'), 0)::bigint FROM transfers AS t"
        " JOIN entries AS e ON e.transfer_id = t.id JOIN ledger_accounts AS a ON a.id = e.ledger_account_id"
        " WHERE t.idempotency_key = $1 GROUP BY t.id",
        idempotency_key,
    )
    return part

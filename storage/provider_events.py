"""Webhook events of the payment provider: stored by event id before anything is done about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storage.transaction import Connection, Transaction


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """What was kept of an event; `outcome` is None until something came of it."""

    event_id: str
    type: str
    payload: dict[str, Any]
    received_at: datetime
    processed_at: datetime | None
    attempts: int
    outcome: str | None


async def insert_provider_event(
    tx: Transaction, *, event_id: str, event_type: str, payload: dict[str, Any], now: datetime
) -> bool:
    """Keep an event; False when it was delivered before."""
    return (
        await tx.execute(
            "INSERT INTO provider_events (event_id, type, payload, received_at) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT (event_id) DO NOTHING",
            event_id,
            event_type,
            payload,
            now,
        )
        == 1
    )


async def lock_unprocessed_event(tx: Transaction, event_id: str) -> StoredEvent | None:
    """The event, locked until the transaction ends; None when it is done with or another process has it."""
    row = await tx.fetch_row(
        "SELECT event_id, type, payload, received_at, processed_at, attempts, outcome FROM provider_events"
        " WHERE event_id = $1 AND processed_at IS NULL FOR NO KEY UPDATE SKIP LOCKED",
        event_id,
    )
    return None if row is None else StoredEvent(**row)


async def set_event_processed(tx: Transaction, event_id: str, *, outcome: str, detail: str | None, now: datetime) -> None:
    await tx.execute(
        "UPDATE provider_events SET processed_at = $4, outcome = $2, detail = $3, attempts = attempts + 1 WHERE event_id = $1",
        event_id,
        outcome,
        detail,
        now,
    )


async def set_event_deferred(tx: Transaction, event_id: str, *, detail: str) -> None:
    """It came before what it is about; it is looked at again when that has come."""
    await tx.execute(
        "UPDATE provider_events SET outcome = 'deferred', detail = $2, attempts = attempts + 1 WHERE event_id = $1",
        event_id,
        detail,
    )


async def count_failed_attempt(tx: Transaction, event_id: str, *, detail: str) -> None:
    await tx.execute(
        "UPDATE provider_events SET outcome = 'failing', detail = $2, attempts = attempts + 1 WHERE event_id = $1",
        event_id,
        detail,
    )


async def list_unprocessed_event_ids(db: Connection, *, now: datetime, attempts_below: int, limit: int) -> Sequence[str]:
    """Events that nothing came of yet, oldest first; each is due again later the more often it was tried."""
    rows = await db.fetch(
        "SELECT event_id FROM provider_events WHERE processed_at IS NULL AND attempts < $2"
        " AND received_at <= $1::timestamptz - make_interval(secs => 2 * attempts * attempts) ORDER BY received_at LIMIT $3",
        now,
        attempts_below,
        limit,
    )
    return [row["event_id"] for row in rows]


async def list_deferred_event_ids(db: Connection, *, provider_payment_id: str, limit: int) -> Sequence[str]:
    """Events that wait for this payment to be credited, oldest first."""
    rows = await db.fetch(
        "SELECT event_id FROM provider_events WHERE processed_at IS NULL AND outcome = 'deferred' AND payload->>'payment_id' = $1"
        " ORDER BY received_at LIMIT $2",
        provider_payment_id,
        limit,
    )
    return [row["event_id"] for row in rows]


async def list_troubled_events(db: Connection, since: datetime, *, attempts_from: int, limit: int) -> Sequence[StoredEvent]:
    """Events that a person has to look at: what they say does not fit our records, or acting on them keeps failing."""
    rows = await db.fetch(
        "SELECT event_id, type, payload, received_at, processed_at, attempts, outcome FROM provider_events"
        " WHERE received_at >= $1 AND (outcome IN ('mismatch', 'unknown') OR (processed_at IS NULL AND attempts >= $2))"
        " ORDER BY received_at DESC LIMIT $3",
        since,
        attempts_from,
        limit,
    )
    return [StoredEvent(**row) for row in rows]

"""The audit log: who did what to which thing, append-only."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from storage.transaction import Transaction


async def insert_audit_row(
    tx: Transaction,
    *,
    actor_id: UUID | None,
    action: str,
    entity_type: str,
    entity_id: str,
    now: datetime,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    ip_address: str | None = None,
    user_agent: str | None = None,
) -> None:
    """`actor_id` None = the service itself."""
    await tx.execute(
        "INSERT INTO audit_log (actor_id, actor_type, action, entity_type, entity_id, before, after, ip_address, user_agent,"
        " created_at) VALUES ($1, CASE WHEN $1::uuid IS NULL THEN 'service' ELSE 'user' END, $2, $3, $4, $5, $6,"
        " $7::text::inet, $8, $9)",
        actor_id,
        action,
        entity_type,
        entity_id,
        before,
        after,
        ip_address,
        user_agent,
        now,
    )

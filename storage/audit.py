"""The audit log: who did what to which thing, append-only."""

from __future__ import annotations

from datetime import datetime, timedelta
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


async def insert_audit_row_once(
    tx: Transaction,
    *,
    actor_id: UUID,
    action: str,
    entity_type: str,
    entity_id: str,
    after: dict[str, Any],
    within: timedelta,
    ip_address: str | None,
    user_agent: str | None,
    now: datetime,
) -> None:
    """Unless the same person did the same to the same thing within that time."""
    await tx.execute(
        "INSERT INTO audit_log (actor_id, action, entity_type, entity_id, after, ip_address, user_agent, created_at)"
        " SELECT $1, $2, $3, $4, $5, $6::text::inet, $7, $8 WHERE NOT EXISTS (SELECT 1 FROM audit_log AS earlier"
        " WHERE earlier.entity_type = $3 AND earlier.entity_id = $4 AND earlier.actor_id = $1 AND earlier.action = $2"
        " AND earlier.created_at > $8::timestamptz - $9::interval)",
        actor_id,
        action,
        entity_type,
        entity_id,
        after,
        ip_address,
        user_agent,
        now,
        within,
    )

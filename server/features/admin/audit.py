"""Every write of an admin leaves a line in the audit log, in the same transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from realtime.commands import Caller
from storage.audit import insert_audit_row
from storage.transaction import Transaction


async def note(
    tx: Transaction,
    admin: Caller,
    action: str,
    *,
    entity_type: str,
    entity_id: object,
    now: datetime,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """`before` and `after` hold what the action changes, and the reason that was given."""
    await insert_audit_row(
        tx,
        actor_id=admin.user_id,
        action=action,
        entity_type=entity_type,
        entity_id=str(entity_id),
        before=before,
        after=after,
        ip_address=admin.ip_address,
        user_agent=admin.user_agent,
        now=now,
    )

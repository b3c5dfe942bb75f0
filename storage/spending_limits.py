"""What a client allows themselves to spend; none set = no limit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from storage.transaction import Connection, Transaction


@dataclass(frozen=True, slots=True)
class SpendingLimits:
    """Minor units; None = no limit. Days and months are counted in UTC."""

    per_consultation_minor: int | None
    per_day_minor: int | None
    per_month_minor: int | None


async def find_spending_limits(db: Connection, user_id: UUID) -> SpendingLimits | None:
    row = await db.fetch_row(
        "SELECT per_consultation_minor, per_day_minor, per_month_minor FROM spending_limits WHERE user_id = $1", user_id
    )
    return None if row is None else SpendingLimits(**row)


async def save_spending_limits(tx: Transaction, user_id: UUID, limits: SpendingLimits, *, now: datetime) -> None:
    await tx.execute(
        "INSERT INTO spending_limits (user_id, per_consultation_minor, per_day_minor, per_month_minor, updated_at)"
        " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (user_id) DO UPDATE SET per_consultation_minor = $2, per_day_minor = $3,"
        " per_month_minor = $4, updated_at = $5",
        user_id,
        limits.per_consultation_minor,
        limits.per_day_minor,
        limits.per_month_minor,
        now,
    )

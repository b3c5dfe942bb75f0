"""What a livestream brought its reader."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from storage.transaction import Connection


@dataclass(frozen=True, slots=True)
class LivestreamEarnings:
    """Gifts that were not given back. Money in minor units; `earned_minor` is the reader's part."""

    gifts_count: int
    gifts_minor: int
    earned_minor: int


async def find_livestream_earnings(db: Connection, livestream_id: UUID, *, reader_id: UUID) -> LivestreamEarnings | None:
    """None for a livestream of somebody else."""
    row = await db.fetch_row(
        "SELECT count(g.id) AS gifts_count, coalesce(sum(g.amount_minor), 0)::bigint AS gifts_minor,"
        " coalesce(sum(g.reader_minor), 0)::bigint AS earned_minor"
        " FROM livestreams AS l LEFT JOIN gifts AS g ON g.livestream_id = l.id AND g.refunded_at IS NULL"
        " WHERE l.id = $1 AND l.reader_id = $2 GROUP BY l.id",
        livestream_id,
        reader_id,
    )
    return None if row is None else LivestreamEarnings(**row)

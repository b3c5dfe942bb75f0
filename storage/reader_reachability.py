"""Since when a reader can be reached, and when their followers were last told: what keeps that news rare.

Rows are written under the lock of the reader's row, and only when it changes whether the reader can be reached.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from storage.transaction import Transaction


async def save_reachability(tx: Transaction, changes: Mapping[UUID, bool], *, now: datetime) -> dict[UUID, datetime | None]:
    """Write down who can be reached from now on, or not any more; the readers' rows are locked.

    Answers for each who can be: since when that had not been so (None = never yet).
    """
    rows = await tx.fetch(
        "WITH seen AS (SELECT s.reader_id, s.is_reachable, kept.changed_at"
        "   FROM unnest($1::uuid[], $2::boolean[]) AS s (reader_id, is_reachable)"
        "   LEFT JOIN reader_reachability AS kept ON kept.reader_id = s.reader_id"
        "   WHERE kept.is_reachable IS DISTINCT FROM s.is_reachable),"
        " written AS (INSERT INTO reader_reachability (reader_id, is_reachable, changed_at)"
        "   SELECT reader_id, is_reachable, $3 FROM seen ON CONFLICT (reader_id)"
        "   DO UPDATE SET is_reachable = excluded.is_reachable, changed_at = excluded.changed_at)"
        " SELECT reader_id, changed_at FROM seen WHERE is_reachable",
        list(changes),
        list(changes.values()),
        now,
    )
    return {row["reader_id"]: row["changed_at"] for row in rows}


async def claim_online_news(tx: Transaction, reader_id: UUID, *, last_told_before: datetime, now: datetime) -> bool:
    """Whether the followers may be told now that the reader can be reached; of several who ask, one may."""
    return bool(
        await tx.execute(
            "UPDATE reader_reachability SET told_at = $3 WHERE reader_id = $1 AND is_reachable"
            " AND (told_at IS NULL OR told_at <= $2)",
            reader_id,
            last_told_before,
            now,
        )
    )

"""Livestreams that people can give in, without any media: their rows alone."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from config.ids import new_id
from storage.database import Database
from storage.gift_kinds import GiftKind, list_gift_kinds


async def put_on_livestream(
    database: Database,
    reader_id: UUID,
    *,
    now: datetime,
    status: str = "live",
    goal_minor: int | None = None,
    is_left_for_consultation: bool = False,
) -> UUID:
    """A livestream of that reader; `status` scheduled, live or ended. A live reader is busy, but not one who left it."""
    livestream_id = new_id()
    async with database.transaction() as tx:
        await tx.execute(
            "INSERT INTO livestreams (id, reader_id, title, category, status, created_at, started_at, ended_at, end_reason,"
            " gift_goal_minor, gift_goal_title, is_paused, pause_reason)"
            " VALUES ($1, $2, 'Evening', 'tarot', $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            livestream_id,
            reader_id,
            status,
            now,
            None if status == "scheduled" else now,
            now if status == "ended" else None,
            "reader_ended" if status == "ended" else None,
            goal_minor,
            None if goal_minor is None else "A new deck",
            is_left_for_consultation,
            "private" if is_left_for_consultation else None,
        )
        await tx.execute("INSERT INTO livestream_tallies (livestream_id) VALUES ($1)", livestream_id)
    return livestream_id


async def kinds_by_name(database: Database, currency: str = "USD") -> dict[str, GiftKind]:
    async with database.connection() as db:
        kinds = await list_gift_kinds(db, currency=currency, is_active=True, limit=200)
    return {kind.name: kind for kind in kinds}

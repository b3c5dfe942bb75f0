"""Who follows which reader. Nobody but the follower ever gets to see it; readers are only told how many there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from storage.readers_status import effective_status
from storage.transaction import Connection, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A reader that somebody follows; `status` is what others see of the reader."""

    id: UUID
    display_name: str
    avatar_upload_id: UUID | None
    is_demonstration: bool
    headline: str | None
    status: str
    followed_at: datetime


async def insert_follow(tx: Transaction, *, follower_id: UUID, reader_id: UUID, now: datetime, maximum: int) -> bool:
    """False when it makes more than `maximum` of this follower; following again is no mistake."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('follows ' || $1::text, 0))", str(follower_id))
    await tx.execute(
        "INSERT INTO follows (follower_id, reader_id, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        follower_id,
        reader_id,
        now,
    )
    count: int = await tx.fetch_value("SELECT count(*) FROM follows WHERE follower_id = $1", follower_id)
    return count <= maximum


async def delete_follow(tx: Transaction, *, follower_id: UUID, reader_id: UUID) -> bool:
    """False when it was not there."""
    return bool(await tx.execute("DELETE FROM follows WHERE follower_id = $1 AND reader_id = $2", follower_id, reader_id))


async def list_followed(
    db: Connection, follower_id: UUID, *, after: tuple[datetime, UUID] | None, limit: int, now: datetime
) -> list[Followed]:
    """The listed readers that somebody follows, the newest first; `after`: (followed_at, id) of the last one shown."""
    followed_at, reader_id = after or (None, None)
    rows = await db.fetch(
        "SELECT r.user_id AS id, u.display_name, u.avatar_upload_id, u.is_demonstration, r.headline,"
        f" {effective_status(reader='r', now='$2')} AS status, f.created_at AS followed_at"
        " FROM follows AS f JOIN readers AS r ON r.user_id = f.reader_id AND r.verification = 'verified'"
        " JOIN users AS u ON u.id = r.user_id AND u.status = 'active'"
        " WHERE f.follower_id = $1 AND ($3::timestamptz IS NULL OR (f.created_at, f.reader_id) < ($3, $4::uuid))"
        " ORDER BY f.created_at DESC, f.reader_id DESC LIMIT $5",
        follower_id,
        now,
        followed_at,
        reader_id,
        limit,
    )
    return [Followed(**row) for row in rows]


async def list_followers(db: Connection, reader_id: UUID, *, after_id: UUID | None, limit: int) -> list[UUID]:
    """A page of the ids of who follows, in their order; for telling them, never for showing them."""
    rows = await db.fetch(
        "SELECT follower_id FROM follows WHERE reader_id = $1 AND ($2::uuid IS NULL OR follower_id > $2)"
        " ORDER BY follower_id LIMIT $3",
        reader_id,
        after_id,
        limit,
    )
    return [row["follower_id"] for row in rows]


async def list_connected_followers(
    db: Connection, reader_id: UUID, *, after_id: UUID | None, now: datetime, limit: int
) -> list[UUID]:
    """The same of those who have a page open somewhere."""
    rows = await db.fetch(
        "SELECT f.follower_id FROM follows AS f WHERE f.reader_id = $1 AND ($2::uuid IS NULL OR f.follower_id > $2)"
        " AND EXISTS (SELECT 1 FROM connections AS c JOIN nodes AS n ON n.id = c.node_id"
        "   WHERE c.user_id = f.follower_id AND n.lease_expires_at > $3) ORDER BY f.follower_id LIMIT $4",
        reader_id,
        after_id,
        now,
        limit,
    )
    return [row["follower_id"] for row in rows]

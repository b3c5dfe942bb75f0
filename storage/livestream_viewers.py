"""Who watches a livestream, through which connection; and how many that are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from storage.transaction import Connection, Transaction


@dataclass(frozen=True, slots=True)
class ViewerCount:
    livestream_id: UUID
    viewer_count: int
    peak: int


async def insert_viewer(
    tx: Transaction, *, livestream_id: UUID, connection_id: str, user_id: UUID, node_id: UUID, now: datetime
) -> bool:
    """Record that a connection watches; False when the connection is not there any more. It ends with the connection."""
    added = await tx.fetch_value(
        "INSERT INTO livestream_viewers (livestream_id, connection_id, user_id, node_id, joined_at)"
        " SELECT $1, c.id, $3, $4, $5 FROM connections AS c WHERE c.id = $2 AND c.user_id = $3 FOR KEY SHARE OF c"
        " ON CONFLICT (livestream_id, connection_id) DO UPDATE SET joined_at = livestream_viewers.joined_at RETURNING true",
        livestream_id,
        connection_id,
        user_id,
        node_id,
        now,
    )
    return bool(added)


async def is_viewer(db: Connection, livestream_id: UUID, *, connection_id: str) -> bool:
    return bool(
        await db.fetch_value(
            "SELECT EXISTS (SELECT 1 FROM livestream_viewers WHERE livestream_id = $1 AND connection_id = $2)",
            livestream_id,
            connection_id,
        )
    )


async def delete_viewer(tx: Transaction, livestream_id: UUID, *, connection_id: str) -> None:
    await tx.execute(
        "DELETE FROM livestream_viewers WHERE livestream_id = $1 AND connection_id = $2", livestream_id, connection_id
    )


async def delete_viewers(tx: Transaction, livestream_id: UUID) -> None:
    """Nobody watches any more."""
    await tx.execute("DELETE FROM livestream_viewers WHERE livestream_id = $1", livestream_id)


async def list_connections_of_viewer(db: Connection, livestream_id: UUID, *, user_id: UUID) -> list[str]:
    rows = await db.fetch(
        "SELECT connection_id FROM livestream_viewers WHERE livestream_id = $1 AND user_id = $2 ORDER BY connection_id",
        livestream_id,
        user_id,
    )
    return [row["connection_id"] for row in rows]


async def list_departed_viewers(db: Connection, viewers: Sequence[tuple[UUID, str]], *, now: datetime) -> set[tuple[UUID, str]]:
    """Those of the (livestream, connection) through which nobody watches any more, or with a login that does not hold."""
    rows = await db.fetch(
        "SELECT held.livestream_id, held.connection_id FROM unnest($1::uuid[], $2::text[]) AS held (livestream_id, connection_id)"
        " WHERE NOT EXISTS (SELECT 1 FROM livestream_viewers AS v JOIN connections AS c ON c.id = v.connection_id"
        "  JOIN logins AS g ON g.id = c.login_id JOIN users AS u ON u.id = v.user_id"
        "  WHERE v.livestream_id = held.livestream_id AND v.connection_id = held.connection_id"
        "   AND g.revoked_at IS NULL AND g.expires_at > $3 AND u.status NOT IN ('suspended', 'banned'))",
        [livestream_id for livestream_id, _connection_id in viewers],
        [connection_id for _livestream_id, connection_id in viewers],
        now,
    )
    return {(row["livestream_id"], row["connection_id"]) for row in rows}


async def count_earlier_viewings(db: Connection, livestream_id: UUID, *, connection_id: str, user_id: UUID) -> int:
    """Through how many other connections, or in how many other livestreams that have media, this person has watched longer."""
    return int(
        await db.fetch_value(
            "SELECT count(*) FROM connections AS c JOIN livestream_viewers AS v ON v.connection_id = c.id"
            " JOIN livestreams AS l ON l.id = v.livestream_id AND l.media_id IS NOT NULL"
            " JOIN livestream_viewers AS own ON own.livestream_id = $1 AND own.connection_id = $2"
            " WHERE c.user_id = $3 AND (v.joined_at, v.connection_id, v.livestream_id)"
            " < (own.joined_at, own.connection_id, own.livestream_id)",
            livestream_id,
            connection_id,
            user_id,
        )
    )


async def is_banned(db: Connection, *, reader_id: UUID, user_id: UUID, now: datetime) -> bool:
    """Whether somebody may not watch this reader's livestreams."""
    return bool(
        await db.fetch_value(
            "SELECT EXISTS (SELECT 1 FROM livestream_sanctions WHERE reader_id = $1 AND user_id = $2 AND kind = 'banned'"
            " AND (until_at IS NULL OR until_at > $3))",
            reader_id,
            user_id,
            now,
        )
    )


async def count_viewers(tx: Transaction, *, now: datetime, told_before: datetime, limit: int) -> list[ViewerCount]:
    """Write down how many people watch each livestream where that has changed and was last told before `told_before`.

    People on live nodes, once each, without the reader. One of several nodes that count at once does it: a row that is locked
    is left to the next round.
    """
    rows = await tx.fetch(
        """
        WITH open AS (
            SELECT id, reader_id, viewer_count FROM livestreams
            WHERE status IN ('scheduled', 'live') AND (viewers_told_at IS NULL OR viewers_told_at <= $2)
                AND (viewer_count > 0 OR EXISTS (SELECT 1 FROM livestream_viewers AS v WHERE v.livestream_id = livestreams.id))
        ), counted AS (
            SELECT open.id, (SELECT count(DISTINCT v.user_id) FROM livestream_viewers AS v JOIN nodes AS n ON n.id = v.node_id
                WHERE v.livestream_id = open.id AND v.user_id <> open.reader_id AND n.lease_expires_at > $1)::integer AS found
            FROM open
        ), changed AS (
            SELECT l.id, counted.found FROM livestreams AS l JOIN counted ON counted.id = l.id
            WHERE l.viewer_count <> counted.found AND l.status IN ('scheduled', 'live')
                AND (l.viewers_told_at IS NULL OR l.viewers_told_at <= $2)
            ORDER BY l.id LIMIT $3 FOR NO KEY UPDATE OF l SKIP LOCKED
        )
        UPDATE livestreams AS l SET viewer_count = changed.found, viewers_told_at = $1,
            peak = CASE WHEN l.status = 'live' THEN greatest(l.peak, changed.found) ELSE l.peak END
        FROM changed WHERE l.id = changed.id RETURNING l.id AS livestream_id, l.viewer_count, l.peak
        """,
        now,
        told_before,
        limit,
    )
    return [ViewerCount(**row) for row in rows]

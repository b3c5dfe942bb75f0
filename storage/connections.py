"""Live connections: one row from connect to disconnect, nothing per heartbeat; and which logins still carry theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from storage.transaction import Connection, Transaction


@dataclass(frozen=True, slots=True)
class LostLogin:
    """A login that no longer carries connections: it has expired, or it (or its account) was ended."""

    id: UUID
    has_expired: bool


async def count_connections_locked(tx: Transaction, user_id: UUID, *, now: datetime) -> int:
    """The user's connections on live nodes; nobody else counts or adds to them until the transaction ends."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1::text, 0))", str(user_id))
    count: int = await tx.fetch_value(
        "SELECT count(*) FROM connections AS c JOIN nodes AS n ON n.id = c.node_id"
        " WHERE c.user_id = $1 AND n.lease_expires_at > $2",
        user_id,
        now,
    )
    return count


async def insert_connection(
    tx: Transaction, *, connection_id: str, node_id: UUID, user_id: UUID, login_id: UUID, now: datetime
) -> bool:
    """False when the node was cleared away or the login was deleted a moment ago."""
    return bool(
        await tx.execute(
            "INSERT INTO connections (id, node_id, user_id, login_id, connected_at)"
            " SELECT $1, n.id, l.user_id, l.id, $5 FROM nodes AS n, logins AS l"
            " WHERE n.id = $2 AND l.id = $4 AND l.user_id = $3 FOR KEY SHARE OF n, l",
            connection_id,
            node_id,
            user_id,
            login_id,
            now,
        )
    )


async def lock_connections(tx: Transaction, connection_ids: Sequence[str]) -> None:
    """Hold the rows until the transaction ends: whoever is joining through them has done so, and nobody begins to."""
    await tx.execute("SELECT 1 FROM connections WHERE id = ANY($1) ORDER BY id FOR UPDATE", list(connection_ids))


async def list_attending(db: Connection, connection_ids: Sequence[str]) -> frozenset[str]:
    """Those of the connections that somebody attends a consultation through."""
    rows = await db.fetch("SELECT DISTINCT connection_id FROM attendances WHERE connection_id = ANY($1)", list(connection_ids))
    return frozenset(row["connection_id"] for row in rows)


async def delete_connections(tx: Transaction, connection_ids: Sequence[str]) -> list[UUID]:
    """Forget the connections; the users who had them, once each, in order."""
    rows = await tx.fetch("DELETE FROM connections WHERE id = ANY($1) RETURNING user_id", list(connection_ids))
    return sorted({row["user_id"] for row in rows})


async def list_absent(db: Connection, user_ids: Sequence[UUID], *, now: datetime) -> list[UUID]:
    """Those of the users who have no connection on a live node, in order."""
    rows = await db.fetch(
        "SELECT u.id FROM unnest($1::uuid[]) AS u (id) WHERE NOT EXISTS (SELECT 1 FROM connections AS c"
        " JOIN nodes AS n ON n.id = c.node_id WHERE c.user_id = u.id AND n.lease_expires_at > $2) ORDER BY u.id",
        list(user_ids),
        now,
    )
    return [row["id"] for row in rows]


async def list_users_of_node(db: Connection, node_id: UUID) -> list[UUID]:
    """Everybody with a connection on the node, in order."""
    rows = await db.fetch("SELECT DISTINCT user_id FROM connections WHERE node_id = $1 ORDER BY user_id", node_id)
    return [row["user_id"] for row in rows]


async def list_lost_logins(db: Connection, login_ids: Sequence[UUID], *, now: datetime) -> list[LostLogin]:
    """Those of the logins that do not hold any more: missing, revoked, expired, or of an account that was shut out."""
    rows = await db.fetch(
        "SELECT held.id, l.revoked_at IS NULL AND l.expires_at <= $2 AS has_expired FROM unnest($1::uuid[]) AS held (id)"
        " LEFT JOIN logins AS l ON l.id = held.id LEFT JOIN users AS u ON u.id = l.user_id"
        " WHERE l.id IS NULL OR l.revoked_at IS NOT NULL OR l.expires_at <= $2 OR u.status IN ('suspended', 'banned')",
        list(login_ids),
        now,
    )
    return [LostLogin(row["id"], bool(row["has_expired"])) for row in rows]

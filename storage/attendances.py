"""Who is in which room: a participant attends a consultation through connections on live nodes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from storage.transaction import Connection, Transaction


async def insert_attendance(
    tx: Transaction, *, consultation_id: UUID, user_id: UUID, connection_id: str, node_id: UUID, now: datetime
) -> bool:
    """Record that a connection is in the room; False when the connection is not there any more."""
    added = await tx.fetch_value(
        "INSERT INTO attendances (consultation_id, user_id, connection_id, node_id, joined_at)"
        " SELECT $1, $2, c.id, $4, $5 FROM connections AS c WHERE c.id = $3 AND c.user_id = $2 FOR KEY SHARE OF c"
        " ON CONFLICT (consultation_id, user_id, connection_id) DO UPDATE SET joined_at = attendances.joined_at RETURNING true",
        consultation_id,
        user_id,
        connection_id,
        node_id,
        now,
    )
    return bool(added)


async def list_attendants(db: Connection, consultation_id: UUID, *, now: datetime) -> frozenset[UUID]:
    """The people in the room through at least one connection on a node whose lease is valid."""
    rows = await db.fetch(
        "SELECT DISTINCT a.user_id FROM attendances AS a JOIN nodes AS n ON n.id = a.node_id"
        " WHERE a.consultation_id = $1 AND n.lease_expires_at > $2",
        consultation_id,
        now,
    )
    return frozenset(row["user_id"] for row in rows)


async def find_arrival(db: Connection, consultation_id: UUID, user_id: UUID, *, now: datetime) -> datetime | None:
    """Since when a person is in the room through the connections that are left; None when there is none on a live node."""
    arrival: datetime | None = await db.fetch_value(
        "SELECT min(a.joined_at) FROM attendances AS a JOIN nodes AS n ON n.id = a.node_id"
        " WHERE a.consultation_id = $1 AND a.user_id = $2 AND n.lease_expires_at > $3",
        consultation_id,
        user_id,
        now,
    )
    return arrival


async def is_attended_through(db: Connection, consultation_id: UUID, *, connection_id: str) -> bool:
    """Whether somebody is in the room through this connection."""
    return bool(
        await db.fetch_value(
            "SELECT EXISTS (SELECT 1 FROM attendances WHERE consultation_id = $1 AND connection_id = $2)",
            consultation_id,
            connection_id,
        )
    )


async def list_attended_by_connection(db: Connection, connection_id: str) -> list[UUID]:
    """The consultations somebody attends through a connection, in the order in which they are locked."""
    rows = await db.fetch(
        "SELECT consultation_id FROM attendances WHERE connection_id = $1 ORDER BY consultation_id", connection_id
    )
    return [row["consultation_id"] for row in rows]


async def list_attended_through_node(db: Connection, node_id: UUID) -> list[UUID]:
    """The same for everybody whom a node held."""
    rows = await db.fetch("SELECT DISTINCT consultation_id FROM attendances WHERE node_id = $1 ORDER BY consultation_id", node_id)
    return [row["consultation_id"] for row in rows]


async def delete_attendance(tx: Transaction, consultation_id: UUID, *, connection_id: str) -> bool:
    """Take a connection out of a room; the consultation must be locked, as it is by whoever empties the room at its end."""
    return bool(
        await tx.execute(
            "DELETE FROM attendances WHERE consultation_id = $1 AND connection_id = $2", consultation_id, connection_id
        )
    )


async def delete_attendances_through_node(tx: Transaction, consultation_id: UUID, *, node_id: UUID) -> list[UUID]:
    """Take everybody out of a room whom a node held, the consultation being locked; who that was, in order."""
    rows = await tx.fetch(
        "DELETE FROM attendances WHERE consultation_id = $1 AND node_id = $2 RETURNING user_id", consultation_id, node_id
    )
    return sorted({row["user_id"] for row in rows})


async def delete_attendances_of_consultation(tx: Transaction, consultation_id: UUID) -> None:
    await tx.execute("DELETE FROM attendances WHERE consultation_id = $1", consultation_id)

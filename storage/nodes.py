"""Nodes: the server processes, each alive for as long as it renews the lease of its row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from storage.transaction import Connection, Transaction


@dataclass(frozen=True, slots=True)
class DeadNode:
    """A node whose lease ran out; everybody it held was last proven to be there at `renewed_at`."""

    id: UUID
    renewed_at: datetime


async def insert_node(db: Connection, *, node_id: UUID, now: datetime, lease_expires_at: datetime) -> None:
    await db.execute(
        "INSERT INTO nodes (id, started_at, renewed_at, lease_expires_at) VALUES ($1, $2, $2, $3)",
        node_id,
        now,
        lease_expires_at,
    )


async def renew_node(db: Connection, *, node_id: UUID, now: datetime, lease_expires_at: datetime) -> bool:
    """False when the lease had run out already: a lease that was lost is never taken up again."""
    return bool(
        await db.execute(
            "UPDATE nodes SET renewed_at = $2, lease_expires_at = $3 WHERE id = $1 AND lease_expires_at > $2",
            node_id,
            now,
            lease_expires_at,
        )
    )


async def read_database_clock(db: Connection) -> datetime:
    """The database's time at this instant, which all nodes follow."""
    value: datetime = await db.fetch_value("SELECT clock_timestamp()")
    return value


async def lock_dead_node(tx: Transaction, *, now: datetime) -> DeadNode | None:
    """One node whose lease has run out, locked for the rest of the transaction; those another node clears away are left out.

    The weaker lock: somebody who is just joining a room through the node holds the room, and must not wait for us.
    """
    row = await tx.fetch_row(
        "SELECT id, renewed_at FROM nodes WHERE lease_expires_at <= $1 ORDER BY lease_expires_at LIMIT 1"
        " FOR NO KEY UPDATE SKIP LOCKED",
        now,
    )
    return None if row is None else DeadNode(row["id"], row["renewed_at"])


async def lock_node(tx: Transaction, node_id: UUID) -> DeadNode | None:
    """The node's row locked for the rest of the transaction, if it is still there."""
    row = await tx.fetch_row("SELECT id, renewed_at FROM nodes WHERE id = $1 FOR NO KEY UPDATE", node_id)
    return None if row is None else DeadNode(row["id"], row["renewed_at"])


async def delete_node(tx: Transaction, node_id: UUID) -> None:
    """Forget the node, and with it every connection and attendance it held."""
    await tx.execute("DELETE FROM nodes WHERE id = $1", node_id)

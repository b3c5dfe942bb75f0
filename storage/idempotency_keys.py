"""The answers to calls that carried an Idempotency-Key, and who is working on those that have no answer yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from storage.transaction import Connection


@dataclass(frozen=True, slots=True)
class ClaimedKey:
    """`is_ours`: the caller may go on, with this `resource_id`. Otherwise it is answered, or somebody else works on it."""

    is_ours: bool
    request_hash: bytes
    resource_id: UUID
    response_status: int | None
    response_body: Any


async def claim_key(
    tx: Connection, *, user_id: UUID, key: str, request_hash: bytes, resource_id: UUID, node_id: UUID, now: datetime
) -> ClaimedKey:
    """Claim a fresh key, or take over one whose node has died or has given it up."""
    inserted = await tx.execute(
        "INSERT INTO idempotency_keys (user_id, key, request_hash, resource_id, claimed_at, claimed_by)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (user_id, key) DO NOTHING",
        user_id,
        key,
        request_hash,
        resource_id,
        now,
        node_id,
    )
    if inserted:
        return ClaimedKey(True, request_hash, resource_id, None, None)
    row = await tx.fetch_row(
        "SELECT request_hash, resource_id, response_status, response_body, answered_at, claimed_by"
        " FROM idempotency_keys WHERE user_id = $1 AND key = $2 FOR UPDATE",
        user_id,
        key,
    )
    assert row is not None, "a key is only removed long after it was answered"
    taken = 0
    if row["answered_at"] is None and row["request_hash"] == request_hash:
        taken = await tx.execute(
            "UPDATE idempotency_keys SET claimed_by = $3, claimed_at = $4 WHERE user_id = $1 AND key = $2"
            " AND (claimed_by IS NULL OR claimed_by = $3"
            "  OR NOT EXISTS (SELECT FROM nodes WHERE nodes.id = claimed_by AND nodes.lease_expires_at > $4))",
            user_id,
            key,
            node_id,
            now,
        )
    return ClaimedKey(bool(taken), row["request_hash"], row["resource_id"], row["response_status"], row["response_body"])


async def record_answer(
    tx: Connection, *, user_id: UUID, key: str, response_status: int, response_body: Any, now: datetime
) -> None:
    await tx.execute(
        "UPDATE idempotency_keys SET response_status = $3, response_body = $4, answered_at = $5"
        " WHERE user_id = $1 AND key = $2 AND answered_at IS NULL",
        user_id,
        key,
        response_status,
        response_body,
        now,
    )


async def release_key(tx: Connection, *, user_id: UUID, key: str, node_id: UUID) -> None:
    """Give an unanswered key of this node up, so that the next try goes on with the same resource at once, on any node."""
    await tx.execute(
        "UPDATE idempotency_keys SET claimed_by = NULL"
        " WHERE user_id = $1 AND key = $2 AND claimed_by = $3 AND answered_at IS NULL",
        user_id,
        key,
        node_id,
    )


async def delete_old_keys(tx: Connection, *, claimed_before: datetime, maximum: int) -> int:
    """Forget keys that nobody retries any more; at most `maximum` at once."""
    return await tx.execute(
        "DELETE FROM idempotency_keys WHERE (user_id, key) IN"
        " (SELECT user_id, key FROM idempotency_keys WHERE claimed_at < $1 ORDER BY claimed_at LIMIT $2)",
        claimed_before,
        maximum,
    )

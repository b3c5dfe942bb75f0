"""Logins (one browser or device each), their refresh tokens, and the counting of failed attempts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from storage.transaction import Connection, Record


@dataclass(frozen=True, slots=True)
class ProvenLogin:
    """A login with its user, as each request needs them."""

    login_id: UUID
    user_id: UUID
    role: str
    permissions: tuple[str, ...]
    status: str
    display_name: str
    expires_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class LoginRecord:
    id: UUID
    user_id: UUID
    ip_address: str | None
    user_agent: str | None
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class RefreshToken:
    login_id: UUID
    user_id: UUID
    was_used: bool
    revoked_at: datetime | None
    expires_at: datetime


async def find_proven_login(connection: Connection, login_id: UUID) -> ProvenLogin | None:
    """One look-up by primary key; made for every request."""
    row = await connection.fetch_row(
        "SELECT l.id, l.user_id, u.role, u.permissions, u.status, u.display_name, l.expires_at, l.revoked_at"
        " FROM logins l JOIN users u ON u.id = l.user_id WHERE l.id = $1",
        login_id,
    )
    if row is None:
        return None
    return ProvenLogin(
        row["id"],
        row["user_id"],
        row["role"],
        tuple(row["permissions"]),
        row["status"],
        row["display_name"],
        row["expires_at"],
        row["revoked_at"],
    )


async def insert_login(
    tx: Connection,
    *,
    login_id: UUID,
    user_id: UUID,
    ip_address: str | None,
    user_agent: str | None,
    now: datetime,
    expires_at: datetime,
) -> None:
    await tx.execute(
        "INSERT INTO logins (id, user_id, ip_address, user_agent, created_at, last_used_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $5, $6)",
        login_id,
        user_id,
        ip_address,
        user_agent,
        now,
        expires_at,
    )


async def insert_refresh_token(tx: Connection, *, token_hash: bytes, login_id: UUID, now: datetime) -> None:
    await tx.execute(
        "INSERT INTO refresh_tokens (token_hash, login_id, created_at) VALUES ($1, $2, $3)", token_hash, login_id, now
    )


async def use_refresh_token(tx: Connection, *, token_hash: bytes, now: datetime) -> RefreshToken | None:
    """Mark the token used. `was_used` says that it had been before; of two at once exactly one finds it fresh."""
    row = await tx.fetch_row(
        "SELECT t.login_id, t.used_at, l.user_id, l.revoked_at, l.expires_at FROM refresh_tokens t"
        " JOIN logins l ON l.id = t.login_id WHERE t.token_hash = $1 FOR UPDATE",
        token_hash,
    )
    if row is None:
        return None
    if row["used_at"] is None:
        await tx.execute("UPDATE refresh_tokens SET used_at = $2 WHERE token_hash = $1", token_hash, now)
    return RefreshToken(row["login_id"], row["user_id"], row["used_at"] is not None, row["revoked_at"], row["expires_at"])


async def touch_login(
    tx: Connection, *, login_id: UUID, ip_address: str | None, user_agent: str | None, now: datetime, expires_at: datetime
) -> None:
    await tx.execute(
        "UPDATE logins SET last_used_at = $2, expires_at = $3, ip_address = $4, user_agent = $5 WHERE id = $1",
        login_id,
        now,
        expires_at,
        ip_address,
        user_agent,
    )


async def list_logins(
    connection: Connection, *, user_id: UUID, now: datetime, after: tuple[datetime, UUID] | None, limit: int
) -> list[LoginRecord]:
    """The user's logins that still hold, the last used first; `after` is the last one's (last_used_at, id) of the page before."""
    last_used_at, login_id = after or (None, None)
    rows = await connection.fetch(
        "SELECT id, user_id, host(ip_address) AS ip_address, user_agent, created_at, last_used_at, expires_at FROM logins"
        " WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2"
        " AND ($3::timestamptz IS NULL OR (last_used_at, id) < ($3, $4::uuid))"
        " ORDER BY last_used_at DESC, id DESC LIMIT $5",
        user_id,
        now,
        last_used_at,
        login_id,
        limit,
    )
    return [_login(row) for row in rows]


async def revoke_logins(
    tx: Connection,
    *,
    user_id: UUID,
    login_ids: Sequence[UUID] | None = None,
    except_id: UUID | None = None,
    reason: str,
    now: datetime,
) -> list[UUID]:
    """Revoke the named logins of the user, or all but one, or all; the ids of those that held until now."""
    rows = await tx.fetch(
        "UPDATE logins SET revoked_at = $4, revoked_reason = $5 WHERE user_id = $1 AND revoked_at IS NULL"
        " AND ($2::uuid[] IS NULL OR id = ANY($2)) AND ($3::uuid IS NULL OR id <> $3) RETURNING id",
        user_id,
        None if login_ids is None else list(login_ids),
        except_id,
        now,
        reason,
    )
    return [row["id"] for row in rows]


async def list_ended_logins(connection: Connection, login_ids: Sequence[UUID], *, now: datetime) -> set[UUID]:
    """Those of them that do not hold any more."""
    rows = await connection.fetch(
        "SELECT id FROM logins WHERE id = ANY($1) AND (revoked_at IS NOT NULL OR expires_at <= $2)", list(login_ids), now
    )
    return {row["id"] for row in rows}


async def list_surplus_logins(tx: Connection, *, user_id: UUID, kept: int) -> list[UUID]:
    """The user's logins beyond the `kept` last used ones."""
    rows = await tx.fetch(
        "SELECT id FROM logins WHERE user_id = $1 AND revoked_at IS NULL ORDER BY last_used_at DESC, id DESC OFFSET $2",
        user_id,
        kept,
    )
    return [row["id"] for row in rows]


async def find_lock(connection: Connection, *, name_hash: bytes, now: datetime) -> datetime | None:
    """Until when the account name is locked, if it is."""
    value: datetime | None = await connection.fetch_value(
        "SELECT locked_until_at FROM login_failures WHERE name_hash = $1 AND locked_until_at > $2", name_hash, now
    )
    return value


async def record_failure(
    tx: Connection, *, name_hash: bytes, now: datetime, forgotten_before: datetime, maximum: int, locked_until: datetime
) -> bool:
    """Count one more failure; True when it is the one that locks the name. Old failures are forgotten."""
    value = await tx.fetch_value(
        "INSERT INTO login_failures AS f (name_hash, failed_count, last_failed_at, locked_until_at)"
        " VALUES ($1, 1, $2, CASE WHEN $4 <= 1 THEN $5::timestamptz END)"
        " ON CONFLICT (name_hash) DO UPDATE SET last_failed_at = $2,"
        "  failed_count = CASE WHEN f.last_failed_at < $3 OR f.locked_until_at <= $2 THEN 1 ELSE f.failed_count + 1 END,"
        "  locked_until_at = CASE WHEN CASE WHEN f.last_failed_at < $3 OR f.locked_until_at <= $2 THEN 1"
        "   ELSE f.failed_count + 1 END >= $4 THEN $5::timestamptz END"
        " RETURNING locked_until_at IS NOT NULL",
        name_hash,
        now,
        forgotten_before,
        maximum,
        locked_until,
    )
    return bool(value)


async def forget_failures(tx: Connection, name_hash: bytes) -> None:
    await tx.execute("DELETE FROM login_failures WHERE name_hash = $1", name_hash)


async def insert_security_event(
    tx: Connection,
    *,
    user_id: UUID | None,
    type: str,
    payload: Any,
    ip_address: str | None,
    user_agent: str | None,
    now: datetime,
) -> None:
    await tx.execute(
        "INSERT INTO security_events (user_id, type, payload, ip_address, user_agent, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        user_id,
        type,
        payload,
        ip_address,
        user_agent,
        now,
    )


async def delete_old_logins(tx: Connection, *, ended_before: datetime, maximum: int) -> int:
    """Forget logins that ended long ago, with their refresh tokens; at most `maximum` at once."""
    return await tx.execute(
        "DELETE FROM logins WHERE id IN (SELECT id FROM logins WHERE expires_at < $1 OR revoked_at < $1 LIMIT $2)",
        ended_before,
        maximum,
    )


def _login(row: Record) -> LoginRecord:
    return LoginRecord(
        row["id"],
        row["user_id"],
        row["ip_address"],
        row["user_agent"],
        row["created_at"],
        row["last_used_at"],
        row["expires_at"],
    )

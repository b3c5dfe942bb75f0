"""People: their accounts, the one-time tokens that prove an address, and the rows that a role brings with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from storage.transaction import Connection, Record


@dataclass(frozen=True, slots=True)
class Account:
    id: UUID
    email: str
    username: str | None
    email_verified_at: datetime | None
    display_name: str
    role: str
    permissions: tuple[str, ...]
    status: str
    avatar_upload_id: UUID | None
    time_zone: str
    is_demonstration: bool
    created_at: datetime
    password_hash: str


_COLUMNS = (
    "id, email, username, email_verified_at, display_name, role, permissions, status, avatar_upload_id,"
    " time_zone, is_demonstration, created_at, password_hash"
)


async def find_account(connection: Connection, user_id: UUID) -> Account | None:
    row = await connection.fetch_row(f"SELECT {_COLUMNS} FROM users WHERE id = $1", user_id)
    return None if row is None else _account(row)


async def find_account_by_email(connection: Connection, email: str) -> Account | None:
    """`email` in lower case."""
    row = await connection.fetch_row(f"SELECT {_COLUMNS} FROM users WHERE email = $1", email)
    return None if row is None else _account(row)


async def insert_account(
    tx: Connection,
    *,
    user_id: UUID,
    email: str,
    display_name: str,
    password_hash: str,
    role: str,
    now: datetime,
    permissions: tuple[str, ...] = (),
    is_demonstration: bool = False,
    email_verified_at: datetime | None = None,
) -> bool:
    """The account with its client's or reader's row; False when the address is taken."""
    inserted = await tx.execute(
        "INSERT INTO users (id, email, display_name, password_hash, role, permissions, is_demonstration, email_verified_at,"
        " created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) ON CONFLICT (email) DO NOTHING",
        user_id,
        email,
        display_name,
        password_hash,
        role,
        list(permissions),
        is_demonstration,
        email_verified_at,
        now,
    )
    if not inserted:
        return False
    if role == "client":
        await tx.execute("INSERT INTO clients (user_id, created_at, updated_at) VALUES ($1, $2, $2)", user_id, now)
    elif role == "reader":
        await tx.execute(
            "INSERT INTO readers (user_id, display_name, created_at, updated_at) VALUES ($1, $2, $3, $3)",
            user_id,
            display_name,
            now,
        )
    return True


async def update_profile(
    tx: Connection, *, user_id: UUID, display_name: str | None, time_zone: str | None, username: str | None, now: datetime
) -> bool:
    """Change what is given; False when the user name is taken."""
    try:
        # A savepoint, so that the transaction outlives the refusal.
        async with tx.raw.transaction():
            await tx.execute(
                "UPDATE users SET display_name = coalesce($2, display_name), time_zone = coalesce($3, time_zone),"
                " username = coalesce($4, username), updated_at = $5 WHERE id = $1",
                user_id,
                display_name,
                time_zone,
                username,
                now,
            )
    except asyncpg.UniqueViolationError:
        return False
    return True


async def update_password(tx: Connection, *, user_id: UUID, password_hash: str, now: datetime) -> None:
    await tx.execute("UPDATE users SET password_hash = $2, updated_at = $3 WHERE id = $1", user_id, password_hash, now)


async def update_permissions(tx: Connection, *, user_id: UUID, permissions: tuple[str, ...], now: datetime) -> None:
    await tx.execute("UPDATE users SET permissions = $2, updated_at = $3 WHERE id = $1", user_id, list(permissions), now)


async def mark_email_verified(tx: Connection, *, user_id: UUID, now: datetime) -> None:
    await tx.execute(
        "UPDATE users SET email_verified_at = coalesce(email_verified_at, $2), updated_at = $2 WHERE id = $1", user_id, now
    )


async def insert_account_token(
    tx: Connection, *, token_hash: bytes, user_id: UUID, purpose: str, now: datetime, expires_at: datetime
) -> None:
    await tx.execute(
        "INSERT INTO account_tokens (token_hash, user_id, purpose, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        token_hash,
        user_id,
        purpose,
        now,
        expires_at,
    )


async def lock_account(tx: Connection, user_id: UUID) -> None:
    """Until the transaction ends, whoever else locks this account waits."""
    await tx.fetch_value("SELECT true FROM users WHERE id = $1 FOR NO KEY UPDATE", user_id)


async def count_account_tokens(connection: Connection, *, user_id: UUID, purpose: str, since: datetime) -> int:
    value: int = await connection.fetch_value(
        "SELECT count(*) FROM account_tokens WHERE user_id = $1 AND purpose = $2 AND created_at > $3", user_id, purpose, since
    )
    return value


async def use_account_token(tx: Connection, *, token_hash: bytes, purpose: str, now: datetime) -> UUID | None:
    """Whose token it is; None when it is unknown, expired or was used. Works once."""
    value: UUID | None = await tx.fetch_value(
        "UPDATE account_tokens SET used_at = $3 WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3"
        " RETURNING user_id",
        token_hash,
        purpose,
        now,
    )
    return value


async def cancel_account_tokens(tx: Connection, *, user_id: UUID, purpose: str, now: datetime) -> None:
    """Make all open tokens of that purpose worthless."""
    await tx.execute(
        "UPDATE account_tokens SET used_at = $3 WHERE user_id = $1 AND purpose = $2 AND used_at IS NULL", user_id, purpose, now
    )


async def delete_old_account_tokens(tx: Connection, *, expired_before: datetime, maximum: int) -> int:
    return await tx.execute(
        "DELETE FROM account_tokens WHERE token_hash IN (SELECT token_hash FROM account_tokens WHERE expires_at < $1 LIMIT $2)",
        expired_before,
        maximum,
    )


def _account(row: Record) -> Account:
    return Account(
        row["id"],
        row["email"],
        row["username"],
        row["email_verified_at"],
        row["display_name"],
        row["role"],
        tuple(row["permissions"]),
        row["status"],
        row["avatar_upload_id"],
        row["time_zone"],
        row["is_demonstration"],
        row["created_at"],
        row["password_hash"],
    )

"""What admins set while the server runs: values of JSON by key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from storage.transaction import Connection, Transaction


@dataclass(frozen=True, slots=True)
class Setting:
    key: str
    value: Any
    description: str | None
    updated_by: UUID | None
    updated_by_name: str | None
    updated_at: datetime


_SELECT = """
SELECT s.key, s.value, s.description, s.updated_by, u.display_name AS updated_by_name, s.updated_at
FROM settings AS s LEFT JOIN users AS u ON u.id = s.updated_by
"""


async def list_settings(db: Connection, *, after_key: str | None, limit: int) -> list[Setting]:
    rows = await db.fetch(_SELECT + " WHERE $1::text IS NULL OR s.key > $1 ORDER BY s.key LIMIT $2", after_key, limit)
    return [Setting(**row) for row in rows]


async def find_setting(db: Connection, key: str) -> Setting | None:
    row = await db.fetch_row(_SELECT + " WHERE s.key = $1", key)
    return None if row is None else Setting(**row)


async def lock_setting(tx: Transaction, key: str) -> Setting | None:
    """The setting, locked until the transaction ends."""
    row = await tx.fetch_row(_SELECT + " WHERE s.key = $1 FOR NO KEY UPDATE OF s", key)
    return None if row is None else Setting(**row)


async def count_settings(db: Connection) -> int:
    return int(await db.fetch_value("SELECT count(*) FROM settings"))


async def save_setting(
    tx: Transaction, key: str, *, value: Any, description: str | None, updated_by: UUID, now: datetime
) -> None:
    """A description that is None stays as it was."""
    await tx.execute(
        "INSERT INTO settings (key, value, description, updated_by, updated_at) VALUES ($1, $2::text::jsonb, $3, $4, $5)"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value, description = coalesce($3, settings.description),"
        " updated_by = $4, updated_at = $5",
        key,
        orjson.dumps(value).decode(),  # null is a value here too
        description,
        updated_by,
        now,
    )

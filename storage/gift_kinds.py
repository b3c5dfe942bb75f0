"""The catalogue of gifts."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from storage.transaction import Connection, Record, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftKind:
    """Something that can be given. One that is not active can no longer be sent; what was sent keeps it."""

    id: UUID
    name: str
    description: str
    price_minor: int
    currency: str
    image_url: str
    animation_url: str | None
    sort_order: int
    is_active: bool
    created_at: datetime
    updated_at: datetime


_COLUMNS = tuple(field.name for field in dataclasses.fields(GiftKind))
_COLUMN_LIST = ", ".join(_COLUMNS)


def _kind(row: Record) -> GiftKind:
    return GiftKind(**{column: row[column] for column in _COLUMNS})


async def lock_gift_kinds(tx: Transaction) -> None:
    """Only one at a time changes the catalogue; gifts are sent meanwhile."""
    await tx.execute("LOCK TABLE gift_kinds IN SHARE ROW EXCLUSIVE MODE")


async def count_gift_kinds(db: Connection, currency: str) -> int:
    return int(await db.fetch_value("SELECT count(*) FROM gift_kinds WHERE currency = $1", currency))


async def insert_gift_kind(tx: Transaction, kind: GiftKind) -> bool:
    """False when there is one of that name already, in whatever case."""
    places = ", ".join(f"${number}" for number in range(1, len(_COLUMNS) + 1))
    statement = f"INSERT INTO gift_kinds ({_COLUMN_LIST}) VALUES ({places}) ON CONFLICT DO NOTHING"
    return await tx.execute(statement, *(getattr(kind, column) for column in _COLUMNS)) == 1


async def is_gift_name_taken(db: Connection, kind: GiftKind) -> bool:
    """Whether another kind has that name."""
    return bool(
        await db.fetch_value(
            "SELECT EXISTS (SELECT 1 FROM gift_kinds WHERE lower(name) = lower($1) AND currency = $2 AND id <> $3)",
            kind.name,
            kind.currency,
            kind.id,
        )
    )


async def update_gift_kind(tx: Transaction, kind: GiftKind) -> None:
    await tx.execute(
        "UPDATE gift_kinds SET name = $2, description = $3, price_minor = $4, image_url = $5, animation_url = $6,"
        " sort_order = $7, is_active = $8, updated_at = $9 WHERE id = $1",
        kind.id,
        kind.name,
        kind.description,
        kind.price_minor,
        kind.image_url,
        kind.animation_url,
        kind.sort_order,
        kind.is_active,
        kind.updated_at,
    )


async def find_gift_kind(db: Connection, kind_id: UUID) -> GiftKind | None:
    row = await db.fetch_row(f"SELECT {_COLUMN_LIST} FROM gift_kinds WHERE id = $1", kind_id)
    return None if row is None else _kind(row)


async def list_gift_kinds(db: Connection, *, currency: str, is_active: bool | None, limit: int) -> Sequence[GiftKind]:
    """In the order in which they are offered; `is_active` None = all of them."""
    rows = await db.fetch(
        f"SELECT {_COLUMN_LIST} FROM gift_kinds WHERE currency = $1 AND ($2::boolean IS NULL OR is_active = $2)"
        " ORDER BY sort_order, price_minor, id LIMIT $3",
        currency,
        is_active,
        limit,
    )
    return [_kind(row) for row in rows]

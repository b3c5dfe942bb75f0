"""Gifts as they are read afterwards: receipts, who gave most, and a gift that is given back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from storage.gift_writes import Giver
from storage.transaction import Connection, Record, Transaction


@dataclass(frozen=True, slots=True)
class GiftReceipt:
    """A gift that was paid, with everybody and everything it refers to."""

    id: UUID
    sender_id: UUID
    sender_name: str
    sender_avatar_id: UUID | None
    reader_id: UUID
    reader_name: str
    reader_avatar_id: UUID | None
    livestream_id: UUID | None
    consultation_id: UUID | None
    gift_kind_id: UUID
    kind_name: str
    image_url: str
    animation_url: str | None
    quantity: int
    amount_minor: int
    reader_minor: int
    currency: str
    message: str
    transfer_id: UUID
    description: str
    created_at: datetime
    refunded_at: datetime | None


_SELECT_RECEIPTS = """
SELECT g.id, g.sender_id, sender.display_name AS sender_name, sender.avatar_upload_id AS sender_avatar_id,
    g.reader_id, reader.display_name AS reader_name, reader.avatar_upload_id AS reader_avatar_id,
    g.livestream_id, g.consultation_id, g.gift_kind_id, k.name AS kind_name, k.image_url, k.animation_url,
    g.quantity, g.amount_minor, g.reader_minor, g.currency, g.message, g.transfer_id, t.description, g.created_at, g.refunded_at
FROM gifts AS g
JOIN users AS sender ON sender.id = g.sender_id
JOIN users AS reader ON reader.id = g.reader_id
JOIN gift_kinds AS k ON k.id = g.gift_kind_id
JOIN transfers AS t ON t.id = g.transfer_id
"""


async def find_gift(db: Connection, gift_id: UUID) -> GiftReceipt | None:
    row = await db.fetch_row(_SELECT_RECEIPTS + " WHERE g.id = $1", gift_id)
    return None if row is None else GiftReceipt(**row)


async def list_gifts_of_consultation(db: Connection, consultation_id: UUID, *, limit: int) -> list[GiftReceipt]:
    """Oldest first."""
    statement = _SELECT_RECEIPTS + " WHERE g.consultation_id = $1 ORDER BY g.created_at, g.id LIMIT $2"
    rows = await db.fetch(statement, consultation_id, limit)
    return [GiftReceipt(**row) for row in rows]


async def lock_gift(tx: Transaction, gift: GiftReceipt) -> bool:
    """Lock a gift after what it was sent in; whether it has not been given back."""
    if gift.livestream_id is not None:
        await tx.execute("SELECT 1 FROM livestreams WHERE id = $1 FOR NO KEY UPDATE", gift.livestream_id)
    else:
        await tx.execute("SELECT 1 FROM consultations WHERE id = $1 FOR NO KEY UPDATE", gift.consultation_id)
    return bool(await tx.fetch_value("SELECT refunded_at IS NULL FROM gifts WHERE id = $1 FOR NO KEY UPDATE", gift.id))


async def mark_gift_refunded(tx: Transaction, gift: GiftReceipt, *, now: datetime) -> None:
    """Note that it was given back, and count it no more. The ledger accounts must be locked already."""
    await tx.execute("UPDATE gifts SET refunded_at = $2 WHERE id = $1", gift.id, now)
    if gift.livestream_id is None:
        await tx.execute(
            "UPDATE consultations SET gifts_minor = gifts_minor - $2 WHERE id = $1", gift.consultation_id, gift.amount_minor
        )
        return
    await tx.execute(
        "UPDATE livestream_tallies SET gifts_count = gifts_count - 1, gifts_minor = gifts_minor - $2 WHERE livestream_id = $1",
        gift.livestream_id,
        gift.amount_minor,
    )
    await tx.execute(
        "UPDATE livestream_givers SET total_minor = total_minor - $3 WHERE livestream_id = $1 AND sender_id = $2",
        gift.livestream_id,
        gift.sender_id,
        gift.amount_minor,
    )
    await tx.execute(
        "UPDATE reader_givers SET total_minor = total_minor - $4 WHERE reader_id = $1 AND sender_id = $2 AND currency = $3",
        gift.reader_id,
        gift.sender_id,
        gift.currency,
        gift.amount_minor,
    )


async def list_recent_givers(db: Connection, livestream_id: UUID, *, since: datetime, newest: int, limit: int) -> Sequence[Giver]:
    """Who gave most in a livestream since an instant, of its `newest` gifts at most."""
    rows = await db.fetch(
        "SELECT u.id, u.display_name, u.avatar_upload_id, sum(recent.amount_minor)::bigint AS total_minor"
        " FROM (SELECT sender_id, amount_minor FROM gifts WHERE livestream_id = $1 AND created_at > $2"
        "  AND refunded_at IS NULL ORDER BY created_at DESC LIMIT $3) AS recent"
        " JOIN users AS u ON u.id = recent.sender_id GROUP BY u.id ORDER BY total_minor DESC, u.id LIMIT $4",
        livestream_id,
        since,
        newest,
        limit,
    )
    return [_giver(row) for row in rows]


async def list_givers_of_reader(db: Connection, reader_id: UUID, *, currency: str, limit: int) -> Sequence[Giver]:
    """Who gave most in all livestreams of a reader."""
    rows = await db.fetch(
        "SELECT u.id, u.display_name, u.avatar_upload_id, top.total_minor FROM reader_givers AS top"
        " JOIN users AS u ON u.id = top.sender_id"
        " WHERE top.reader_id = $1 AND top.currency = $2 AND top.total_minor > 0"
        " ORDER BY top.total_minor DESC, top.sender_id LIMIT $3",
        reader_id,
        currency,
        limit,
    )
    return [_giver(row) for row in rows]


def _giver(row: Record) -> Giver:
    return Giver(row["id"], row["display_name"], row["avatar_upload_id"], row["total_minor"])

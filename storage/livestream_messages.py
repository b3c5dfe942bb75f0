"""What is said in livestreams: lines written in batches, gapless in `seq`, once for each sender's nonce; gifts have lines too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from storage.transaction import Connection, Record, Transaction


@dataclass(frozen=True, slots=True)
class LineSpeaker:
    """Who says something. `is_moderator` and `is_reader`: of the livestream's reader."""

    id: UUID
    display_name: str
    avatar_upload_id: UUID | None
    role: str
    is_reader: bool
    is_moderator: bool


@dataclass(frozen=True, slots=True)
class LineGift:
    """The gift that a line tells of, with how its kind looks now."""

    id: UUID
    gift_kind_id: UUID
    quantity: int
    amount_minor: int
    currency: str
    kind_name: str
    image_url: str
    animation_url: str | None


@dataclass(frozen=True, slots=True)
class LivestreamLine:
    """One line of the chat. Of a deleted one the content is empty."""

    id: UUID
    livestream_id: UUID
    seq: int
    speaker: LineSpeaker
    kind: str
    content: str
    created_at: datetime
    is_deleted: bool = False
    gift: LineGift | None = None


_SELECT_LINES = """
SELECT m.id, m.livestream_id, m.seq, m.kind, m.created_at, m.deleted_at IS NOT NULL AS is_deleted,
    CASE WHEN m.deleted_at IS NULL THEN m.content ELSE '' END AS content,
    u.id AS sender_id, u.display_name, u.avatar_upload_id, u.role, m.sender_id = l.reader_id AS is_reader,
    helper.user_id IS NOT NULL AS is_moderator,
    g.id AS gift_id, g.gift_kind_id, g.quantity, g.amount_minor, g.currency, k.name AS kind_name, k.image_url, k.animation_url
FROM livestream_messages AS m
JOIN livestreams AS l ON l.id = m.livestream_id
JOIN users AS u ON u.id = m.sender_id
LEFT JOIN livestream_moderators AS helper ON helper.reader_id = l.reader_id AND helper.user_id = m.sender_id
LEFT JOIN gifts AS g ON g.id = m.gift_id
LEFT JOIN gift_kinds AS k ON k.id = g.gift_kind_id
"""


def _read_line(row: Record) -> LivestreamLine:
    gift = None
    if row["gift_id"] is not None:
        gift = LineGift(
            id=row["gift_id"],
            gift_kind_id=row["gift_kind_id"],
            quantity=row["quantity"],
            amount_minor=row["amount_minor"],
            currency=row["currency"],
            kind_name=row["kind_name"],
            image_url=row["image_url"],
            animation_url=row["animation_url"],
        )
    return LivestreamLine(
        id=row["id"],
        livestream_id=row["livestream_id"],
        seq=row["seq"],
        speaker=_read_speaker(row),
        kind=row["kind"],
        content=row["content"],
        created_at=row["created_at"],
        is_deleted=row["is_deleted"],
        gift=gift,
    )


def _read_speaker(row: Record) -> LineSpeaker:
    return LineSpeaker(
        row["sender_id"], row["display_name"], row["avatar_upload_id"], row["role"], row["is_reader"], row["is_moderator"]
    )


async def list_lines(db: Connection, livestream_id: UUID, *, after_seq: int, limit: int) -> list[LivestreamLine]:
    """In order, from the first one after `after_seq` on."""
    statement = _SELECT_LINES + " WHERE m.livestream_id = $1 AND m.seq > $2 ORDER BY m.seq LIMIT $3"
    return [_read_line(row) for row in await db.fetch(statement, livestream_id, after_seq, limit)]


async def list_newest_lines(db: Connection, livestream_id: UUID, *, limit: int) -> list[LivestreamLine]:
    """The newest ones, in order."""
    statement = _SELECT_LINES + " WHERE m.livestream_id = $1 ORDER BY m.seq DESC LIMIT $2"
    rows = await db.fetch(statement, livestream_id, limit)
    return [_read_line(row) for row in reversed(rows)]


async def list_deleted_lines(db: Connection, livestream_id: UUID, *, up_to_seq: int, limit: int) -> list[LivestreamLine]:
    """Those that were deleted among the newest `limit` up to `up_to_seq`, in order."""
    statement = (
        _SELECT_LINES + " WHERE m.livestream_id = $1 AND m.seq <= $2 AND m.seq > $2 - $3::integer AND m.deleted_at IS NOT NULL"
        " ORDER BY m.seq"
    )
    return [_read_line(row) for row in await db.fetch(statement, livestream_id, up_to_seq, limit)]


async def lock_line(tx: Transaction, livestream_id: UUID, message_id: UUID) -> LivestreamLine | None:
    """One line, which nobody else deletes until the transaction ends."""
    statement = _SELECT_LINES + " WHERE m.livestream_id = $1 AND m.id = $2 FOR NO KEY UPDATE OF m"
    row = await tx.fetch_row(statement, livestream_id, message_id)
    return None if row is None else _read_line(row)


async def mark_line_deleted(tx: Transaction, message_id: UUID, *, by: UUID, now: datetime) -> None:
    """What it said is kept for whoever has to judge it later, and shown to nobody."""
    await tx.execute("UPDATE livestream_messages SET deleted_at = $2, deleted_by = $3 WHERE id = $1", message_id, now, by)

"""What people were told, and what they want to be told of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from storage.transaction import Connection, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """`data` is what the kind tells of, as it was then."""

    id: UUID
    user_id: UUID
    kind: str
    data: dict[str, Any]
    created_at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class Told:
    """One row that was written: whether its person has a page open, and by which ways they want to hear of it."""

    id: UUID
    user_id: UUID
    in_page: bool
    by_push: bool
    is_connected: bool


@dataclass(frozen=True, slots=True)
class Preference:
    kind: str
    in_page: bool
    by_push: bool


@dataclass(frozen=True, slots=True)
class ToldLivestream:
    """What a notification says of a livestream; how many its reader had announced, or begun, lately before it."""

    id: UUID
    reader_id: UUID
    title: str
    status: str
    scheduled_at: datetime | None
    announced_before: int
    begun_before: int


_COLUMNS = "n.id, n.user_id, n.kind, n.data, n.created_at, n.read_at"


async def insert_notifications(
    tx: Transaction, user_ids: Sequence[UUID], *, preference: Preference, data: dict[str, Any], told_of: str, now: datetime
) -> list[Told]:
    """Tell many people of one thing with one statement; who was told already, wants not to be, or is shut out is passed over.

    `preference` names the kind and what holds for who never chose.
    """
    rows = await tx.fetch(
        "WITH wanted AS (SELECT u.id AS user_id, coalesce(p.in_page, $3) AS in_page, coalesce(p.by_push, $4) AS by_push"
        "   FROM unnest($1::uuid[]) AS given (id) JOIN users AS u ON u.id = given.id AND u.status = 'active'"
        "   LEFT JOIN notification_preferences AS p ON p.user_id = u.id AND p.kind = $2"
        "   WHERE coalesce(p.in_page, $3) OR coalesce(p.by_push, $4)),"
        " told AS (INSERT INTO notifications (id, user_id, kind, data, told_of, in_page, created_at)"
        "   SELECT new_uuid7(), user_id, $2, $5, $6, in_page, $7 FROM wanted ORDER BY user_id"
        "   ON CONFLICT (user_id, told_of) DO NOTHING RETURNING id, user_id)"
        " SELECT told.id, told.user_id, wanted.in_page, wanted.by_push, EXISTS (SELECT 1 FROM connections AS c"
        "   JOIN nodes AS n ON n.id = c.node_id WHERE c.user_id = told.user_id AND n.lease_expires_at > $7) AS is_connected"
        " FROM told JOIN wanted ON wanted.user_id = told.user_id",
        list(user_ids),
        preference.kind,
        preference.in_page,
        preference.by_push,
        data,
        told_of,
        now,
    )
    return [Told(row["id"], row["user_id"], row["in_page"], row["by_push"], row["is_connected"]) for row in rows]


async def list_notifications(db: Connection, user_id: UUID, *, after_id: UUID | None, limit: int) -> list[Notification]:
    """What the pages list, the newest first; `after_id` is the last one shown."""
    rows = await db.fetch(
        f"SELECT {_COLUMNS} FROM notifications AS n WHERE n.user_id = $1 AND n.in_page"
        " AND ($2::uuid IS NULL OR n.id < $2) ORDER BY n.id DESC LIMIT $3",
        user_id,
        after_id,
        limit,
    )
    return [Notification(**row) for row in rows]


async def find_notifications(db: Connection, ids: Sequence[UUID]) -> dict[UUID, Notification]:
    """By id, also those that pages do not list."""
    rows = await db.fetch(f"SELECT {_COLUMNS} FROM notifications AS n WHERE n.id = ANY($1)", list(ids))
    return {row["id"]: Notification(**row) for row in rows}


async def count_unread(db: Connection, user_id: UUID, *, maximum: int) -> int:
    """At most `maximum`."""
    count: int = await db.fetch_value(
        "SELECT count(*) FROM (SELECT 1 FROM notifications WHERE user_id = $1 AND in_page AND read_at IS NULL"
        " LIMIT $2) AS unread",
        user_id,
        maximum,
    )
    return count


async def mark_read(tx: Transaction, user_id: UUID, *, up_to_id: UUID | None, now: datetime) -> int:
    """Everything, or what is not newer than `up_to_id`; how many became read."""
    return await tx.execute(
        "UPDATE notifications SET read_at = $3 WHERE user_id = $1 AND in_page AND read_at IS NULL"
        " AND ($2::uuid IS NULL OR id <= $2)",
        user_id,
        up_to_id,
        now,
    )


async def delete_old_notifications(tx: Transaction, *, created_before: datetime, maximum: int) -> int:
    """At most `maximum` at once."""
    return await tx.execute(
        "DELETE FROM notifications WHERE id IN (SELECT id FROM notifications WHERE created_at < $1 ORDER BY created_at LIMIT $2)",
        created_before,
        maximum,
    )


async def list_preferences(db: Connection, user_id: UUID) -> dict[str, Preference]:
    """By kind, those that somebody chose."""
    rows = await db.fetch("SELECT kind, in_page, by_push FROM notification_preferences WHERE user_id = $1", user_id)
    return {row["kind"]: Preference(row["kind"], row["in_page"], row["by_push"]) for row in rows}


async def save_preferences(tx: Transaction, user_id: UUID, preferences: Sequence[Preference], *, now: datetime) -> None:
    await tx.execute_many(
        "INSERT INTO notification_preferences (user_id, kind, in_page, by_push, updated_at) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (user_id, kind) DO UPDATE SET in_page = excluded.in_page, by_push = excluded.by_push,"
        " updated_at = excluded.updated_at",
        [(user_id, p.kind, p.in_page, p.by_push, now) for p in sorted(preferences, key=lambda p: p.kind)],
    )


async def find_told_livestream(
    db: Connection, livestream_id: UUID, *, announced_since: datetime, begun_since: datetime
) -> ToldLivestream | None:
    row = await db.fetch_row(
        "SELECT l.id, l.reader_id, l.title, l.status, l.scheduled_at,"
        " (SELECT count(*) FROM livestreams AS o WHERE o.reader_id = l.reader_id AND o.id < l.id AND o.scheduled_at IS NOT NULL"
        "   AND o.created_at > $2) AS announced_before,"
        " (SELECT count(*) FROM livestreams AS o WHERE o.reader_id = l.reader_id AND o.id <> l.id AND o.pictured_at > $3"
        "   AND o.pictured_at < l.pictured_at) AS begun_before"
        " FROM livestreams AS l WHERE l.id = $1",
        livestream_id,
        announced_since,
        begun_since,
    )
    return None if row is None else ToldLivestream(**row)

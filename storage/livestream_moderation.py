"""Who keeps order in a reader's livestreams, and who may not speak or watch there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from storage.consultations import Person
from storage.transaction import Connection, Record, Transaction


@dataclass(frozen=True, slots=True)
class Sanction:
    """Somebody is `muted` or `banned` in all of a reader's livestreams; `until_at` None = until it is lifted."""

    reader_id: UUID
    user_id: UUID
    kind: str
    until_at: datetime | None
    reason: str
    imposed_by: UUID
    created_at: datetime

    def holds(self, now: datetime) -> bool:
        return self.until_at is None or self.until_at > now


@dataclass(frozen=True, slots=True)
class ListedSanction:
    sanction: Sanction
    user: Person
    imposed_by_name: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody is in a reader's livestreams. `permissions` are those of their account."""

    user_id: UUID
    is_reader: bool
    is_moderator: bool
    permissions: frozenset[str]


_SANCTION = "s.reader_id, s.user_id, s.kind, s.until_at, s.reason, s.imposed_by, s.created_at"


def _sanction(row: Record) -> Sanction:
    return Sanction(
        row["reader_id"], row["user_id"], row["kind"], row["until_at"], row["reason"], row["imposed_by"], row["created_at"]
    )


async def lock_reader_livestreams(tx: Transaction, reader_id: UUID) -> list[UUID]:
    """Those of a reader's livestreams that are not over. Nobody joins, says or gives anything in them until the transaction
    ends; whoever was about to has done so.
    """
    rows = await tx.fetch(
        "SELECT id FROM livestreams WHERE reader_id = $1 AND status IN ('scheduled', 'live') ORDER BY id FOR UPDATE", reader_id
    )
    return [row["id"] for row in rows]


async def list_standings(db: Connection, *, reader_id: UUID, user_ids: Sequence[UUID]) -> dict[UUID, Standing]:
    """Of those of the people who exist."""
    rows = await db.fetch(
        "SELECT u.id, u.id = $1 AS is_reader, helper.user_id IS NOT NULL AS is_moderator, u.permissions FROM users AS u"
        " LEFT JOIN livestream_moderators AS helper ON helper.reader_id = $1 AND helper.user_id = u.id"
        " WHERE u.id = ANY ($2::uuid[])",
        reader_id,
        list(user_ids),
    )
    return {row["id"]: Standing(row["id"], row["is_reader"], row["is_moderator"], frozenset(row["permissions"])) for row in rows}


async def find_sanction(db: Connection, *, reader_id: UUID, user_id: UUID) -> Sanction | None:
    """Also one whose time is over."""
    row = await db.fetch_row(
        f"SELECT {_SANCTION} FROM livestream_sanctions AS s WHERE s.reader_id = $1 AND s.user_id = $2", reader_id, user_id
    )
    return None if row is None else _sanction(row)


async def save_sanction(tx: Transaction, sanction: Sanction) -> None:
    """In place of what held before."""
    await tx.execute(
        "INSERT INTO livestream_sanctions (reader_id, user_id, kind, until_at, reason, imposed_by, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (reader_id, user_id) DO UPDATE SET kind = excluded.kind,"
        " until_at = excluded.until_at, reason = excluded.reason, imposed_by = excluded.imposed_by,"
        " created_at = excluded.created_at",
        sanction.reader_id,
        sanction.user_id,
        sanction.kind,
        sanction.until_at,
        sanction.reason,
        sanction.imposed_by,
        sanction.created_at,
    )


async def delete_sanction(tx: Transaction, *, reader_id: UUID, user_id: UUID) -> None:
    await tx.execute("DELETE FROM livestream_sanctions WHERE reader_id = $1 AND user_id = $2", reader_id, user_id)


async def list_sanctions(
    db: Connection, reader_id: UUID, *, before: tuple[datetime, UUID] | None, limit: int, now: datetime
) -> list[ListedSanction]:
    """Those that hold, the newest first."""
    rows = await db.fetch(
        f"SELECT {_SANCTION}, u.display_name, u.avatar_upload_id, u.is_demonstration, by.display_name AS imposed_by_name"
        " FROM livestream_sanctions AS s JOIN users AS u ON u.id = s.user_id JOIN users AS by ON by.id = s.imposed_by"
        " WHERE s.reader_id = $1 AND (s.until_at IS NULL OR s.until_at > $2)"
        " AND ($3::timestamptz IS NULL OR (s.created_at, s.user_id) < ($3, $4))"
        " ORDER BY s.created_at DESC, s.user_id DESC LIMIT $5",
        reader_id,
        now,
        None if before is None else before[0],
        None if before is None else before[1],
        limit,
    )
    return [
        ListedSanction(
            _sanction(row),
            Person(row["user_id"], row["display_name"], row["avatar_upload_id"], row["is_demonstration"]),
            row["imposed_by_name"],
        )
        for row in rows
    ]


async def delete_viewings(tx: Transaction, *, reader_id: UUID, user_id: UUID) -> frozenset[UUID]:
    """Take somebody out of all of a reader's livestreams; those that they were in."""
    rows = await tx.fetch(
        "DELETE FROM livestream_viewers AS v USING livestreams AS l WHERE l.id = v.livestream_id AND l.reader_id = $1"
        " AND v.user_id = $2 RETURNING v.livestream_id",
        reader_id,
        user_id,
    )
    return frozenset(row["livestream_id"] for row in rows)


async def list_new_bans(db: Connection, *, since: datetime, now: datetime) -> list[tuple[UUID, UUID]]:
    """(livestream, person) for everybody who was banned since then, for each livestream that is not over."""
    rows = await db.fetch(
        "SELECT l.id, s.user_id FROM livestream_sanctions AS s"
        " JOIN livestreams AS l ON l.reader_id = s.reader_id AND l.status IN ('scheduled', 'live')"
        " WHERE s.kind = 'banned' AND s.created_at > $1 AND (s.until_at IS NULL OR s.until_at > $2)",
        since,
        now,
    )
    return [(row["id"], row["user_id"]) for row in rows]


async def insert_moderator(tx: Transaction, *, reader_id: UUID, user_id: UUID, now: datetime) -> bool:
    """Whether they were none before."""
    return bool(
        await tx.execute(
            "INSERT INTO livestream_moderators (reader_id, user_id, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            reader_id,
            user_id,
            now,
        )
    )


async def delete_moderator(tx: Transaction, *, reader_id: UUID, user_id: UUID) -> bool:
    """Whether they were one."""
    return bool(await tx.execute("DELETE FROM livestream_moderators WHERE reader_id = $1 AND user_id = $2", reader_id, user_id))


async def count_moderators(db: Connection, reader_id: UUID) -> int:
    return int(await db.fetch_value("SELECT count(*) FROM livestream_moderators WHERE reader_id = $1", reader_id))


async def list_moderators(db: Connection, reader_id: UUID) -> list[Person]:
    """By name."""
    rows = await db.fetch(
        "SELECT u.id, u.display_name, u.avatar_upload_id, u.is_demonstration FROM livestream_moderators AS helper"
        " JOIN users AS u ON u.id = helper.user_id WHERE helper.reader_id = $1 ORDER BY lower(u.display_name), u.id",
        reader_id,
    )
    return [Person(row["id"], row["display_name"], row["avatar_upload_id"], row["is_demonstration"]) for row in rows]


async def is_follower(db: Connection, *, reader_id: UUID, user_id: UUID) -> bool:
    statement = "SELECT EXISTS (SELECT 1 FROM follows WHERE reader_id = $1 AND follower_id = $2)"
    return bool(await db.fetch_value(statement, reader_id, user_id))

"""Livestreams: the row with its life cycle and the place of its media, how it is locked, saved and found.

Whoever changes one locks its row first; storage/livestream_viewers.py has who watches, storage/livestream_lists.py the lists.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from storage.consultations import Person
from storage.transaction import Connection, Record, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Livestream:
    """One livestream. Times are aware UTC, money is minor units.

    `media_place` are the engine's notes of where its media are, `media_node_id` the server process that answers for them.
    """

    id: UUID
    reader_id: UUID
    title: str
    description: str = ""
    category: str
    cover_upload_id: UUID | None = None
    status: str = "scheduled"
    end_reason: str | None = None
    scheduled_at: datetime | None = None
    created_at: datetime
    started_at: datetime | None = None
    pictured_at: datetime | None = None
    ended_at: datetime | None = None
    is_paused: bool = False
    pause_reason: str | None = None
    paused_at: datetime | None = None
    pause_until_at: datetime | None = None
    media_id: UUID | None = None
    media_engine: str | None = None
    media_place: dict[str, Any] | None = None
    media_node_id: UUID | None = None
    publisher_login_id: UUID | None = None
    publishing_id: UUID | None = None
    viewer_count: int = 0
    peak: int = 0
    slow_mode_seconds: int = 0
    is_followers_only: bool = False
    gift_goal_minor: int | None = None
    gift_goal_title: str | None = None
    is_recorded: bool = False
    recording_state: str | None = None
    is_published: bool = False
    recording_expires_at: datetime | None = None
    version: int = 1

    @property
    def is_live(self) -> bool:
        return self.status == "live"

    @property
    def is_open(self) -> bool:
        """Whether people may be in it: it goes on, or is to come."""
        return self.status in ("scheduled", "live")


@dataclass(frozen=True, slots=True)
class LivestreamParts:
    """A livestream with what its snapshot shows beside the row: whose it is, what was said and given, how long it is recorded."""

    livestream: Livestream
    reader: Person
    is_reader_listed: bool
    last_seq: int
    gifts_minor: int
    recording_ms: int


COLUMNS = tuple(field.name for field in dataclasses.fields(Livestream))
_SELECTED = ", ".join(f"l.{column}" for column in COLUMNS)
PARTS_COLUMNS = f"""{_SELECTED}, u.display_name, u.avatar_upload_id, u.is_demonstration,
    u.status = 'active' AND r.verification = 'verified' AS is_reader_listed, t.last_seq, t.gifts_minor,
    (SELECT coalesce(sum(f.duration_ms), 0)::bigint FROM livestream_files AS f WHERE f.livestream_id = l.id) AS recording_ms"""
PARTS_FROM = """FROM livestreams AS l
JOIN readers AS r ON r.user_id = l.reader_id
JOIN users AS u ON u.id = l.reader_id
JOIN livestream_tallies AS t ON t.livestream_id = l.id"""
SELECT_PARTS = f"SELECT {PARTS_COLUMNS} {PARTS_FROM}"


def read_parts(row: Record) -> LivestreamParts:
    """From what SELECT_PARTS gives."""
    livestream = Livestream(**{column: row[column] for column in COLUMNS})
    reader = Person(livestream.reader_id, row["display_name"], row["avatar_upload_id"], row["is_demonstration"])
    return LivestreamParts(livestream, reader, row["is_reader_listed"], row["last_seq"], row["gifts_minor"], row["recording_ms"])


async def insert_livestream(tx: Transaction, draft: Livestream) -> None:
    places = ", ".join(f"${number}" for number in range(1, len(COLUMNS) + 1))
    await tx.execute(
        f"INSERT INTO livestreams ({', '.join(COLUMNS)}) VALUES ({places})", *(getattr(draft, column) for column in COLUMNS)
    )
    await tx.execute("INSERT INTO livestream_tallies (livestream_id) VALUES ($1)", draft.id)


async def find_livestream(db: Connection, livestream_id: UUID) -> LivestreamParts | None:
    row = await db.fetch_row(SELECT_PARTS + " WHERE l.id = $1", livestream_id)
    return None if row is None else read_parts(row)


async def lock_livestream(tx: Transaction, livestream_id: UUID) -> LivestreamParts | None:
    """Nobody else changes it until the transaction ends; people may still come to watch."""
    await tx.execute("SELECT 1 FROM livestreams WHERE id = $1 FOR NO KEY UPDATE", livestream_id)
    return await find_livestream(tx, livestream_id)


async def save_livestream(tx: Transaction, *, before: Livestream, after: Livestream) -> None:
    """Write the columns that differ; the row must be locked by this transaction."""
    assert before.id == after.id
    changed = [column for column in COLUMNS if getattr(before, column) != getattr(after, column)]
    if not changed:
        return
    assignments = ", ".join(f"{column} = ${number}" for number, column in enumerate(changed, start=2))
    await tx.execute(
        f"UPDATE livestreams SET {assignments} WHERE id = $1", after.id, *(getattr(after, column) for column in changed)
    )


async def find_live_livestream_id(db: Connection, reader_id: UUID) -> UUID | None:
    """The livestream of a reader that goes on now; there is one at most."""
    found: UUID | None = await db.fetch_value("SELECT id FROM livestreams WHERE reader_id = $1 AND status = 'live'", reader_id)
    return found


async def lock_reader_standing(tx: Transaction, reader_id: UUID) -> tuple[bool, bool]:
    """Whether the reader's account is active, and whether they are verified.

    Their row stays locked until the transaction ends: whether they are busy is decided under this lock, by requests too.
    """
    await tx.execute("SELECT 1 FROM readers WHERE user_id = $1 FOR NO KEY UPDATE", reader_id)
    row = await tx.fetch_row(
        "SELECT u.status = 'active' AS is_active, r.verification = 'verified' AS is_verified"
        " FROM readers AS r JOIN users AS u ON u.id = r.user_id WHERE r.user_id = $1",
        reader_id,
    )
    return (False, False) if row is None else (row["is_active"], row["is_verified"])


async def count_coming(db: Connection, reader_id: UUID) -> int:
    """How many of a reader's livestreams wait to be started."""
    return int(await db.fetch_value("SELECT count(*) FROM livestreams WHERE reader_id = $1 AND status = 'scheduled'", reader_id))


@dataclass(frozen=True, slots=True)
class HostedLivestream:
    """A livestream that goes on, at the place through which a server process carries it."""

    livestream_id: UUID
    media_id: UUID
    is_paused: bool
    is_recorded: bool
    # There is a picture, and there was a first one.
    is_seen: bool
    has_publisher_login_ended: bool


async def list_hosted(db: Connection, node_id: UUID, *, now: datetime) -> list[HostedLivestream]:
    """Everything that goes on at places of this server process."""
    rows = await db.fetch(
        "SELECT l.id AS livestream_id, l.media_id, l.is_paused, l.is_recorded,"
        " NOT l.is_paused AND l.pictured_at IS NOT NULL AS is_seen,"
        " NOT EXISTS (SELECT 1 FROM logins AS g JOIN users AS u ON u.id = g.user_id WHERE g.id = l.publisher_login_id"
        "  AND g.revoked_at IS NULL AND g.expires_at > $2 AND u.status = 'active') AS has_publisher_login_ended"
        " FROM livestreams AS l WHERE l.media_node_id = $1 AND l.status = 'live' AND l.media_id IS NOT NULL",
        node_id,
        now,
    )
    return [HostedLivestream(**row) for row in rows]


async def list_due_livestream_ids(db: Connection, *, now: datetime, never_started_before: datetime, limit: int) -> list[UUID]:
    """Those to which something happens by itself now: a pause ran out, the reader was shut out, the place is gone with its
    server process, or they were never started."""
    rows = await db.fetch(
        "SELECT l.id FROM livestreams AS l JOIN users AS u ON u.id = l.reader_id JOIN readers AS r ON r.user_id = l.reader_id"
        " WHERE l.status IN ('scheduled', 'live') AND ((l.status = 'live' AND (l.pause_until_at <= $1"
        "   OR u.status <> 'active' OR r.verification <> 'verified' OR (l.media_id IS NOT NULL"
        "    AND NOT EXISTS (SELECT 1 FROM nodes AS n WHERE n.id = l.media_node_id))))"
        "  OR (l.status = 'scheduled' AND coalesce(l.scheduled_at, l.created_at) <= $2))"
        " ORDER BY l.id LIMIT $3",
        now,
        never_started_before,
        limit,
    )
    return [row["id"] for row in rows]


async def is_node_known(db: Connection, node_id: UUID | None) -> bool:
    """Whether the server process has not been cleared away as dead."""
    return bool(await db.fetch_value("SELECT EXISTS (SELECT 1 FROM nodes WHERE id = $1)", node_id))

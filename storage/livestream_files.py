"""The parts of livestreams' recordings, and which recordings are due for something."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from storage.transaction import Connection, Record, Transaction


@dataclass(frozen=True, slots=True)
class LivestreamFile:
    """One part. `part` is a name that stays; in time they are ordered by `started_at`."""

    part: int
    file_key: str
    byte_size: int
    duration_ms: int
    started_at: datetime
    has_video: bool


_COLUMNS = "part, file_key, byte_size, duration_ms, started_at, has_video"


def _file(row: Record) -> LivestreamFile:
    return LivestreamFile(**row)


async def insert_livestream_file(
    tx: Transaction,
    livestream_id: UUID,
    *,
    file_key: str,
    byte_size: int,
    duration_ms: int,
    started_at: datetime,
    has_video: bool,
) -> bool:
    """As the next part; False when the file is known already. The livestream's row must be locked by this transaction."""
    return bool(
        await tx.execute(
            "INSERT INTO livestream_files (livestream_id, part, file_key, byte_size, duration_ms, started_at, has_video)"
            " SELECT $1, coalesce(max(part), 0) + 1, $2, $3, $4, $5, $6 FROM livestream_files WHERE livestream_id = $1"
            " ON CONFLICT (file_key) DO NOTHING",
            livestream_id,
            file_key,
            byte_size,
            duration_ms,
            started_at,
            has_video,
        )
    )


async def list_livestream_files(db: Connection, livestream_id: UUID, *, limit: int) -> list[LivestreamFile]:
    """In the order in which they were taken."""
    statement = f"SELECT {_COLUMNS} FROM livestream_files WHERE livestream_id = $1 ORDER BY started_at, part LIMIT $2"
    rows = await db.fetch(statement, livestream_id, limit)
    return [_file(row) for row in rows]


async def find_livestream_file(db: Connection, livestream_id: UUID, part: int) -> LivestreamFile | None:
    row = await db.fetch_row(
        f"SELECT {_COLUMNS} FROM livestream_files WHERE livestream_id = $1 AND part = $2", livestream_id, part
    )
    return None if row is None else _file(row)


async def has_livestream_files(db: Connection, livestream_id: UUID) -> bool:
    statement = "SELECT EXISTS (SELECT 1 FROM livestream_files WHERE livestream_id = $1)"
    return bool(await db.fetch_value(statement, livestream_id))


async def delete_livestream_files(tx: Transaction, livestream_id: UUID) -> None:
    await tx.execute("DELETE FROM livestream_files WHERE livestream_id = $1", livestream_id)


async def list_unstored_livestream_ids(
    db: Connection, *, ended_before: datetime, given_up_before: datetime, limit: int
) -> list[UUID]:
    """Those that are over, whose files nobody has said to be complete: there are some, and it is some time ago; or there are
    none, and it is long ago."""
    rows = await db.fetch(
        "SELECT l.id FROM livestreams AS l WHERE l.recording_state = 'storing' AND l.ended_at <= $1 AND (l.ended_at <= $2"
        " OR EXISTS (SELECT 1 FROM livestream_files AS f WHERE f.livestream_id = l.id)) ORDER BY l.ended_at LIMIT $3",
        ended_before,
        given_up_before,
        limit,
    )
    return [row["id"] for row in rows]


async def list_expired_livestream_ids(db: Connection, *, now: datetime, limit: int) -> list[UUID]:
    """Those whose recording was to be kept until now."""
    rows = await db.fetch(
        "SELECT id FROM livestreams WHERE recording_state = 'stored' AND recording_expires_at <= $1"
        " ORDER BY recording_expires_at LIMIT $2",
        now,
        limit,
    )
    return [row["id"] for row in rows]

"""Recordings: what both participants agreed to, who holds it, and the files that it left."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from storage.transaction import Connection, Record, Transaction


@dataclass(frozen=True, slots=True)
class RecordingFile:
    """One part of one side. `offset_ms`: when it begins, on the time line that both sides share."""

    side: str
    part: int
    file_key: str
    byte_size: int
    duration_ms: int
    offset_ms: int
    has_video: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """`node_id`: the server process through whose relay the media go; times are aware UTC."""

    id: UUID
    consultation_id: UUID
    state: str
    asked_by: UUID
    asked_at: datetime
    kept_days: int
    agreed_at: datetime | None = None
    node_id: UUID | None = None
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    stopped_by: UUID | None = None
    stop_reason: str | None = None
    expires_at: datetime | None = None
    files: tuple[RecordingFile, ...] = ()

    @property
    def is_open(self) -> bool:
        """Asked for, or under way."""
        return self.state in ("asked", "connecting", "recording")

    @property
    def is_under_way(self) -> bool:
        return self.state in ("connecting", "recording")


@dataclass(frozen=True, slots=True)
class HostedRecording:
    """A recording under way with what its relay must know of the consultation."""

    id: UUID
    consultation_id: UUID
    state: str
    agreed_at: datetime
    is_paused: bool


@dataclass(frozen=True, slots=True)
class Offer:
    id: UUID
    recording_id: UUID
    side: str
    sdp: str
    with_video: bool
    login_id: UUID


_COLUMNS = tuple(field.name for field in dataclasses.fields(Recording) if field.name != "files")
_FILE_COLUMNS = tuple(field.name for field in dataclasses.fields(RecordingFile))
_FILES = (
    "(SELECT jsonb_agg(jsonb_build_object("
    + ", ".join(f"'{column}', f.{column}" for column in _FILE_COLUMNS)
    + ") ORDER BY f.side, f.part) FROM recording_files AS f WHERE f.recording_id = q.id) AS files"
)
_SELECT = f"SELECT {', '.join(f'q.{column}' for column in _COLUMNS)}, {_FILES} FROM recordings AS q"

# For the statement that reads a consultation: its newest recording that nobody declined, as JSON.
NEWEST_RECORDING = (
    "LEFT JOIN LATERAL (SELECT to_jsonb(newest) AS recording FROM ("
    + _SELECT
    + " WHERE q.consultation_id = c.id AND q.state <> 'declined' ORDER BY q.id DESC LIMIT 1) AS newest) AS rec ON true"
)


def read_recording(found: dict[str, Any] | None) -> Recording | None:
    """From what NEWEST_RECORDING gives: JSON, in which ids and times are text."""
    if found is None:
        return None
    values = dict(found)
    for column in ("id", "consultation_id", "asked_by", "node_id", "stopped_by"):
        values[column] = None if values[column] is None else UUID(values[column])
    for column in ("asked_at", "agreed_at", "started_at", "stopped_at", "expires_at"):
        values[column] = None if values[column] is None else datetime.fromisoformat(values[column])
    return _make(values)


def _make(row: Record) -> Recording:
    files = tuple(RecordingFile(**file) for file in row["files"] or ())
    return Recording(**{column: row[column] for column in _COLUMNS}, files=files)


async def insert_recording(tx: Transaction, recording: Recording) -> None:
    """The consultation's row must be locked, and hold no open one."""
    places = ", ".join(f"${number}" for number in range(1, len(_COLUMNS) + 1))
    values = [getattr(recording, column) for column in _COLUMNS]
    await tx.execute(f"INSERT INTO recordings ({', '.join(_COLUMNS)}) VALUES ({places})", *values)


async def save_recording(tx: Transaction, *, before: Recording, after: Recording) -> None:
    """Write the columns in which they differ; the consultation's row must be locked."""
    assert before.id == after.id
    changed = [column for column in _COLUMNS if getattr(before, column) != getattr(after, column)]
    if not changed:
        return
    assignments = ", ".join(f"{column} = ${number}" for number, column in enumerate(changed, start=2))
    await tx.execute(f"UPDATE recordings SET {assignments} WHERE id = $1", after.id, *(getattr(after, name) for name in changed))


async def find_recording(db: Connection, recording_id: UUID) -> Recording | None:
    row = await db.fetch_row(f"{_SELECT} WHERE q.id = $1", recording_id)
    return None if row is None else _make(row)


async def list_recordings(db: Connection, consultation_id: UUID, *, limit: int) -> list[Recording]:
    """Those that both agreed to, the newest first."""
    rows = await db.fetch(
        f"{_SELECT} WHERE q.consultation_id = $1 AND q.agreed_at IS NOT NULL ORDER BY q.id DESC LIMIT $2", consultation_id, limit
    )
    return [_make(row) for row in rows]


async def count_asked(db: Connection, consultation_id: UUID) -> int:
    return int(await db.fetch_value("SELECT count(*) FROM recordings WHERE consultation_id = $1", consultation_id))


async def list_hosted(db: Connection, node_id: UUID) -> list[HostedRecording]:
    """Everything under way through this server process's relay."""
    rows = await db.fetch(
        "SELECT q.id, q.consultation_id, q.state, q.agreed_at, c.is_paused FROM recordings AS q"
        " JOIN consultations AS c ON c.id = q.consultation_id"
        " WHERE q.node_id = $1 AND q.state IN ('connecting', 'recording')",
        node_id,
    )
    return [HostedRecording(**row) for row in rows]


async def insert_offer(tx: Transaction, offer: Offer, *, now: datetime) -> None:
    await tx.execute(
        "INSERT INTO recording_offers (id, recording_id, side, sdp, with_video, login_id, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        offer.id,
        offer.recording_id,
        offer.side,
        offer.sdp,
        offer.with_video,
        offer.login_id,
        now,
    )


async def list_offers(db: Connection, recording_ids: Sequence[UUID], *, limit: int) -> list[Offer]:
    """Those that nobody has answered, in order."""
    rows = await db.fetch(
        "SELECT id, recording_id, side, sdp, with_video, login_id FROM recording_offers"
        " WHERE recording_id = ANY ($1) AND answer IS NULL AND NOT is_refused ORDER BY created_at LIMIT $2",
        list(recording_ids),
        limit,
    )
    return [Offer(**row) for row in rows]


async def answer_offer(tx: Transaction, offer_id: UUID, answer: str | None) -> None:
    """None = the relay refused it."""
    await tx.execute("UPDATE recording_offers SET answer = $2, is_refused = $3 WHERE id = $1", offer_id, answer, answer is None)


async def find_answer(db: Connection, offer_id: UUID) -> tuple[str | None, bool]:
    """The answer if there is one, and whether the offer was refused."""
    row = await db.fetch_row("SELECT answer, is_refused FROM recording_offers WHERE id = $1", offer_id)
    return (None, False) if row is None else (row["answer"], row["is_refused"])


async def delete_offer(db: Connection, offer_id: UUID) -> None:
    await db.execute("DELETE FROM recording_offers WHERE id = $1", offer_id)


async def delete_old_offers(tx: Transaction, *, made_before: datetime, maximum: int) -> int:
    """Forget what whoever asked did not wait for; at most `maximum` at once."""
    return await tx.execute(
        "DELETE FROM recording_offers WHERE ctid = ANY (ARRAY(SELECT ctid FROM recording_offers WHERE created_at < $1 LIMIT $2))",
        made_before,
        maximum,
    )


async def insert_recording_file(tx: Transaction, recording_id: UUID, file: RecordingFile) -> None:
    """The file must be in the store already. The same part again, after a crash, changes nothing."""
    columns = ("recording_id", *_FILE_COLUMNS)
    places = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
    await tx.execute(
        f"INSERT INTO recording_files ({', '.join(columns)}) VALUES ({places}) ON CONFLICT DO NOTHING",
        recording_id,
        *(getattr(file, column) for column in _FILE_COLUMNS),
    )


async def list_expired(db: Connection, *, now: datetime, limit: int) -> list[Recording]:
    """Stored ones that were to be kept until now at the longest."""
    rows = await db.fetch(f"{_SELECT} WHERE q.state = 'stored' AND q.expires_at <= $1 ORDER BY q.expires_at LIMIT $2", now, limit)
    return [_make(row) for row in rows]


async def delete_recording_files(tx: Transaction, recording_id: UUID) -> None:
    """After the files themselves."""
    await tx.execute("DELETE FROM recording_files WHERE recording_id = $1", recording_id)

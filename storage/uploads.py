"""Uploaded images: the row that says what a file is and whose. The file itself lies in the file store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from storage.transaction import Connection, Transaction


@dataclass(frozen=True, slots=True)
class Upload:
    id: UUID
    owner_id: UUID
    content_type: str
    byte_size: int
    width: int
    height: int
    file_key: str
    created_at: datetime


_COLUMNS = "id, owner_id, content_type, byte_size, width, height, file_key, created_at"


async def insert_upload(tx: Transaction, upload: Upload) -> None:
    """The file must be in the store already: a row never points at nothing."""
    await tx.execute(
        f"INSERT INTO uploads ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        upload.id,
        upload.owner_id,
        upload.content_type,
        upload.byte_size,
        upload.width,
        upload.height,
        upload.file_key,
        upload.created_at,
    )


async def find_upload(db: Connection, upload_id: UUID) -> Upload | None:
    row = await db.fetch_row(f"SELECT {_COLUMNS} FROM uploads WHERE id = $1", upload_id)
    return None if row is None else Upload(**row)


async def count_uploads(db: Connection, owner_id: UUID, *, since: datetime) -> int:
    return int(await db.fetch_value("SELECT count(*) FROM uploads WHERE owner_id = $1 AND created_at >= $2", owner_id, since))


async def set_avatar(tx: Transaction, user_id: UUID, upload_id: UUID | None, *, now: datetime) -> None:
    await tx.execute("UPDATE users SET avatar_upload_id = $2, updated_at = $3 WHERE id = $1", user_id, upload_id, now)

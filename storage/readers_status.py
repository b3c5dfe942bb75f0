"""What others see of a reader's status: what the reader chose, whether they are connected, whether they are taken.

`effective_status` is the one expression for it; the directory and the status events both select by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from storage.transaction import Connection, Transaction

# The reader's livestream goes on; or the reader has left it for a private consultation, and is free for one whatever they chose.
ON_AIR = (
    "EXISTS (SELECT 1 FROM livestreams AS show WHERE show.reader_id = {reader}.user_id AND show.status = 'live'"
    " AND show.pause_reason IS DISTINCT FROM 'private')"
)
AWAY_FROM_AIR = (
    "EXISTS (SELECT 1 FROM livestreams AS show WHERE show.reader_id = {reader}.user_id AND show.status = 'live'"
    " AND show.pause_reason = 'private')"
)

# `busy` also during a livestream of the reader's own, while a participant who lost the connection may come back, while the reader
# is kept for the next in line, and while a booking is about to begin; without a connection nobody is online or away.
_EFFECTIVE_STATUS = f"""CASE
    WHEN {ON_AIR} THEN 'busy'
    WHEN {{reader}}.chosen_status NOT IN ('online', 'away') AND NOT {AWAY_FROM_AIR} THEN 'offline'
    WHEN EXISTS (SELECT 1 FROM consultations AS live
        WHERE live.reader_id = {{reader}}.user_id AND (live.status IN ('requested', 'in_progress')
            OR (live.status = 'scheduled' AND live.kept_free_from_at <= {{now}}))) THEN 'busy'
    WHEN NOT EXISTS (SELECT 1 FROM connections AS connection JOIN nodes AS node ON node.id = connection.node_id
        WHERE connection.user_id = {{reader}}.user_id AND node.lease_expires_at > {{now}}) THEN 'offline'
    WHEN ({{reader}}.chosen_status = 'online' OR {AWAY_FROM_AIR}) AND EXISTS (SELECT 1 FROM queue_entries AS turn
        WHERE turn.reader_id = {{reader}}.user_id AND turn.state = 'reserved' AND turn.reserved_until_at > {{now}}) THEN 'busy'
    WHEN {AWAY_FROM_AIR} THEN 'online'
    ELSE {{reader}}.chosen_status END"""
_WAITING_COUNT = (
    "(SELECT count(*) FROM queue_entries AS waiting WHERE waiting.reader_id = {reader}.{key}"
    " AND waiting.state IN ('waiting', 'reserved'))"
)


def effective_status(*, reader: str = "r", now: str = "$1") -> str:
    """SQL for the status (`online`, `busy`, `away`, `offline`) of the row of `readers` called `reader` at `now`."""
    return _EFFECTIVE_STATUS.format(reader=reader, now=now)


def waiting_count(*, reader: str = "r", key: str = "user_id") -> str:
    """SQL for how many wait in line for the reader whose id is the column `key` of what is called `reader`."""
    return _WAITING_COUNT.format(reader=reader, key=key)


@dataclass(frozen=True, slots=True)
class ReaderStatus:
    """`was_reachable`: what was last written down of it (table reader_reachability)."""

    reader_id: UUID
    status: str
    waiting_count: int
    was_reachable: bool

    @property
    def is_reachable(self) -> bool:
        return self.status in ("online", "busy")


async def lock_statuses(tx: Transaction, reader_ids: Sequence[UUID], *, now: datetime) -> list[ReaderStatus]:
    """The status of those of the people who are listed readers, in order of id.

    Their rows stay locked until the transaction ends: whoever changes a reader's status next waits and then sees this change,
    so that the last status that is told is the true one.
    """
    await tx.execute(
        "SELECT 1 FROM readers WHERE user_id = ANY($1) ORDER BY user_id FOR NO KEY UPDATE",
        list(reader_ids),
    )
    rows = await tx.fetch(
        f"SELECT r.user_id, {effective_status(reader='r', now='$2')} AS status, {waiting_count()} AS waiting_count,"
        " EXISTS (SELECT 1 FROM reader_reachability AS kept WHERE kept.reader_id = r.user_id AND kept.is_reachable)"
        " AS was_reachable"
        " FROM readers AS r JOIN users AS u ON u.id = r.user_id AND u.status = 'active'"
        " WHERE r.user_id = ANY($1) AND r.verification = 'verified' ORDER BY r.user_id",
        list(reader_ids),
        now,
    )
    return [ReaderStatus(row["user_id"], row["status"], row["waiting_count"], row["was_reachable"]) for row in rows]


async def update_chosen_status(tx: Transaction, reader_id: UUID, *, status: str, now: datetime) -> bool:
    """False when there is no such reader."""
    return bool(
        await tx.execute("UPDATE readers SET chosen_status = $2, updated_at = $3 WHERE user_id = $1", reader_id, status, now)
    )


async def find_effective_status(db: Connection, reader_id: UUID, *, now: datetime) -> str | None:
    """What others see of the reader's status; None when there is no such reader."""
    status: str | None = await db.fetch_value(
        f"SELECT {effective_status(reader='r', now='$2')} FROM readers AS r WHERE r.user_id = $1", reader_id, now
    )
    return status


async def is_on_air(db: Connection, reader_id: UUID) -> bool:
    """Whether the reader's livestream goes on, and the reader has not left it for a private consultation."""
    return bool(await db.fetch_value(f"SELECT {ON_AIR.format(reader='r')} FROM readers AS r WHERE r.user_id = $1", reader_id))

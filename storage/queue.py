"""Lines in front of readers: entries, and everything that decides whose turn it is.

A line is changed only under the lock of its reader's row, so that one turn is given to one person whichever node gives it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from storage.consultations import Person
from storage.readers_status import AWAY_FROM_AIR, ON_AIR
from storage.transaction import Connection, Record, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueEntry:
    """A client's place in a reader's line; `number` is the order. Times are aware UTC."""

    id: UUID
    number: int = 0
    reader_id: UUID
    client_id: UUID
    type: str
    nonce: str
    state: str = "waiting"
    end_reason: str | None = None
    joined_at: datetime
    reserved_until_at: datetime | None = None
    consultation_id: UUID | None = None
    skipped_at: datetime | None = None
    skip_reason: str | None = None
    stalled_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.state in ("waiting", "reserved")


@dataclass(frozen=True, slots=True)
class AskedConsultation:
    """What became of the request that a client made of their turn."""

    status: str
    end_reason: str | None
    was_accepted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An entry, and what decides whether its client can take a turn.

    `can_pay`: the wallet holds what is needed to start at the reader's present rate; limits that the client set come on top.
    """

    entry: QueueEntry
    client: Person
    is_client_active: bool
    is_connected: bool
    # In another consultation than the one that was asked for with this turn.
    is_in_consultation: bool
    has_turn_elsewhere: bool
    can_pay: bool
    has_limits: bool
    wallet_id: int | None
    asked: AskedConsultation | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueReader:
    """The reader of a line; rates by type, in minor units. `live_client_id` is whom they are ringing or talking with, or are kept
    free for by a booking that begins in a moment.
    """

    reader: Person
    is_active: bool
    is_verified: bool
    chosen_status: str
    is_connected: bool
    # Their livestream goes on; or they have left it for a private consultation.
    is_on_air: bool
    is_away_from_air: bool
    live_client_id: UUID | None
    live_was_accepted: bool
    rates: dict[str, int]

    @property
    def id(self) -> UUID:
        return self.reader.id

    @property
    def is_seen(self) -> bool:
        """Whether others may see that they are there."""
        return self.chosen_status in ("online", "away") or self.is_on_air or self.is_away_from_air

    @property
    def is_taken(self) -> bool:
        """With somebody, or with everybody."""
        return self.live_client_id is not None or self.is_on_air

    @property
    def is_free(self) -> bool:
        """Could take somebody's turn at this moment."""
        is_listed = self.is_active and self.is_verified
        is_willing = self.chosen_status == "online" or self.is_away_from_air
        return is_listed and is_willing and self.is_connected and not self.is_taken


_LIVE = ("live_client_id", "live_was_accepted")
_COLUMNS = tuple(field.name for field in dataclasses.fields(QueueEntry))
_FACTS = (
    "is_client_active", "is_connected", "is_in_consultation", "has_turn_elsewhere", "can_pay", "has_limits", "wallet_id",
)  # fmt: skip
_INSERTED = tuple(column for column in _COLUMNS if column != "number")
_SELECT_ENTRY = f"SELECT {', '.join(f'q.{column}' for column in _COLUMNS)} FROM queue_entries AS q"
_IS_PRESENT = (
    "EXISTS (SELECT 1 FROM connections AS c JOIN nodes AS n ON n.id = c.node_id"
    " WHERE c.user_id = {user} AND n.lease_expires_at > {now})"
)
_ON_AIR, _AWAY_FROM_AIR = ON_AIR.format(reader="r"), AWAY_FROM_AIR.format(reader="r")
_SELECT_PLACES = f"""
SELECT {", ".join(f"q.{column}" for column in _COLUMNS)},
    u.display_name, u.avatar_upload_id, u.is_demonstration, u.status = 'active' AS is_client_active,
    {_IS_PRESENT.format(user="q.client_id", now="$2")} AS is_connected,
    EXISTS (SELECT 1 FROM consultations AS live WHERE live.client_id = q.client_id AND live.id IS DISTINCT FROM q.consultation_id
        AND (live.status IN ('requested', 'in_progress')
            OR (live.status = 'scheduled' AND live.kept_free_from_at <= $2))) AS is_in_consultation,
    EXISTS (SELECT 1 FROM queue_entries AS other WHERE other.client_id = q.client_id AND other.state = 'reserved'
        AND other.reader_id <> q.reader_id) AS has_turn_elsewhere,
    coalesce(w.balance_minor - w.held_minor >= $4::bigint *
        CASE q.type WHEN 'chat' THEN r.chat_rate_minor WHEN 'call' THEN r.call_rate_minor ELSE r.video_rate_minor END, false)
        AS can_pay,
    w.id AS wallet_id,
    EXISTS (SELECT 1 FROM spending_limits AS s WHERE s.user_id = q.client_id) AS has_limits,
    asked.status AS asked_status, asked.end_reason AS asked_end_reason, asked.accepted_at IS NOT NULL AS asked_was_accepted
FROM queue_entries AS q
JOIN users AS u ON u.id = q.client_id
JOIN readers AS r ON r.user_id = q.reader_id
LEFT JOIN ledger_accounts AS w ON w.owner_id = q.client_id AND w.kind = 'wallet' AND w.currency = $3
LEFT JOIN consultations AS asked ON asked.id = q.consultation_id
WHERE q.reader_id = ANY($1) AND q.state IN ('waiting', 'reserved')
ORDER BY q.reader_id, q.number
"""
_SELECT_READERS = f"""
SELECT r.user_id, u.display_name, u.avatar_upload_id, u.is_demonstration, u.status = 'active' AS is_active,
    r.verification = 'verified' AS is_verified, r.chosen_status, {_IS_PRESENT.format(user="r.user_id", now="$2")} AS is_connected,
    {_ON_AIR} AS is_on_air, {_AWAY_FROM_AIR} AS is_away_from_air,
    live.client_id AS live_client_id, live.accepted_at IS NOT NULL AS live_was_accepted,
    r.chat_rate_minor, r.call_rate_minor, r.video_rate_minor
FROM readers AS r
JOIN users AS u ON u.id = r.user_id
LEFT JOIN LATERAL (
    SELECT c.client_id, c.accepted_at FROM consultations AS c
    WHERE c.reader_id = r.user_id AND (c.status IN ('requested', 'in_progress')
        OR (c.status = 'scheduled' AND c.kept_free_from_at <= $2))
    ORDER BY c.status = 'scheduled', c.scheduled_at LIMIT 1
) AS live ON true
WHERE r.user_id = ANY($1) ORDER BY r.user_id
"""


def _entry(row: Record) -> QueueEntry:
    return QueueEntry(**{column: row[column] for column in _COLUMNS})


def _person(row: Record, user_id: UUID) -> Person:
    return Person(user_id, row["display_name"], row["avatar_upload_id"], row["is_demonstration"])


def _place(row: Record) -> Place:
    entry = _entry(row)
    asked = None
    if row["asked_status"] is not None:
        asked = AskedConsultation(row["asked_status"], row["asked_end_reason"], row["asked_was_accepted"])
    return Place(entry=entry, client=_person(row, entry.client_id), asked=asked, **{fact: row[fact] for fact in _FACTS})


def _reader(row: Record) -> QueueReader:
    facts = ("is_active", "is_verified", "chosen_status", "is_connected", "is_on_air", "is_away_from_air")
    rates = {kind: row[f"{kind}_rate_minor"] for kind in ("chat", "call", "video") if row[f"{kind}_rate_minor"] is not None}
    return QueueReader(reader=_person(row, row["user_id"]), rates=rates, **{fact: row[fact] for fact in (*facts, *_LIVE)})


async def lock_reader_row(tx: Transaction, reader_id: UUID) -> bool:
    """Whoever changes this reader's line or status next waits until the transaction ends. False: there is no such reader."""
    return bool(await tx.fetch_value("SELECT true FROM readers WHERE user_id = $1 FOR NO KEY UPDATE", reader_id))


async def list_queue_readers(db: Connection, reader_ids: Sequence[UUID], *, now: datetime) -> list[QueueReader]:
    return [_reader(row) for row in await db.fetch(_SELECT_READERS, list(reader_ids), now)]


async def list_places(
    db: Connection, reader_ids: Sequence[UUID], *, now: datetime, currency: str, minimum_minutes: int
) -> list[Place]:
    """Everybody who waits in the lines of these readers, reader by reader, as they came.

    `minimum_minutes`: how many minutes a wallet must pay for.
    """
    return [_place(row) for row in await db.fetch(_SELECT_PLACES, list(reader_ids), now, currency, minimum_minutes)]


async def list_readers_with_lines(db: Connection, *, after_id: UUID | None, limit: int) -> list[UUID]:
    """The readers for whom anybody waits, in order of id, from after `after_id`."""
    rows = await db.fetch(
        "SELECT DISTINCT reader_id FROM queue_entries WHERE state IN ('waiting', 'reserved')"
        " AND ($1::uuid IS NULL OR reader_id > $1) ORDER BY reader_id LIMIT $2",
        after_id,
        limit,
    )
    return [row["reader_id"] for row in rows]


async def lock_lines_of_client(tx: Transaction, client_id: UUID) -> int:
    """In how many lines the client waits; the client joins no other until the transaction ends."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('queue:' || $1::text, 0))", str(client_id))
    count: int = await tx.fetch_value(
        "SELECT count(*) FROM queue_entries WHERE client_id = $1 AND state IN ('waiting', 'reserved')", client_id
    )
    return count


async def find_entry_by_nonce(db: Connection, client_id: UUID, nonce: str) -> QueueEntry | None:
    row = await db.fetch_row(_SELECT_ENTRY + " WHERE q.client_id = $1 AND q.nonce = $2", client_id, nonce)
    return None if row is None else _entry(row)


async def list_open_reader_ids(db: Connection, client_id: UUID) -> list[UUID]:
    """The readers in whose lines a client waits, in the order in which they were joined."""
    rows = await db.fetch(
        "SELECT reader_id FROM queue_entries WHERE client_id = $1 AND state IN ('waiting', 'reserved') ORDER BY number", client_id
    )
    return [row["reader_id"] for row in rows]


async def list_lost_entries(db: Connection, client_id: UUID, *, since: datetime, limit: int) -> list[QueueEntry]:
    """The places that a client lost without leaving since then, the newest of each line, and none of a line they are in again."""
    rows = await db.fetch(
        f"SELECT * FROM (SELECT DISTINCT ON (q.reader_id) {', '.join(f'q.{column}' for column in _COLUMNS)}"
        " FROM queue_entries AS q WHERE q.client_id = $1 AND (q.ended_at IS NULL OR q.ended_at >= $2)"
        " ORDER BY q.reader_id, q.number DESC) AS newest"
        " WHERE newest.state IN ('passed', 'dissolved') ORDER BY newest.number DESC LIMIT $3",
        client_id,
        since,
        limit,
    )
    return [_entry(row) for row in rows]


async def insert_entry(tx: Transaction, draft: QueueEntry) -> bool:
    """Put a client at the end of a line, whose reader's row is locked. False: the nonce was used a moment ago."""
    places = ", ".join(f"${number}" for number in range(1, len(_INSERTED) + 1))
    statement = f"INSERT INTO queue_entries ({', '.join(_INSERTED)}) VALUES ({places}) ON CONFLICT DO NOTHING"
    return await tx.execute(statement, *(getattr(draft, column) for column in _INSERTED)) == 1


async def save_entry(tx: Transaction, *, before: QueueEntry, after: QueueEntry) -> None:
    """Write the columns that differ; the reader's row must be locked by this transaction."""
    assert before.id == after.id
    changed = [column for column in _COLUMNS if getattr(before, column) != getattr(after, column)]
    if not changed:
        return
    assignments = ", ".join(f"{column} = ${number}" for number, column in enumerate(changed, start=2))
    await tx.execute(
        f"UPDATE queue_entries SET {assignments} WHERE id = $1", after.id, *(getattr(after, column) for column in changed)
    )


async def delete_old_entries(tx: Transaction, *, ended_before: datetime, maximum: int) -> int:
    """Forget places that were given up long ago; at most `maximum` at once."""
    return await tx.execute(
        "DELETE FROM queue_entries WHERE id IN (SELECT id FROM queue_entries WHERE ended_at < $1 ORDER BY ended_at LIMIT $2)",
        ended_before,
        maximum,
    )

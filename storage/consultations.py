"""Consultations: the row with its clock, how it is locked, saved and listed, and the timeline its statement shows."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from storage.recordings import NEWEST_RECORDING, Recording, read_recording
from storage.transaction import Connection, Record, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Consultation:
    """One consultation. Times are aware UTC; `*_ms` are whole milliseconds; `*_minor` minor units."""

    id: UUID
    client_id: UUID
    reader_id: UUID
    type: str
    # How they talk now: `type`, or less.
    mode: str = "chat"
    proposed_mode: str | None = None
    status: str
    end_reason: str | None = None
    rate_per_minute_minor: int
    # The present rate holds for the increments after this many; `earlier_rates` are pairs: up to which increment, which rate.
    rate_from_increment: int = 0
    earlier_rates: Sequence[int] = ()
    chat_rate_minor: int | None = None
    call_rate_minor: int | None = None
    video_rate_minor: int | None = None
    currency: str
    settlement: str
    minute_ms: int
    increment_ms: int
    free_ms: int
    reader_share_bps: int
    client_wallet_id: int
    reader_earnings_id: int
    scheduled_at: datetime | None = None
    scheduled_minutes: int | None = None
    waiting_room_opens_at: datetime | None = None
    kept_free_from_at: datetime | None = None
    no_show_minutes: int = 0
    no_show_fee_minor: int = 0
    client_came_at: datetime | None = None
    requested_at: datetime | None = None
    accepted_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    ring_until_at: datetime | None = None
    join_until_at: datetime | None = None
    grace_until_at: datetime | None = None
    top_up_until_at: datetime | None = None
    is_paused: bool = False
    pause_reason: str | None = None
    paused_at: datetime | None = None
    span_started_at: datetime | None = None
    span_base_ms: int = 0
    paid_until_at: datetime | None = None
    connected_ms: int = 0
    billed_increments: int = 0
    charged_minor: int = 0
    refunded_minor: int = 0
    gifts_minor: int = 0
    earnings_minor: int = 0
    balance_low_told: int | None = None
    balance_low_entry: int = 0
    client_joined_at: datetime | None = None
    reader_joined_at: datetime | None = None
    client_lost_at: datetime | None = None
    client_lost_to: str | None = None
    reader_lost_at: datetime | None = None
    reader_lost_to: str | None = None
    # The connection whose reports say that the media are connected; none while they are not.
    client_media_through: str | None = None
    reader_media_through: str | None = None
    client_media_lost_at: datetime | None = None
    reader_media_lost_at: datetime | None = None
    reader_spoke_at: datetime | None = None
    last_seq: int = 0
    client_read_seq: int = 0
    reader_read_seq: int = 0
    version: int = 1
    nonce: str | None = None
    request_hash: bytes | None = None
    created_at: datetime

    @property
    def is_live(self) -> bool:
        return self.status in ("requested", "in_progress")

    @property
    def lacks_media(self) -> bool:
        """Whether they talk in a way that needs media, and somebody's are not connected."""
        return self.mode != "chat" and (self.client_media_through is None or self.reader_media_through is None)

    @property
    def has_room(self) -> bool:
        """Whether people may be in its room: it is live, or booked and not begun yet."""
        return self.is_live or self.status == "scheduled"

    @property
    def total_cost_minor(self) -> int:
        return self.charged_minor - self.refunded_minor

    @property
    def spent_minor(self) -> int:
        """What the client spent in it: its cost, and the gifts given in it."""
        return self.total_cost_minor + self.gifts_minor


@dataclass(frozen=True, slots=True)
class Person:
    """A participant as the other side sees them."""

    id: UUID
    display_name: str
    avatar_upload_id: UUID | None
    is_demonstration: bool


@dataclass(frozen=True, slots=True)
class ConsultationReview:
    id: UUID
    rating: int
    comment: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ConsultationParts:
    """A consultation with what its snapshot shows beside it."""

    consultation: Consultation
    client: Person
    reader: Person
    review: ConsultationReview | None
    recording: Recording | None = None


@dataclass(frozen=True, slots=True)
class TimelineLine:
    version: int
    kind: str
    at: datetime
    reason: str | None


_COLUMNS = tuple(field.name for field in dataclasses.fields(Consultation))
_COLUMN_LIST = ", ".join(_COLUMNS)
_SELECT_PARTS = f"""
SELECT {", ".join(f"c.{column}" for column in _COLUMNS)},
    cu.display_name AS client_name, cu.avatar_upload_id AS client_avatar, cu.is_demonstration AS client_demonstration,
    ru.display_name AS reader_name, ru.avatar_upload_id AS reader_avatar, ru.is_demonstration AS reader_demonstration,
    r.id AS review_id, r.rating AS review_rating, r.comment AS review_comment,
    r.created_at AS review_created_at, r.updated_at AS review_updated_at, rec.recording
FROM consultations AS c
JOIN users AS cu ON cu.id = c.client_id
JOIN users AS ru ON ru.id = c.reader_id
LEFT JOIN reviews AS r ON r.consultation_id = c.id
{NEWEST_RECORDING}
"""


def _consultation(row: Record) -> Consultation:
    return Consultation(**{column: row[column] for column in _COLUMNS})


def _parts(row: Record) -> ConsultationParts:
    consultation = _consultation(row)
    review = None
    if row["review_id"] is not None:
        review = ConsultationReview(
            row["review_id"], row["review_rating"], row["review_comment"], row["review_created_at"], row["review_updated_at"]
        )
    return ConsultationParts(
        consultation,
        Person(consultation.client_id, row["client_name"], row["client_avatar"], row["client_demonstration"]),
        Person(consultation.reader_id, row["reader_name"], row["reader_avatar"], row["reader_demonstration"]),
        review,
        read_recording(row["recording"]),
    )


async def insert_consultation(tx: Transaction, draft: Consultation) -> bool:
    """Write a new consultation; False when the client's nonce is used, or the client or the reader has a live one."""
    places = ", ".join(f"${number}" for number in range(1, len(_COLUMNS) + 1))
    statement = f"INSERT INTO consultations ({_COLUMN_LIST}) VALUES ({places}) ON CONFLICT DO NOTHING"
    return await tx.execute(statement, *(getattr(draft, column) for column in _COLUMNS)) == 1


async def lock_parts(tx: Transaction, consultation_id: UUID) -> ConsultationParts | None:
    """The consultation with its people, its row locked until the transaction ends."""
    row = await tx.fetch_row(_SELECT_PARTS + " WHERE c.id = $1 FOR NO KEY UPDATE OF c", consultation_id)
    return None if row is None else _parts(row)


async def find_parts(db: Connection, consultation_id: UUID) -> ConsultationParts | None:
    row = await db.fetch_row(_SELECT_PARTS + " WHERE c.id = $1", consultation_id)
    return None if row is None else _parts(row)


async def find_parts_by_nonce(db: Connection, client_id: UUID, nonce: str) -> ConsultationParts | None:
    row = await db.fetch_row(_SELECT_PARTS + " WHERE c.client_id = $1 AND c.nonce = $2", client_id, nonce)
    return None if row is None else _parts(row)


async def find_live_parts(db: Connection, user_id: UUID) -> ConsultationParts | None:
    """The live consultation that a person takes part in, on either side."""
    row = await db.fetch_row(
        _SELECT_PARTS + " WHERE (c.client_id = $1 OR c.reader_id = $1) AND c.status IN ('requested', 'in_progress') LIMIT 1",
        user_id,
    )
    return None if row is None else _parts(row)


async def has_live_consultation(db: Connection, *, client_id: UUID | None = None, reader_id: UUID | None = None) -> bool:
    return bool(
        await db.fetch_value(
            "SELECT EXISTS (SELECT 1 FROM consultations WHERE status IN ('requested', 'in_progress')"
            " AND (client_id = $1 OR reader_id = $2))",
            client_id,
            reader_id,
        )
    )


async def list_parts(
    db: Connection, *, participant_id: UUID | None, statuses: Sequence[str], before_id: UUID | None, limit: int
) -> list[ConsultationParts]:
    """Newest first: a participant's own, or everybody's for the back office (`participant_id` None)."""
    rows = await db.fetch(
        _SELECT_PARTS
        + " WHERE ($1::uuid IS NULL OR c.client_id = $1 OR c.reader_id = $1)"
        + " AND (cardinality($2::text[]) = 0 OR c.status = ANY ($2)) AND ($3::uuid IS NULL OR c.id < $3)"
        + " ORDER BY c.id DESC LIMIT $4",
        participant_id,
        list(statuses),
        before_id,
        limit,
    )
    return [_parts(row) for row in rows]


async def list_booked_parts(
    db: Connection, participant_id: UUID, *, after: tuple[datetime, UUID] | None = None, limit: int
) -> list[ConsultationParts]:
    """What a person has booked, or is booked for, on either side, the next one first."""
    scheduled_at, after_id = after or (None, None)
    rows = await db.fetch(
        _SELECT_PARTS
        + " WHERE (c.client_id = $1 OR c.reader_id = $1) AND c.status = 'scheduled'"
        + " AND ($2::timestamptz IS NULL OR (c.scheduled_at, c.id) > ($2, $3::uuid))"
        + " ORDER BY c.scheduled_at, c.id LIMIT $4",
        participant_id,
        scheduled_at,
        after_id,
        limit,
    )
    return [_parts(row) for row in rows]


async def save_consultation(tx: Transaction, *, before: Consultation, after: Consultation) -> None:
    """Write the columns in which `after` differs from `before`; the row must be locked by this transaction."""
    assert before.id == after.id
    changed = [column for column in _COLUMNS if getattr(before, column) != getattr(after, column)]
    if not changed:
        return
    assignments = ", ".join(f"{column} = ${number}" for number, column in enumerate(changed, start=2))
    statement = f"UPDATE consultations SET {assignments} WHERE id = $1"
    await tx.execute(statement, after.id, *(getattr(after, column) for column in changed))


async def insert_timeline_line(
    tx: Transaction, consultation: Consultation, *, kind: str, at: datetime, reason: str | None = None
) -> None:
    await tx.execute(
        "INSERT INTO consultation_timeline (consultation_id, version, kind, at, reason) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (consultation_id, version, kind) DO UPDATE SET at = excluded.at, reason = excluded.reason",
        consultation.id,
        consultation.version,
        kind,
        at,
        reason,
    )


async def list_timeline(db: Connection, consultation_id: UUID) -> list[TimelineLine]:
    rows = await db.fetch(
        "SELECT version, kind, at, reason FROM consultation_timeline WHERE consultation_id = $1 ORDER BY version, at",
        consultation_id,
    )
    return [TimelineLine(**row) for row in rows]


async def list_due_ids(db: Connection, *, now: datetime, limit: int) -> list[UUID]:
    """Live consultations whose ring, wait for joining, grace or held time has run out."""
    rows = await db.fetch(
        "SELECT id FROM consultations WHERE"
        " (status = 'requested' AND ring_until_at <= $1)"
        " OR (status = 'in_progress' AND (join_until_at <= $1 OR grace_until_at <= $1 OR top_up_until_at <= $1))"
        " ORDER BY id LIMIT $2",
        now,
        limit,
    )
    return [row["id"] for row in rows]


async def list_silent_ids(db: Connection, *, now: datetime, silent_ms: int, limit: int) -> list[UUID]:
    """Chats whose reader has said nothing for the first `silent_ms` of connected time, also where the clock stands since."""
    rows = await db.fetch(
        "SELECT id FROM consultations WHERE status = 'in_progress' AND mode = 'chat' AND reader_spoke_at IS NULL"
        " AND CASE WHEN is_paused THEN connected_ms"
        " ELSE span_base_ms + extract(epoch FROM least($1, paid_until_at) - span_started_at) * 1000 END >= $2"
        " ORDER BY id LIMIT $3",
        now,
        silent_ms,
        limit,
    )
    return [row["id"] for row in rows]


async def list_held_for_money_ids(db: Connection, *, after_id: UUID | None, limit: int) -> list[UUID]:
    """Consultations from `after_id` that stand for want of money although the wallet now holds the next increment's price."""
    rows = await db.fetch(
        "SELECT c.id FROM consultations AS c JOIN ledger_accounts AS w ON w.id = c.client_wallet_id"
        " WHERE c.status = 'in_progress' AND c.pause_reason = 'balance' AND ($1::uuid IS NULL OR c.id > $1)"
        " AND w.balance_minor - w.held_minor >="
        " c.rate_per_minute_minor * (c.billed_increments + 1 - c.rate_from_increment) * c.increment_ms / c.minute_ms"
        " - c.rate_per_minute_minor * (c.billed_increments - c.rate_from_increment) * c.increment_ms / c.minute_ms"
        " ORDER BY c.id LIMIT $2",
        after_id,
        limit,
    )
    return [row["id"] for row in rows]

"""What browsers tell each other to connect their media, and whether a connection may speak of a consultation's media."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from storage.transaction import Connection, Record, Transaction


@dataclass(frozen=True, slots=True)
class MediaSeat:
    """A participant's place in a consultation, as far as media go. `media_through`: the connection that carries theirs."""

    status: str
    mode: str
    pause_reason: str | None
    has_joined: bool
    media_through: str | None
    recipient_id: UUID


@dataclass(frozen=True, slots=True)
class Signal:
    """`content` is JSON: `description` or `candidate`."""

    seq: int
    sender_id: UUID
    content: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SignalLimits:
    """For one side of a consultation: so many within the time they are kept, and so many bytes within `burst_for`."""

    waiting: int
    kept_for: timedelta
    burst_bytes: int
    burst_for: timedelta


_SEAT = """
SELECT c.id, c.status, c.mode, c.pause_reason,
    EXISTS (SELECT 1 FROM attendances AS a
        WHERE a.consultation_id = c.id AND a.user_id = $2 AND a.connection_id = $3) AS has_joined,
    CASE WHEN c.client_id = $2 THEN c.client_media_through ELSE c.reader_media_through END AS media_through,
    CASE WHEN c.client_id = $2 THEN c.reader_id ELSE c.client_id END AS recipient_id
FROM consultations AS c WHERE c.id = $1 AND $2 IN (c.client_id, c.reader_id)
"""


async def find_media_seat(db: Connection, consultation_id: UUID, *, user_id: UUID, connection_id: str) -> MediaSeat | None:
    """None when the person takes no part in it."""
    row = await db.fetch_row(_SEAT, consultation_id, user_id, connection_id)
    return None if row is None else _seat(row)


def _seat(row: Record) -> MediaSeat:
    return MediaSeat(**{name: row[name] for name in MediaSeat.__slots__})


async def insert_signal(
    db: Connection,
    consultation_id: UUID,
    *,
    user_id: UUID,
    connection_id: str,
    content: str,
    bounds: SignalLimits,
    now: datetime,
) -> tuple[MediaSeat | None, int | None]:
    """Keep a signal for the other side if it may be sent at all: while both talk by media, the clock does not stand for
    want of money, and `bounds` leave room for it.
    The sender's seat, and the signal's number where it was kept.
    """
    row = await db.fetch_row(
        f"WITH seat AS MATERIALIZED ({_SEAT}), kept AS ("
        " INSERT INTO signals (consultation_id, sender_id, recipient_id, content, created_at)"
        " SELECT seat.id, $2, seat.recipient_id, $4, $5 FROM seat"
        " WHERE seat.status = 'in_progress' AND seat.has_joined AND seat.mode <> 'chat'"
        " AND seat.pause_reason IS DISTINCT FROM 'balance' AND (SELECT count(*) < $6 AND octet_length($4) + coalesce("
        "sum(octet_length(waiting.content)) FILTER (WHERE waiting.created_at > $5::timestamptz - $9::interval), 0) <= $8"
        " FROM signals AS waiting WHERE waiting.consultation_id = seat.id AND waiting.recipient_id = seat.recipient_id"
        " AND waiting.created_at > $5::timestamptz - $7::interval)"
        " RETURNING seq) SELECT seat.*, (SELECT seq FROM kept) AS seq FROM seat",
        consultation_id,
        user_id,
        connection_id,
        content,
        now,
        bounds.waiting,
        bounds.kept_for,
        bounds.burst_bytes,
        bounds.burst_for,
    )
    return (None, None) if row is None else (_seat(row), row["seq"])


async def list_signals(
    db: Connection, consultation_id: UUID, *, recipient_id: UUID, since: datetime, limit: int, limit_bytes: int
) -> list[Signal]:
    """What was sent to a participant from that instant on, in order; of more than `limit_bytes` the last ones."""
    rows = await db.fetch(
        "SELECT seq, sender_id, content, created_at FROM (SELECT seq, sender_id, content, created_at,"
        " sum(octet_length(content)) OVER (ORDER BY seq DESC) AS bytes FROM signals"
        " WHERE consultation_id = $1 AND recipient_id = $2 AND created_at >= $3) AS missed"
        " WHERE bytes <= $5 ORDER BY seq LIMIT $4",
        consultation_id,
        recipient_id,
        since,
        limit,
        limit_bytes,
    )
    return [Signal(**row) for row in rows]


async def delete_signals_of_consultation(tx: Transaction, consultation_id: UUID) -> None:
    await tx.execute("DELETE FROM signals WHERE consultation_id = $1", consultation_id)


async def delete_old_signals(tx: Transaction, *, sent_before: datetime, maximum: int) -> int:
    """Forget what nobody comes back for any more; at most `maximum` at once."""
    return await tx.execute(
        "DELETE FROM signals WHERE ctid = ANY (ARRAY(SELECT ctid FROM signals WHERE created_at < $1 LIMIT $2))",
        sent_before,
        maximum,
    )

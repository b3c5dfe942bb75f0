"""What the back office looks up: the audit log, security events, the ledger's transfers, and the day's figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from storage.readers_status import effective_status
from storage.transaction import Connection, Record


@dataclass(frozen=True, slots=True)
class AuditRow:
    """`actor_id` None = the service itself, or somebody whose account is gone."""

    id: UUID
    actor_id: UUID | None
    actor_name: str | None
    action: str
    entity_type: str
    entity_id: str
    before: Any
    after: Any
    ip_address: str | None
    user_agent: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SecurityEvent:
    id: UUID
    user_id: UUID | None
    user_name: str | None
    type: str
    payload: Any
    ip_address: str | None
    user_agent: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TransferRecord:
    """`entries`: ledger_account_id, kind, owner_id, owner_name, amount_minor, balance_after_minor of each."""

    id: UUID
    type: str
    state: str
    amount_minor: int
    currency: str
    description: str
    reference_kind: str
    reference_id: UUID
    increment: int | None
    resolves_id: UUID | None
    created_at: datetime
    entries: Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class DayFigures:
    live_consultations: int
    ringing_consultations: int
    online_readers: int
    busy_readers: int
    pending_readers: int
    charges_minor: int
    refunds_minor: int
    top_ups_minor: int
    consultations: int
    registrations: int


class Conditions:
    """The parts of a WHERE that were asked for, with their numbered values."""

    def __init__(self) -> None:
        self.values: list[object] = []
        self._parts: list[str] = []

    def add(self, condition: str, *values: object) -> None:
        """`condition` with {} in the place of each value; nothing when a value is None."""
        if None in values:
            return
        first = len(self.values) + 1
        self.values += values
        self._parts.append(condition.format(*(f"${number}" for number in range(first, first + len(values)))))

    @property
    def where(self) -> str:
        return f" WHERE {' AND '.join(self._parts)}" if self._parts else ""


async def list_audit_rows(
    db: Connection,
    *,
    actor_id: UUID | None,
    action: str | None,
    entity_type: str | None,
    entity_id: str | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[AuditRow]:
    """Newest first."""
    conditions = Conditions()
    conditions.add("a.actor_id = {}", actor_id)
    conditions.add("a.action = {}", action)
    conditions.add("a.entity_type = {}", entity_type)
    conditions.add("a.entity_id = {}", entity_id)
    if before is not None:
        conditions.add("(a.created_at, a.id) < ({}, {})", *before)
    rows = await db.fetch(
        "SELECT a.id, a.actor_id, u.display_name AS actor_name, a.action, a.entity_type, a.entity_id, a.before, a.after,"
        " host(a.ip_address) AS ip_address, a.user_agent, a.created_at FROM audit_log AS a"
        f" LEFT JOIN users AS u ON u.id = a.actor_id{conditions.where} ORDER BY a.created_at DESC, a.id DESC LIMIT {int(limit)}",
        *conditions.values,
    )
    return [AuditRow(**row) for row in rows]


async def list_security_events(
    db: Connection, *, user_id: UUID | None, type: str | None, before_id: UUID | None, limit: int
) -> list[SecurityEvent]:
    """Newest first; ids are in the order of time."""
    conditions = Conditions()
    conditions.add("e.user_id = {}", user_id)
    conditions.add("e.type = {}", type)
    conditions.add("e.id < {}", before_id)
    rows = await db.fetch(
        "SELECT e.id, e.user_id, u.display_name AS user_name, e.type, e.payload, host(e.ip_address) AS ip_address, e.user_agent,"
        f" e.created_at FROM security_events AS e LEFT JOIN users AS u ON u.id = e.user_id{conditions.where}"
        f" ORDER BY e.id DESC LIMIT {int(limit)}",
        *conditions.values,
    )
    return [SecurityEvent(**row) for row in rows]


_TRANSFERS = """
SELECT t.id, t.type, t.state, t.amount_minor, t.currency, t.description, t.reference_kind, t.reference_id, t.increment,
    t.resolves_id, t.created_at, coalesce(sides.entries, '[]'::jsonb) AS entries
FROM (SELECT * FROM transfers AS t{where} ORDER BY t.id DESC LIMIT {limit}) AS t
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object('ledger_account_id', l.id, 'kind', l.kind, 'owner_id', l.owner_id,
        'owner_name', u.display_name, 'amount_minor', e.amount_minor, 'balance_after_minor', e.balance_after_minor)
        ORDER BY e.amount_minor, l.id) AS entries
    FROM entries AS e JOIN ledger_accounts AS l ON l.id = e.ledger_account_id LEFT JOIN users AS u ON u.id = l.owner_id
    WHERE e.transfer_id = t.id
) AS sides ON true
ORDER BY t.id DESC
"""


async def list_transfers(
    db: Connection,
    *,
    type: str | None,
    state: str | None,
    reference_id: UUID | None,
    user_id: UUID | None,
    before_id: UUID | None,
    limit: int,
) -> list[TransferRecord]:
    """Everybody's, newest first, each with its entries; `user_id`: those that touched an account of this person."""
    conditions = Conditions()
    conditions.add("t.type = {}", type)
    conditions.add("t.state = {}", state)
    conditions.add("t.reference_id = {}", reference_id)
    conditions.add(
        "t.id IN (SELECT e.transfer_id FROM ledger_accounts AS l JOIN entries AS e ON e.ledger_account_id = l.id"
        " AND e.number IS NOT NULL WHERE l.owner_id = {})",
        user_id,
    )
    conditions.add("t.id < {}", before_id)
    rows = await db.fetch(
        _TRANSFERS.format(where=conditions.where, limit=int(limit)),
        *conditions.values,
    )
    return [TransferRecord(**row) for row in rows]


async def has_transfer(db: Connection, idempotency_key: str) -> bool:
    """Whether this very transfer was written by an earlier try."""
    return bool(await db.fetch_value("SELECT EXISTS (SELECT 1 FROM transfers WHERE idempotency_key = $1)", idempotency_key))


_DAY = """
SELECT (SELECT count(*) FROM consultations WHERE status = 'in_progress') AS live_consultations,
    (SELECT count(*) FROM consultations WHERE status = 'requested') AS ringing_consultations,
    (SELECT count(*) FROM readers WHERE verification = 'pending') AS pending_readers,
    (SELECT count(*) FROM users WHERE created_at >= $1) AS registrations,
    moved.charges_minor, moved.refunds_minor, moved.top_ups_minor, moved.consultations
FROM (
    SELECT coalesce(sum(amount_minor) FILTER (WHERE type = 'session_charge'
            OR (type = 'purchase' AND reference_kind = 'consultation')), 0)::bigint AS charges_minor,
        coalesce(sum(amount_minor) FILTER (WHERE type = 'refund' AND reference_kind = 'consultation'), 0)::bigint
            AS refunds_minor,
        coalesce(sum(amount_minor) FILTER (WHERE type = 'add_funds'), 0)::bigint AS top_ups_minor,
        count(DISTINCT reference_id) FILTER (WHERE type = 'session_charge') AS consultations
    FROM transfers WHERE created_at >= $1 AND currency = $2 AND state = 'posted'
) AS moved
"""
_STATUSES = f"""
SELECT count(*) FILTER (WHERE status = 'online') AS online_readers, count(*) FILTER (WHERE status = 'busy') AS busy_readers
FROM (
    SELECT {effective_status(reader="r", now="$1")} AS status
    FROM readers AS r JOIN users AS u ON u.id = r.user_id AND u.status = 'active'
    WHERE r.verification = 'verified' AND (r.chosen_status IN ('online', 'away')
        OR EXISTS (SELECT 1 FROM livestreams AS l WHERE l.reader_id = r.user_id AND l.status = 'live')) OFFSET 0
) AS seen
"""


async def get_day_figures(db: Connection, *, since: datetime, currency: str, now: datetime) -> DayFigures:
    """What runs now, and what was booked since an instant (gross; pending and voided transfers left aside)."""
    row = await db.fetch_row(_DAY, since, currency)
    assert row is not None
    return DayFigures(**row, **await _count_statuses(db, now))


async def _count_statuses(db: Connection, now: datetime) -> Record:
    row = await db.fetch_row(_STATUSES, now)
    assert row is not None
    return row

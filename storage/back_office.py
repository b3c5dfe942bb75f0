"""People as the back office sees them: listed, searched, opened, suspended."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from storage.transaction import Connection, Record, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An account; the reader's figures are None for who is no reader."""

    id: UUID
    email: str
    username: str | None
    display_name: str
    role: str
    status: str
    status_reason: str | None
    avatar_upload_id: UUID | None
    email_verified_at: datetime | None
    time_zone: str
    is_demonstration: bool
    created_at: datetime
    updated_at: datetime
    headline: str | None
    verification: str | None
    verification_reason: str | None
    verified_at: datetime | None
    rating_count: int | None
    rating_sum: int | None


@dataclass(frozen=True, slots=True)
class PersonFigures:
    """Balances in minor units; None where there is no such ledger account."""

    wallet_minor: int | None
    held_minor: int | None
    earnings_minor: int | None
    consultations: int
    live_consultation_id: UUID | None
    open_logins: int
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class PersonFilters:
    """None = everybody. `is_verified` is about readers; `words` must each begin a part of a name or an address."""

    words: Sequence[str] = ()
    user_id: UUID | None = None
    role: str | None = None
    status: str | None = None
    is_verified: bool | None = None


_READER_FIELDS = frozenset({"headline", "verification", "verification_reason", "verified_at", "rating_count", "rating_sum"})
_COLUMNS = ", ".join(f"{'r' if field.name in _READER_FIELDS else 'u'}.{field.name}" for field in dataclasses.fields(Person))
_SELECT = f"SELECT {_COLUMNS} FROM users AS u LEFT JOIN readers AS r ON r.user_id = u.id"


def _person(row: Record) -> Person:
    return Person(**row)


async def list_people(
    db: Connection, filters: PersonFilters, *, before: tuple[datetime, UUID] | None, limit: int
) -> list[Person]:
    """The newest first."""
    conditions, arguments = _filter(filters)
    if before is not None:
        arguments += before
        conditions.append(f"(u.created_at, u.id) < (${len(arguments) - 1}, ${len(arguments)})")
    arguments.append(limit)
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = await db.fetch(f"{_SELECT}{where} ORDER BY u.created_at DESC, u.id DESC LIMIT ${len(arguments)}", *arguments)
    return [_person(row) for row in rows]


def _filter(filters: PersonFilters) -> tuple[list[str], list[object]]:
    conditions: list[str] = []
    arguments: list[object] = []

    def add(condition: str, value: object) -> None:
        arguments.append(value)
        conditions.append(condition.format(f"${len(arguments)}"))

    if filters.words:
        # Found first by the index: the planner takes beginnings of words for so common that it would rather try everybody.
        add(
            "u.id IN (WITH hits AS MATERIALIZED (SELECT s.id FROM users AS s"
            " WHERE user_search_text(s.display_name, s.email, s.username) @@ prefix_query({}::text[])) SELECT id FROM hits)",
            list(filters.words),
        )
    if filters.user_id is not None:
        add("u.id = {}", filters.user_id)
    if filters.role is not None:
        add("u.role = {}", filters.role)
    if filters.status is not None:
        add("u.status = {}", filters.status)
    if filters.is_verified is not None:
        add("(r.verification = 'verified') = {}", filters.is_verified)
    return conditions, arguments


async def find_person(db: Connection, user_id: UUID) -> Person | None:
    row = await db.fetch_row(f"{_SELECT} WHERE u.id = $1", user_id)
    return None if row is None else _person(row)


async def lock_person(tx: Transaction, user_id: UUID) -> Person | None:
    """The person, whose account's row is locked until the transaction ends."""
    row = await tx.fetch_row(f"{_SELECT} WHERE u.id = $1 FOR NO KEY UPDATE OF u", user_id)
    return None if row is None else _person(row)


_FIGURES = """
SELECT wallet.balance_minor AS wallet_minor, wallet.held_minor, earnings.balance_minor AS earnings_minor,
    (SELECT count(*) FROM consultations AS c WHERE c.client_id = $1 OR c.reader_id = $1) AS consultations,
    (SELECT c.id FROM consultations AS c WHERE (c.client_id = $1 OR c.reader_id = $1)
        AND c.status IN ('requested', 'in_progress') LIMIT 1) AS live_consultation_id,
    logins.open_logins, logins.last_used_at
FROM (SELECT count(*) FILTER (WHERE expires_at > $3) AS open_logins, max(last_used_at) AS last_used_at
    FROM logins WHERE user_id = $1 AND revoked_at IS NULL) AS logins
LEFT JOIN ledger_accounts AS wallet ON wallet.owner_id = $1 AND wallet.kind = 'wallet' AND wallet.currency = $2
LEFT JOIN ledger_accounts AS earnings ON earnings.owner_id = $1 AND earnings.kind = 'earnings' AND earnings.currency = $2
"""


async def get_person_figures(db: Connection, user_id: UUID, *, currency: str, now: datetime) -> PersonFigures:
    row = await db.fetch_row(
        _FIGURES,
        user_id,
        currency,
        now,
    )
    assert row is not None
    return PersonFigures(**row)


async def update_person_status(tx: Transaction, user_id: UUID, *, status: str, reason: str, now: datetime) -> None:
    await tx.execute(
        "UPDATE users SET status = $2, status_reason = $3, updated_at = $4 WHERE id = $1", user_id, status, reason, now
    )

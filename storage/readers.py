"""Readers: the profile that clients see, what the reader may change of it, and how the platform vouches for it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from storage.readers_status import effective_status, waiting_count
from storage.transaction import Connection, Record, Transaction

CONSULTATION_TYPES = ("chat", "call", "video")
# What a reader may change, as the columns are called.
CHANGEABLE = frozenset(
    {
        "headline", "bio", "specialties", "languages", "experience_years", "certifications",
        "chat_rate_minor", "call_rate_minor", "video_rate_minor",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """`status` is what others see; rates by type in minor units a minute, without the types that are not offered;
    `waiting_count` is how many wait in line; `livestream_id` what goes on live.

    The `*_milli` figures are what lists sort by: thousandths of a rating.
    """

    id: UUID
    display_name: str
    avatar_upload_id: UUID | None
    is_demonstration: bool
    is_active: bool
    is_email_verified: bool
    time_zone: str
    headline: str | None
    bio: str
    specialties: tuple[str, ...]
    languages: tuple[str, ...]
    experience_years: int
    certifications: tuple[str, ...]
    rates: Mapping[str, int]
    lowest_rate_minor: int | None
    chosen_status: str
    status: str
    verification: str
    verification_reason: str | None
    verified_at: datetime | None
    rating_count: int
    rating_sum: int
    rating_score_milli: int
    rating_average_milli: int
    consultations_count: int
    waiting_count: int
    followers_count: int
    # None = nobody in particular asks.
    is_followed: bool | None
    livestream_id: UUID | None
    created_at: datetime

    @property
    def is_listed(self) -> bool:
        """Whether anybody but the reader may see the profile."""
        return self.is_active and self.verification == "verified"


@dataclass(frozen=True, slots=True)
class ReaderDay:
    """What a reader earned and did since an instant."""

    earnings_minor: int
    connected_ms: int
    consultations: int


COLUMNS = (
    "r.user_id AS id, u.display_name, u.avatar_upload_id, u.is_demonstration, u.status = 'active' AS is_active,"
    " u.email_verified_at IS NOT NULL AS is_email_verified, u.time_zone, r.headline, r.bio, r.specialties, r.languages,"
    " r.experience_years, r.certifications, r.chat_rate_minor, r.call_rate_minor, r.video_rate_minor, r.lowest_rate_minor,"
    " r.chosen_status, r.verification, r.verification_reason, r.verified_at, r.rating_count, r.rating_sum,"
    " r.rating_score_milli, r.rating_average_milli, r.consultations_count, r.followers_count, r.created_at,"
    " (SELECT l.id FROM livestreams AS l WHERE l.reader_id = r.user_id AND l.status = 'live') AS livestream_id"
)


def is_followed(*, viewer: str, reader: str) -> str:
    """SQL for whether the person of the parameter `viewer` follows the reader of the column `reader`; null for a null viewer."""
    return (
        f"CASE WHEN {viewer}::uuid IS NOT NULL THEN EXISTS"
        f" (SELECT 1 FROM follows AS f WHERE f.follower_id = {viewer} AND f.reader_id = {reader}) END"
    )


async def find_reader(db: Connection, reader_id: UUID, *, now: datetime, viewer_id: UUID | None = None) -> Reader | None:
    """The reader, listed or not."""
    row = await db.fetch_row(
        f"SELECT {COLUMNS}, {effective_status(reader='r', now='$2')} AS status, {waiting_count()} AS waiting_count,"
        f" {is_followed(viewer='$3', reader='r.user_id')} AS is_followed"
        " FROM readers AS r JOIN users AS u ON u.id = r.user_id WHERE r.user_id = $1",
        reader_id,
        now,
        viewer_id,
    )
    return None if row is None else reader_of(row)


async def update_reader(tx: Transaction, reader_id: UUID, changes: Mapping[str, object], *, now: datetime) -> None:
    """Set the named columns of CHANGEABLE."""
    assert changes.keys() <= CHANGEABLE
    if not changes:
        return
    assignments = ", ".join(f"{column} = ${number}" for number, column in enumerate(changes, start=3))
    await tx.execute(f"UPDATE readers SET {assignments}, updated_at = $2 WHERE user_id = $1", reader_id, now, *changes.values())


async def update_verification(tx: Transaction, reader_id: UUID, *, verification: str, reason: str | None, now: datetime) -> None:
    """`verified_at` is kept when the reader was verified already."""
    await tx.execute(
        "UPDATE readers SET verification = $2, verification_reason = $3, updated_at = $4,"
        " verified_at = CASE WHEN $2 = 'verified' THEN coalesce(verified_at, $4) END WHERE user_id = $1",
        reader_id,
        verification,
        reason,
        now,
    )


# Entries of one account are numbered in the order of time, so the newest older one is found from the end.
_EARNINGS = """
SELECT coalesce(sum(e.amount_minor), 0)::bigint FROM ledger_accounts AS l
JOIN entries AS e ON e.ledger_account_id = l.id AND e.number IS NOT NULL
JOIN transfers AS t ON t.id = e.transfer_id AND t.type <> 'payout'
WHERE l.owner_id = $1 AND l.kind = 'earnings' AND l.currency = $3 AND e.number > coalesce(
    (SELECT old.number FROM entries AS old WHERE old.ledger_account_id = l.id AND old.number IS NOT NULL AND old.created_at < $2
    ORDER BY old.number DESC LIMIT 1), 0)
"""
_CONSULTATIONS = """
SELECT count(*) AS consultations, coalesce(sum(CASE WHEN paid_until_at IS NULL THEN connected_ms
    ELSE span_base_ms + greatest(0, extract(epoch FROM least($3, paid_until_at) - span_started_at) * 1000) END), 0)::bigint
    AS connected_ms
FROM consultations WHERE reader_id = $1 AND started_at >= $2
"""


async def sum_reader_day(db: Connection, reader_id: UUID, *, since: datetime, currency: str, now: datetime) -> ReaderDay:
    """Earnings booked since then, refunds taken off and payouts left aside; consultations that started since then."""
    earnings_minor = await db.fetch_value(_EARNINGS, reader_id, since, currency)
    row = await db.fetch_row(_CONSULTATIONS, reader_id, since, now)
    assert row is not None
    return ReaderDay(earnings_minor, row["connected_ms"], row["consultations"])


def reader_of(row: Record) -> Reader:
    values: dict[str, Any] = {name: row[name] for name in _PLAIN} | {name: tuple(row[name]) for name in _LISTS}
    rates = {kind: row[f"{kind}_rate_minor"] for kind in CONSULTATION_TYPES if row[f"{kind}_rate_minor"] is not None}
    return Reader(rates=rates, **values)


_LISTS = ("specialties", "languages", "certifications")
_PLAIN = tuple(field.name for field in dataclasses.fields(Reader) if field.name not in ("rates", *_LISTS))

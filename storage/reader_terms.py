"""What a request for a consultation needs to know of a reader: verified, there, and at what rates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from storage.transaction import Connection, Transaction


@dataclass(frozen=True, slots=True)
class ReaderTerms:
    """`status` is what the reader chose, or `offline` without presence on a live node; rates by type, in minor units."""

    id: UUID
    is_verified: bool
    status: str
    rates: dict[str, int]
    time_zone: str
    earnings_account_id: int


async def find_reader_terms(db: Connection, reader_id: UUID, *, now: datetime, currency: str) -> ReaderTerms | None:
    """None when there is no such reader, or the account is not active."""
    row = await db.fetch_row(
        "SELECT r.verification = 'verified' AS is_verified, r.chosen_status, r.chat_rate_minor, r.call_rate_minor,"
        " r.video_rate_minor, l.id AS earnings_account_id, u.time_zone,"
        " EXISTS (SELECT 1 FROM connections AS c JOIN nodes AS n ON n.id = c.node_id"
        "  WHERE c.user_id = r.user_id AND n.lease_expires_at > $2) AS is_present"
        " FROM readers AS r JOIN users AS u ON u.id = r.user_id AND u.status = 'active'"
        " JOIN ledger_accounts AS l ON l.owner_id = r.user_id AND l.kind = 'earnings' AND l.currency = $3"
        " WHERE r.user_id = $1",
        reader_id,
        now,
        currency,
    )
    if row is None:
        return None
    rates = {kind: row[f"{kind}_rate_minor"] for kind in ("chat", "call", "video") if row[f"{kind}_rate_minor"] is not None}
    status = row["chosen_status"] if row["is_present"] else "offline"
    return ReaderTerms(reader_id, row["is_verified"], status, rates, row["time_zone"], row["earnings_account_id"])


async def count_finished_consultation(tx: Transaction, reader_id: UUID) -> None:
    """One more consultation with something paid, for the reader's public figures."""
    await tx.execute("UPDATE readers SET consultations_count = consultations_count + 1 WHERE user_id = $1", reader_id)

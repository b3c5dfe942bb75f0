"""What a request for a consultation needs to know of a reader: verified, there, and at what rates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from storage.readers_status import AWAY_FROM_AIR, ON_AIR
from storage.transaction import Connection, Transaction

_ON_AIR, _AWAY_FROM_AIR = ON_AIR.format(reader="r"), AWAY_FROM_AIR.format(reader="r")


@dataclass(frozen=True, slots=True)
class ReaderTerms:
    """`status` is what the reader chose, or `offline` without presence on a live node; rates by type, in minor units.

    `is_on_air`: the reader's livestream goes on; who has left it for a private consultation is `online`.
    """

    id: UUID
    is_verified: bool
    is_on_air: bool
    status: str
    rates: dict[str, int]
    time_zone: str
    earnings_account_id: int


async def find_reader_terms(db: Connection, reader_id: UUID, *, now: datetime, currency: str) -> ReaderTerms | None:
    """None when there is no such reader, or the account is not active."""
    row = await db.fetch_row(
        f"SELECT {_ON_AIR} AS is_on_air, {_AWAY_FROM_AIR} AS is_away_from_air,"
        " r.verification = 'verified' AS is_verified, r.chosen_status, r.chat_rate_minor, r.call_rate_minor,"
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
    status = "online" if row["is_away_from_air"] else row["chosen_status"]
    status = status if row["is_present"] else "offline"
    return ReaderTerms(
        reader_id, row["is_verified"], row["is_on_air"], status, rates, row["time_zone"], row["earnings_account_id"]
    )


async def count_finished_consultation(tx: Transaction, reader_id: UUID) -> None:
    """One more consultation with something paid, for the reader's public figures."""
    await tx.execute("UPDATE readers SET consultations_count = consultations_count + 1 WHERE user_id = $1", reader_id)

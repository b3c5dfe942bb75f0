"""What a reader's earnings account holds, and how much of it can be paid out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from storage.transaction import Connection


@dataclass(frozen=True, slots=True)
class Earnings:
    """Minor units. Payouts have left `balance_minor` already; `held_minor` is the part of it that is younger than the hold."""

    balance_minor: int
    held_minor: int
    in_transit_minor: int
    paid_minor: int


async def find_earnings(db: Connection, reader_id: UUID, *, currency: str, held_since: datetime) -> Earnings | None:
    """None where there is no such account. What was refunded counts as of when it was earned, if that is held too."""
    row = await db.fetch_row(
        """
        SELECT l.balance_minor,
            coalesce(sum(e.amount_minor) FILTER (WHERE t.type <> 'payout' AND e.created_at > $3 AND (t.type <> 'refund'
                OR EXISTS (SELECT 1 FROM transfers AS earned WHERE earned.reference_id = t.reference_id
                    AND earned.type IN ('session_charge', 'gift_purchase', 'purchase') AND earned.created_at > $3))),
                0)::bigint AS held_minor,
            coalesce(-sum(e.amount_minor) FILTER (WHERE t.type = 'payout' AND t.state = 'pending'), 0)::bigint
                AS in_transit_minor,
            coalesce(-sum(e.amount_minor) FILTER (WHERE t.type = 'payout' AND t.state = 'posted'), 0)::bigint AS paid_minor
        FROM ledger_accounts AS l
        LEFT JOIN entries AS e ON e.ledger_account_id = l.id AND e.number IS NOT NULL
        LEFT JOIN transfers AS t ON t.id = e.transfer_id
        WHERE l.owner_id = $1 AND l.kind = 'earnings' AND l.currency = $2
        GROUP BY l.id
        """,
        reader_id,
        currency,
        held_since,
    )
    return None if row is None else Earnings(**row)

"""The invariants of money as statements over everything: each lists what is wrong, and nothing when all is well."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from config import limits
from storage.gift_checks import GIFT_TALLIES_ADD_UP, GIFTS_ARE_PAID
from storage.transaction import Connection


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that does not add up: which rule, about what (`kind:id`), what it should be and what it is."""

    invariant: str
    reference: str
    expected_minor: int
    found_minor: int


# The entries' sum, and the gross amount that the transfer names: what moved to those who gained.
_TRANSFERS_BALANCE = """
WITH sums AS (
    SELECT transfer_id, sum(amount_minor) AS total_minor, sum(amount_minor) FILTER (WHERE amount_minor > 0) AS gross_minor
    FROM entries GROUP BY transfer_id
)
SELECT 'transfer:' || coalesce(t.id, sums.transfer_id) || wrong.what AS reference, wrong.expected_minor, wrong.found_minor
FROM transfers AS t FULL JOIN sums ON sums.transfer_id = t.id
CROSS JOIN LATERAL (VALUES
    ('', 0, coalesce(sums.total_minor, 0)),
    (' amount', coalesce(t.amount_minor, 0), coalesce(sums.gross_minor, 0))
) AS wrong (what, expected_minor, found_minor)
WHERE wrong.expected_minor <> wrong.found_minor
"""

# The stored balance, the count of entries, and the balance that each entry says it left behind.
_BALANCES_EQUAL_ENTRIES = """
WITH chained AS (
    SELECT ledger_account_id, transfer_id, number, balance_after_minor,
        sum(amount_minor) OVER (PARTITION BY ledger_account_id ORDER BY number NULLS LAST) AS running_minor
    FROM entries WHERE ledger_account_id IN (SELECT id FROM ledger_accounts WHERE owner_id IS NOT NULL)
), sums AS (
    SELECT ledger_account_id, sum(amount_minor) AS total_minor, count(*) AS entries, coalesce(max(number), 0) AS newest
    FROM entries GROUP BY ledger_account_id
)
SELECT l.kind || ':' || l.owner_id || wrong.what AS reference, wrong.expected_minor, wrong.found_minor
FROM ledger_accounts AS l LEFT JOIN sums ON sums.ledger_account_id = l.id
CROSS JOIN LATERAL (VALUES
    ('', coalesce(sums.total_minor, 0), l.balance_minor),
    (' entries', coalesce(sums.entries, 0), l.last_entry),
    (' newest entry', coalesce(sums.newest, 0), l.last_entry)
) AS wrong (what, expected_minor, found_minor)
WHERE l.owner_id IS NOT NULL AND wrong.expected_minor <> wrong.found_minor
UNION ALL
SELECT 'transfer:' || transfer_id || ' balance after', running_minor, coalesce(balance_after_minor, 0)
FROM chained WHERE running_minor IS DISTINCT FROM balance_after_minor
"""

_WALLETS_NOT_NEGATIVE = """
SELECT 'wallet:' || owner_id || wrong.what AS reference, wrong.expected_minor, wrong.found_minor
FROM ledger_accounts
CROSS JOIN LATERAL (VALUES
    ('', 0, balance_minor, balance_minor < 0),
    (' held', greatest(balance_minor, 0), held_minor, held_minor > greatest(balance_minor, 0))
) AS wrong (what, expected_minor, found_minor, is_wrong)
WHERE kind = 'wallet' AND wrong.is_wrong
"""

_ONE_CHARGE_AN_INCREMENT = """
SELECT 'consultation:' || reference_id || ' increment ' || increment AS reference,
    min(amount_minor) AS expected_minor, sum(amount_minor) AS found_minor
FROM transfers WHERE type = 'session_charge' GROUP BY reference_id, increment HAVING count(*) > 1
"""

# What is booked for a consultation against what its row says; its charges against its tariff; and, once it has ended,
# its cost against the increments that its connected time entered (nothing below the free time). The fee of a client who did
# not come to a booking is a purchase that refers to it.
_CONSULTATIONS_ADD_UP = """
WITH booked AS (
    SELECT t.reference_id AS id,
        coalesce(sum(-e.amount_minor) FILTER (WHERE t.type <> 'refund' AND l.kind = 'wallet'), 0) AS charged_minor,
        coalesce(sum(e.amount_minor) FILTER (WHERE t.type = 'refund' AND l.kind = 'wallet'), 0) AS refunded_minor,
        coalesce(sum(e.amount_minor) FILTER (WHERE l.kind = 'earnings'), 0) AS earned_minor
    FROM transfers AS t JOIN entries AS e ON e.transfer_id = t.id JOIN ledger_accounts AS l ON l.id = e.ledger_account_id
    WHERE t.type IN ('session_charge', 'purchase', 'refund') AND t.reference_kind = 'consultation' GROUP BY t.reference_id
), terms AS (
    SELECT id, charged_minor, refunded_minor, earnings_minor, status, connected_ms, free_ms, reader_share_bps,
        no_show_fee_minor,
        charged_after(billed_increments, rate_per_minute_minor, rate_from_increment, earlier_rates, increment_ms, minute_ms)
            AS tariff_minor,
        charged_after(least(billed_increments, greatest(1, (connected_ms + increment_ms - 1) / increment_ms)),
            rate_per_minute_minor, rate_from_increment, earlier_rates, increment_ms, minute_ms) AS entered_minor
    FROM consultations
)
SELECT 'consultation:' || coalesce(c.id, booked.id) || ' ' || wrong.what AS reference, wrong.expected_minor, wrong.found_minor
FROM terms AS c FULL JOIN booked ON booked.id = c.id
CROSS JOIN LATERAL (VALUES
    ('total cost', coalesce(booked.charged_minor, 0) - coalesce(booked.refunded_minor, 0),
        coalesce(c.charged_minor, 0) - coalesce(c.refunded_minor, 0)),
    ('charged', coalesce(booked.charged_minor, 0), coalesce(c.charged_minor, 0)),
    ('earnings', coalesce(booked.earned_minor, 0), coalesce(c.earnings_minor, 0)),
    ('share', c.reader_share_bps * (c.charged_minor - c.refunded_minor) / 10000, c.earnings_minor),
    ('tariff', c.tariff_minor + c.no_show_fee_minor, c.charged_minor),
    ('connected time', least(CASE WHEN c.connected_ms < c.free_ms THEN 0 ELSE c.entered_minor END + c.no_show_fee_minor,
        c.charged_minor - c.refunded_minor),
        CASE WHEN c.status IN ('completed', 'disconnected', 'cancelled', 'no_show')
        THEN c.charged_minor - c.refunded_minor END)
) AS wrong (what, expected_minor, found_minor)
WHERE wrong.expected_minor <> wrong.found_minor
"""

# Credited top-ups have a payment and its transfer, no others have one; and what the provider says was paid is credited.
_TOP_UPS_HAVE_PAYMENTS = """
WITH credited AS (
    SELECT reference_id AS id, sum(amount_minor) AS credited_minor
    FROM transfers WHERE type = 'add_funds' AND state <> 'voided' GROUP BY reference_id
)
SELECT 'top_up:' || coalesce(t.id, credited.id) || wrong.what AS reference, wrong.expected_minor, wrong.found_minor
FROM top_ups AS t FULL JOIN credited ON credited.id = t.id
CROSS JOIN LATERAL (
    SELECT coalesce(CASE WHEN t.status IN ('completed', 'refunded') THEN t.amount_minor END, 0) AS paid_minor) AS p
CROSS JOIN LATERAL (VALUES
    ('', p.paid_minor, coalesce(credited.credited_minor, 0)),
    (' payment', p.paid_minor, CASE WHEN t.provider_payment_id IS NULL THEN 0 ELSE p.paid_minor END)
) AS wrong (what, expected_minor, found_minor)
WHERE wrong.expected_minor <> wrong.found_minor
UNION ALL
SELECT 'payment:' || (event.payload->>'payment_id'),
    coalesce(event.payload->'facts'->>'amount_received', event.payload->'facts'->>'amount', '0')::bigint, 0
FROM provider_events AS event
WHERE event.type = 'payment_intent.succeeded' AND event.outcome IN ('applied', 'repeated', 'mismatch')
    AND NOT EXISTS (SELECT 1 FROM top_ups AS t WHERE t.provider_payment_id = event.payload->>'payment_id'
        AND t.status IN ('completed', 'refunded'))
"""

_NOTHING_PENDING_TOO_LONG = """
SELECT 'transfer:' || id AS reference, 0 AS expected_minor, amount_minor AS found_minor
FROM transfers WHERE state = 'pending' AND created_at < $1
"""

INVARIANTS = {
    "transfers_balance": _TRANSFERS_BALANCE,
    "balances_equal_entries": _BALANCES_EQUAL_ENTRIES,
    "wallets_not_negative": _WALLETS_NOT_NEGATIVE,
    "one_charge_an_increment": _ONE_CHARGE_AN_INCREMENT,
    "consultations_add_up": _CONSULTATIONS_ADD_UP,
    "top_ups_have_payments": _TOP_UPS_HAVE_PAYMENTS,
    "nothing_pending_too_long": _NOTHING_PENDING_TOO_LONG,
    "gifts_are_paid": GIFTS_ARE_PAID,
    "gift_tallies_add_up": GIFT_TALLIES_ADD_UP,
}


async def list_differences(db: Connection, *, pending_before: datetime) -> list[Difference]:
    """Check all invariants through `db`, which should be a snapshot; bounded for each of them."""
    found = []
    for invariant, statement in INVARIANTS.items():
        bounded = (
            "SELECT reference, expected_minor::bigint AS expected_minor, found_minor::bigint AS found_minor"
            f" FROM ({statement}) AS differences ORDER BY reference LIMIT {limits.LEDGER_DIFFERENCES}"
        )
        arguments = [pending_before] if "$1" in statement else []
        rows = await db.raw.fetch(bounded, *arguments, timeout=limits.LEDGER_CHECK_SECONDS)
        found += [Difference(invariant, row["reference"], row["expected_minor"], row["found_minor"]) for row in rows]
    return found

"""The set-based charge: one statement takes every due consultation, moves the money and advances the clocks.

Each due row is taken by one node (`SKIP LOCKED`); the increment's number is part of the transfer's idempotency key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from storage.transaction import Record, Transaction


@dataclass(frozen=True, slots=True)
class ChargedIncrement:
    """One increment that was paid; `tells_balance_low` when the client is to be told of `minutes_left` now."""

    consultation_id: UUID
    client_id: UUID
    reader_id: UUID
    increment: int
    amount_minor: int
    total_cost_minor: int
    earnings_minor: int
    balance_minor: int
    paid_until_at: datetime
    version: int
    minutes_left: int
    tells_balance_low: bool


@dataclass(frozen=True, slots=True)
class ExhaustedClock:
    """A clock that stopped because the wallet (or a spending limit) could not pay the next increment."""

    consultation_id: UUID
    client_id: UUID
    reader_id: UUID
    stopped_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class ChargeRound:
    charged: list[ChargedIncrement]
    exhausted: list[ExhaustedClock]


_ATTENDED = """EXISTS (
            SELECT 1 FROM attendances AS a JOIN nodes AS n ON n.id = a.node_id
            WHERE a.consultation_id = c.id AND a.user_id = c.{side} AND n.lease_expires_at > $2)"""

# $1: charge what falls due up to here; $2: now, for leases and the books; $3: at most so many; $4: the held time.
_CHARGE = """
WITH due AS MATERIALIZED (
    SELECT c.id, c.client_id, c.reader_id, c.client_wallet_id, c.reader_earnings_id, c.currency,
        c.billed_increments + 1 AS increment, c.paid_until_at, c.increment_ms, c.rate_per_minute_minor,
        c.span_base_ms, c.span_started_at, c.charged_minor, c.refunded_minor, c.gifts_minor, c.earnings_minor,
        c.balance_low_told, c.balance_low_entry,
        c.rate_per_minute_minor * (c.billed_increments + 1 - c.rate_from_increment) * c.increment_ms / c.minute_ms
            - c.rate_per_minute_minor * (c.billed_increments - c.rate_from_increment) * c.increment_ms / c.minute_ms
            AS charge_minor,
        c.reader_share_bps
    FROM consultations AS c
    WHERE {filter}
    ORDER BY c.id LIMIT $3
    FOR NO KEY UPDATE OF c SKIP LOCKED
), accounts AS MATERIALIZED (
    SELECT l.id, l.balance_minor, l.balance_minor - l.held_minor AS spendable_minor, l.last_credit, l.last_entry
    FROM ledger_accounts AS l
    -- An array, and no IN (… UNION ALL …): looking again at a row that it waited for, Postgres does not find it through that.
    WHERE l.id = ANY (ARRAY(SELECT client_wallet_id FROM due UNION ALL SELECT reader_earnings_id FROM due))
    ORDER BY l.id FOR NO KEY UPDATE
), judged AS MATERIALIZED (
    SELECT due.*, new_uuid7() AS transfer_id, accounts.balance_minor, accounts.spendable_minor, accounts.last_entry,
        CASE WHEN accounts.last_credit > due.balance_low_entry THEN 3 ELSE coalesce(due.balance_low_told, 3) END AS told_minutes,
        due.reader_share_bps * (due.charged_minor + due.charge_minor - due.refunded_minor) / 10000
            - due.earnings_minor AS earned_minor,
        accounts.spendable_minor >= due.charge_minor AND (limits.user_id IS NULL OR (
            due.charged_minor - due.refunded_minor + due.gifts_minor + due.charge_minor
                <= coalesce(limits.per_consultation_minor, 9e18::bigint)
            AND coalesce(spent.today_minor, 0) + due.charge_minor <= coalesce(limits.per_day_minor, 9e18::bigint)
            AND coalesce(spent.month_minor, 0) + due.charge_minor <= coalesce(limits.per_month_minor, 9e18::bigint)
        )) AS is_affordable
    FROM due
    JOIN accounts ON accounts.id = due.client_wallet_id
    LEFT JOIN spending_limits AS limits ON limits.user_id = due.client_id
    LEFT JOIN LATERAL (
        SELECT -sum(e.amount_minor) FILTER (WHERE e.created_at >= date_trunc('day', $2::timestamptz, 'UTC')) AS today_minor,
            -sum(e.amount_minor) AS month_minor
        FROM entries AS e
        JOIN transfers AS t ON t.id = e.transfer_id
        WHERE limits.user_id IS NOT NULL AND e.ledger_account_id = due.client_wallet_id AND e.number IS NOT NULL
            AND e.created_at >= date_trunc('month', $2::timestamptz, 'UTC')
            AND (t.type IN ('session_charge', 'gift_purchase', 'purchase')
            OR (t.type = 'refund' AND t.reference_kind <> 'top_up'))
    ) AS spent ON true
    -- What was spent is seen as of the statement's beginning. Where the wallet moved meanwhile, a limit is judged next time.
    WHERE limits.user_id IS NULL OR accounts.last_entry = 0 OR EXISTS (
        SELECT 1 FROM entries AS newest
        WHERE newest.ledger_account_id = due.client_wallet_id AND newest.number = accounts.last_entry)
), wallets AS (
    UPDATE ledger_accounts AS l SET balance_minor = l.balance_minor - j.charge_minor, last_entry = l.last_entry + 1
    FROM judged AS j WHERE j.is_affordable AND l.id = j.client_wallet_id AND j.charge_minor > 0
    RETURNING j.transfer_id, l.id, -j.charge_minor AS amount_minor, l.balance_minor, l.last_entry
), earnings AS (
    UPDATE ledger_accounts AS l SET balance_minor = l.balance_minor + j.earned_minor, last_entry = l.last_entry + 1
    FROM judged AS j WHERE j.is_affordable AND l.id = j.reader_earnings_id AND j.earned_minor > 0
    RETURNING j.transfer_id, l.id, j.earned_minor AS amount_minor, l.balance_minor, l.last_entry
), booked AS (
    INSERT INTO transfers (id, type, idempotency_key, reference_kind, reference_id, increment, amount_minor, currency, created_at)
    SELECT transfer_id, 'session_charge', 'charge:' || id || ':' || increment, 'consultation', id, increment,
        charge_minor, currency, $2
    FROM judged WHERE is_affordable AND charge_minor > 0
), written AS (
    INSERT INTO entries (transfer_id, ledger_account_id, amount_minor, number, balance_after_minor, created_at)
    SELECT transfer_id, id, amount_minor, last_entry, balance_minor, $2 FROM wallets
    UNION ALL SELECT transfer_id, id, amount_minor, last_entry, balance_minor, $2 FROM earnings
    UNION ALL SELECT j.transfer_id, revenue.id, j.charge_minor - j.earned_minor, NULL, NULL, $2
    FROM judged AS j
    JOIN ledger_accounts AS revenue ON revenue.owner_id IS NULL AND revenue.kind = 'revenue' AND revenue.currency = j.currency
    WHERE j.is_affordable AND j.charge_minor <> j.earned_minor
), moved AS (
    UPDATE consultations AS c SET
        version = c.version + 1,
        billed_increments = CASE WHEN j.is_affordable THEN j.increment ELSE c.billed_increments END,
        charged_minor = c.charged_minor + CASE WHEN j.is_affordable THEN j.charge_minor ELSE 0 END,
        earnings_minor = c.earnings_minor + CASE WHEN j.is_affordable THEN j.earned_minor ELSE 0 END,
        paid_until_at = CASE WHEN j.is_affordable
            THEN j.span_started_at + (j.increment * j.increment_ms - j.span_base_ms) * interval '1 millisecond' END,
        balance_low_told = CASE WHEN left_over.is_told THEN left_over.minutes ELSE c.balance_low_told END,
        balance_low_entry = CASE WHEN left_over.is_told THEN j.last_entry + (j.charge_minor > 0)::integer
            ELSE c.balance_low_entry END,
        is_paused = NOT j.is_affordable,
        pause_reason = CASE WHEN NOT j.is_affordable THEN 'balance' END,
        paused_at = CASE WHEN NOT j.is_affordable THEN j.paid_until_at END,
        connected_ms = CASE WHEN j.is_affordable THEN c.connected_ms ELSE (j.increment - 1) * j.increment_ms END,
        top_up_until_at = CASE WHEN NOT j.is_affordable THEN j.paid_until_at + $4::interval END
    FROM judged AS j
    CROSS JOIN LATERAL (SELECT (j.spendable_minor - j.charge_minor) / j.rate_per_minute_minor) AS whole (minutes)
    CROSS JOIN LATERAL (SELECT whole.minutes, j.is_affordable AND whole.minutes < j.told_minutes) AS left_over (minutes, is_told)
    WHERE c.id = j.id
    RETURNING c.id, c.version, c.paid_until_at, c.paused_at, c.charged_minor, c.refunded_minor, c.earnings_minor,
        j.is_affordable, j.client_id, j.reader_id, j.increment, j.charge_minor, left_over.minutes,
        j.balance_minor - j.charge_minor AS balance_minor,
        left_over.is_told AS tells_balance_low
)
SELECT * FROM moved ORDER BY id
"""

_CHARGE_DUE = _CHARGE.replace(
    "{filter}",
    "c.status = 'in_progress' AND c.paid_until_at <= $1 AND "
    + _ATTENDED.replace("{side}", "client_id")
    + " AND "
    + _ATTENDED.replace("{side}", "reader_id"),
)
_CHARGE_ONE = _CHARGE.replace("{filter}", "c.status = 'in_progress' AND c.paid_until_at <= $1 AND c.id = $5")


async def charge_due(tx: Transaction, *, now: datetime, limit: int, held_for: timedelta) -> ChargeRound:
    """Charge one increment of each due consultation whose two participants are present on nodes with a valid lease."""
    rows = await tx.fetch(_CHARGE_DUE, now, now, limit, held_for)
    return await _round(tx, rows)


async def charge_one(
    tx: Transaction, consultation_id: UUID, *, due_until: datetime, now: datetime, held_for: timedelta
) -> ChargeRound:
    """Charge one increment of one consultation, locked by this transaction, if it fell due up to `due_until`.

    The caller vouches that both participants were present until then.
    """
    rows = await tx.fetch(_CHARGE_ONE, due_until, now, 1, held_for, consultation_id)
    return await _round(tx, rows)


async def _round(tx: Transaction, rows: Sequence[Record]) -> ChargeRound:
    charged, exhausted = [], []
    for row in rows:
        if not row["is_affordable"]:
            exhausted.append(ExhaustedClock(row["id"], row["client_id"], row["reader_id"], row["paused_at"], row["version"]))
            continue
        charged.append(
            ChargedIncrement(
                consultation_id=row["id"],
                client_id=row["client_id"],
                reader_id=row["reader_id"],
                increment=row["increment"],
                amount_minor=row["charge_minor"],
                total_cost_minor=row["charged_minor"] - row["refunded_minor"],
                earnings_minor=row["earnings_minor"],
                balance_minor=row["balance_minor"],
                paid_until_at=row["paid_until_at"],
                version=row["version"],
                minutes_left=row["minutes"],
                tells_balance_low=row["tells_balance_low"],
            )
        )
    if exhausted:
        await tx.execute(
            "INSERT INTO consultation_timeline (consultation_id, version, kind, at)"
            " SELECT stopped.id, stopped.version, 'balance_exhausted', stopped.at"
            " FROM unnest($1::uuid[], $2::integer[], $3::timestamptz[]) AS stopped (id, version, at)",
            [clock.consultation_id for clock in exhausted],
            [clock.version for clock in exhausted],
            [clock.stopped_at for clock in exhausted],
        )
    return ChargeRound(charged, exhausted)

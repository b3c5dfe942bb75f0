"""People, wallets and running consultations in bulk, for benchmarks."""

from __future__ import annotations

from config.clock import MovableClock
from storage.database import Database
from storage.ledger import open_platform_accounts

_PEOPLE = """
WITH made AS (
    INSERT INTO users (id, email, display_name, password_hash, role, created_at, updated_at)
    SELECT new_uuid7(), role || number || '@bench.example.com', role || number, '-', role, $2, $2
    FROM generate_series(1, $1) AS number, unnest(ARRAY['client', 'reader']) AS role RETURNING id, role, display_name
), accounts AS (
    INSERT INTO ledger_accounts (kind, owner_id, currency, balance_minor) SELECT 'wallet', id, 'USD', 0 FROM made
    UNION ALL SELECT 'earnings', id, 'USD', 0 FROM made WHERE role = 'reader'
), logins AS (
    INSERT INTO logins (id, user_id, created_at, last_used_at, expires_at)
    SELECT id, id, $2, $2, $2::timestamptz + interval '900 days' FROM made
)
INSERT INTO readers (user_id, display_name, chosen_status, verification, verified_at, chat_rate_minor, created_at, updated_at)
SELECT id, display_name, 'online', 'verified', $2, 399, $2, $2 FROM made WHERE role = 'reader'
"""

_FUNDS = """
WITH wallets AS (
    UPDATE ledger_accounts SET balance_minor = 100000000, last_entry = 1 WHERE kind = 'wallet'
    RETURNING id, new_uuid7() AS transfer_id
), booked AS (
    INSERT INTO transfers (id, type, idempotency_key, reference_kind, reference_id, amount_minor, currency, created_at)
    SELECT transfer_id, 'promotion', 'bench:' || id, 'promotion', transfer_id, 100000000, 'USD', $1 FROM wallets
)
INSERT INTO entries (transfer_id, ledger_account_id, amount_minor, number, balance_after_minor, created_at)
SELECT transfer_id, id, 100000000, 1, 100000000, $1 FROM wallets
UNION ALL SELECT w.transfer_id, p.id, -100000000, NULL, NULL, $1
FROM wallets AS w, ledger_accounts AS p WHERE p.kind = 'promotions'
"""

_ROOMS = """
WITH node AS (
    INSERT INTO nodes (id, started_at, renewed_at, lease_expires_at)
    VALUES (new_uuid7(), $1, $1, $1::timestamptz + interval '900 days') RETURNING id
), people AS (
    SELECT id, role, row_number() OVER (PARTITION BY role ORDER BY id) AS number FROM users
), rooms AS (
    INSERT INTO consultations (id, client_id, reader_id, type, mode, status, rate_per_minute_minor, currency, settlement,
        minute_ms, increment_ms, free_ms, reader_share_bps, client_wallet_id, reader_earnings_id,
        requested_at, accepted_at, started_at, span_started_at, paid_until_at, client_joined_at, reader_joined_at, created_at)
    SELECT new_uuid7(), c.id, r.id, $2, $2, 'in_progress', 399, 'USD', 'minute', 60000, 60000, 10000, 7000, w.id, e.id,
        $1, $1, $1, $1, $1, $1, $1, $1
    FROM people AS c JOIN people AS r ON r.number = c.number AND r.role = 'reader'
    JOIN ledger_accounts AS w ON w.owner_id = c.id AND w.kind = 'wallet'
    JOIN ledger_accounts AS e ON e.owner_id = r.id AND e.kind = 'earnings'
    WHERE c.role = 'client' RETURNING id, client_id, reader_id
), seats AS (
    SELECT id AS consultation_id, client_id AS user_id FROM rooms UNION ALL SELECT id, reader_id FROM rooms
), connected AS (
    INSERT INTO connections (id, node_id, user_id, login_id, connected_at)
    SELECT 'c' || user_id, node.id, user_id, user_id, $1 FROM seats, node
)
INSERT INTO attendances (consultation_id, user_id, connection_id, node_id, joined_at)
SELECT consultation_id, user_id, 'c' || user_id, node.id, $1 FROM seats, node
"""


async def add_people(database: Database, pairs: int, clock: MovableClock) -> None:
    """So many clients and readers, each wallet holding 1,000,000.00."""
    async with database.transaction() as tx:
        await open_platform_accounts(tx, "USD")
        await tx.execute(_PEOPLE, pairs, clock.now())
        await tx.execute(_FUNDS, clock.now())


async def add_consultations(database: Database, pairs: int, clock: MovableClock, *, type: str = "chat") -> None:
    """So many running consultations, each due for its first increment now, all attended."""
    await add_people(database, pairs, clock)
    async with database.transaction() as tx:
        await tx.execute(_ROOMS, clock.now(), type)
        await tx.execute("ANALYZE")

"""Single ledger transfers per second, each with its idempotency key in a transaction of its own, beside pgbench's TPC-B.

python -m bench.ledger [--seconds 4] [--rounds 3] [--workers 8]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections.abc import Sequence
from uuid import UUID

import uvloop

from bench.people import add_people
from bench.postgres import migrated_postgres, run_tpc_b
from config.clock import MovableClock
from config.ids import new_id
from storage.database import Database
from storage.ledger import EntryDraft, TransferDraft, get_platform_account_id, insert_transfer
from storage.transaction import Transaction


def gift(wallet_id: int, earnings_id: int, revenue_id: int, nonce: UUID) -> TransferDraft:
    """Three entries, as a gift of 5.00 with a share of 70 % has them."""
    return TransferDraft(
        type="gift_purchase",
        idempotency_key=f"gift:{nonce}",
        reference_kind="gift",
        reference_id=nonce,
        currency="USD",
        amount_minor=500,
        entries=(EntryDraft(wallet_id, -500), EntryDraft(earnings_id, 350), EntryDraft(revenue_id, 150)),
    )


async def spend(database: Database, pairs: Sequence[tuple[int, int]], revenue_id: int, until: float, clock: MovableClock) -> int:
    """One worker: transfers between its own pairs, one after the other, until the time is up."""
    made = 0
    while time.perf_counter() < until:
        wallet_id, earnings_id = pairs[made % len(pairs)]
        draft = gift(wallet_id, earnings_id, revenue_id, new_id())

        async def book(tx: Transaction, draft: TransferDraft = draft) -> None:
            assert await insert_transfer(tx, draft, now=clock.now()) is not None

        await database.transact(book)
        made += 1
    return made


async def main(seconds: float, rounds: int, workers: int) -> None:
    async with migrated_postgres() as dsn:
        database = await Database.open(dsn, connections=workers)
        clock = MovableClock()
        await add_people(database, 1000, clock)
        async with database.connection() as connection:
            rows = await connection.fetch(
                "SELECT l.id, l.kind FROM ledger_accounts AS l JOIN users AS u ON u.id = l.owner_id"
                " WHERE (u.role, l.kind) IN (('client', 'wallet'), ('reader', 'earnings')) ORDER BY l.id"
            )
            revenue_id = await get_platform_account_id(connection, kind="revenue", currency="USD")
        wallets = [row["id"] for row in rows if row["kind"] == "wallet"]
        earnings = [row["id"] for row in rows if row["kind"] == "earnings"]
        pairs = list(zip(wallets, earnings, strict=True))
        rates, peers = [], []
        for _ in range(rounds):
            peers.append(await run_tpc_b(dsn, clients=workers, seconds=int(seconds)))
            until = time.perf_counter() + seconds
            shares = [pairs[number::workers] for number in range(workers)]
            made = await asyncio.gather(*(spend(database, share, revenue_id, until, clock) for share in shares))
            rates.append(sum(made) / seconds)
        await database.close()
    ours, theirs = statistics.median(rates), statistics.median(peers)
    print(f"transfers per second, {workers} workers in one Python process: {ours:,.0f}")
    print(f"pgbench TPC-B, {workers} clients: {theirs:,.0f} transactions per second")
    print(f"ratio of the medians: {ours / theirs:.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=8)
    arguments = parser.parse_args()
    uvloop.run(main(arguments.seconds, arguments.rounds, arguments.workers))

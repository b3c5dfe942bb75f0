"""Single ledger transfers per second, each with its idempotency key and committed on its own, beside TPC-B.

Both are driven by pgbench on the same server in the same run: what is compared is the work in the database.

    python -m bench.ledger [--seconds 4] [--rounds 3] [--clients 8]
"""

from __future__ import annotations

import argparse
import asyncio
import re
import statistics
import tempfile

from bench.people import add_people
from bench.postgres import migrated_postgres, run_script, run_tpc_b
from config.clock import MovableClock
from config.logging import configure_logging
from storage.database import Database
from storage.ledger import INSERT_TRANSFER, get_platform_account_id

_PAIRS = 1000


def gift_script(first_wallet: int, first_earnings: int, revenue_id: int) -> str:
    """The product's own statement with a gift of 5.00 filled in: three entries between a random pair and the platform."""
    values = {
        1: "new_uuid7()",
        2: "'gift_purchase'",
        3: "'posted'",
        4: "'gift:' || gen_random_uuid()",
        5: "'gift'",
        6: "new_uuid7()",
        7: "NULL::integer",
        8: "500",
        9: "'USD'",
        10: "''",
        11: "now()",
        12: "NULL::uuid",
        13: f"ARRAY[{first_wallet} + :pair, {first_earnings} + :pair, {revenue_id}]",
        14: "ARRAY[-500, 350, 150]",
    }
    # $1 stands twice: the transfer's id is made once, by a name of its own.
    statement = INSERT_TRANSFER.replace("SELECT $1, wanted.account_id", "SELECT (SELECT id FROM new_transfer), wanted.account_id")
    filled = re.sub(r"\$(\d+)", lambda place: values[int(place.group(1))], statement)
    return f"\\set pair random(0, {_PAIRS - 1})\n{' '.join(filled.split())};\n"


async def measure(seconds: int, rounds: int, clients: int) -> tuple[list[float], list[float]]:
    """Of each round: transfers per second, and TPC-B's transactions per second."""
    async with migrated_postgres() as dsn:
        database = await Database.open(dsn, connections=4)
        await add_people(database, _PAIRS, MovableClock())
        async with database.connection() as connection:
            first_wallet = await connection.fetch_value("SELECT min(id) FROM ledger_accounts WHERE kind = 'wallet'")
            first_earnings = await connection.fetch_value("SELECT min(id) FROM ledger_accounts WHERE kind = 'earnings'")
            revenue_id = await get_platform_account_id(connection, kind="revenue", currency="USD")
        await database.close()
        rates, peers = [], []
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
            script.write(gift_script(first_wallet, first_earnings, revenue_id))
            script.flush()
            for _ in range(rounds):
                peers.append(await run_tpc_b(dsn, clients=clients, seconds=seconds))
                rates.append(await run_script(dsn, script.name, clients=clients, seconds=seconds))
    return rates, peers


async def main(seconds: int, rounds: int, clients: int) -> None:
    rates, peers = await measure(seconds, rounds, clients)
    ours, theirs = statistics.median(rates), statistics.median(peers)
    print(f"transfers per second, {clients} clients: {ours:,.0f}")
    print(f"pgbench TPC-B, {clients} clients: {theirs:,.0f} transactions per second")
    print(f"ratio of the medians: {ours / theirs:.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, default=8)
    arguments = parser.parse_args()
    configure_logging(level="error", readable=True)
    asyncio.run(main(arguments.seconds, arguments.rounds, arguments.clients))

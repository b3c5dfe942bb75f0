"""Consultations charged per second by the set-based meter, beside pgbench's TPC-B on the same Postgres in the same run.

python -m bench.meter [--consultations 4000] [--rounds 5] [--nodes 2]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from datetime import timedelta

from bench.people import add_consultations
from bench.postgres import migrated_postgres, run_tpc_b
from config import limits
from config.clock import MovableClock
from config.logging import configure_logging
from storage.database import Database
from storage.meter import charge_due


async def charge_all(database: Database, clock: MovableClock) -> int:
    """Charge whatever is due as one node does: batch after batch, each in a transaction of its own."""
    total = 0
    while True:
        async with database.transaction() as tx:
            turn = await charge_due(tx, now=clock.now(), limit=limits.METER_BATCH, held_for=timedelta(seconds=120))
        if not turn.charged:
            return total
        total += len(turn.charged)


async def measure(consultations: int, rounds: int, nodes: int, seconds: int = 4) -> tuple[list[float], list[float]]:
    """Of each round: consultations charged per second, and TPC-B's transactions per second."""
    async with migrated_postgres() as dsn:
        database = await Database.open(dsn, connections=4)
        clock = MovableClock()
        await add_consultations(database, consultations, clock)
        await charge_all(database, clock)  # the first increment, and warm caches
        rates, peers = [], []
        for _ in range(rounds):
            peers.append(await run_tpc_b(dsn, clients=8, seconds=seconds))
            clock.advance(60)
            began = time.perf_counter()
            charged = sum(await asyncio.gather(*(charge_all(database, clock) for _ in range(nodes))))
            rates.append(charged / (time.perf_counter() - began))
            assert charged == consultations
        await database.close()
    return rates, peers


async def main(consultations: int, rounds: int, nodes: int) -> None:
    rates, peers = await measure(consultations, rounds, nodes)
    ours, theirs = statistics.median(rates), statistics.median(peers)
    print(f"charged per second by {nodes} nodes: {ours:,.0f} (of {rounds} rounds: {', '.join(f'{rate:,.0f}' for rate in rates)})")
    print(f"pgbench TPC-B, 8 clients: {theirs:,.0f} transactions per second")
    print(f"ratio of the medians: {ours / theirs:.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--consultations", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--nodes", type=int, default=2, help="how many nodes tick at once")
    arguments = parser.parse_args()
    configure_logging(level="error", readable=True)
    asyncio.run(main(arguments.consultations, arguments.rounds, arguments.nodes))

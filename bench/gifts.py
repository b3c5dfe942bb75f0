"""Gifts per second as they are sent: judged, paid, split, told in the chat and added up; beside pgbench's TPC-B.

So many senders at once, each with one gift under way, through one wallet (as if one person could) and through a thousand; in one
livestream, where every gift changes the same reader's earnings and the same tally, and in a hundred. What runs is the product's
own writer in a process of this benchmark, without sockets; TPC-B is run by pgbench on the same server in the same run.

    python -m bench.gifts [--seconds 4] [--rounds 3] [--clients 8] [--senders 200]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from bench.gift_fanout import add_livestream
from bench.people import add_people
from bench.postgres import migrated_postgres, run_tpc_b
from billing.gifts.catalogue import open_gift_kinds
from billing.ledger.check import check_ledger
from config.clock import MovableClock
from config.ids import new_id
from config.logging import configure_logging
from config.settings import BillingSettings
from realtime.gifts.writer import GiftWriter
from storage.database import Database
from storage.gift_kinds import list_gift_kinds
from storage.gifts import GiftDraft
from storage.transaction import Event

_PEOPLE = 1000
_LIVESTREAMS = 100


@dataclass
class Case:
    """Who sends, and where; `rates` are gifts per second of each round, `delays` milliseconds until paid."""

    name: str
    senders: Sequence[UUID]
    livestreams: Sequence[UUID]
    rates: list[float] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)


async def _forget(_events: Sequence[Event]) -> None:
    """Nobody watches here."""


async def run_round(writer: GiftWriter, case: Case, kind_id: UUID, *, at_once: int, seconds: float) -> None:
    numbers, until = itertools.count(), time.perf_counter() + seconds
    delays: list[float] = []

    async def give() -> None:
        while (began := time.perf_counter()) < until:
            number = next(numbers)
            draft = GiftDraft(
                id=new_id(),
                line_id=new_id(),
                sender_id=case.senders[number % len(case.senders)],
                livestream_id=case.livestreams[number % len(case.livestreams)],
                consultation_id=None,
                gift_kind_id=kind_id,
                quantity=1,
                message="",
                nonce=str(new_id()),
            )
            outcome = await writer.store(draft)
            assert outcome.error is None, outcome.error
            delays.append((time.perf_counter() - began) * 1000)

    began = time.perf_counter()
    await asyncio.gather(*(give() for _ in range(at_once)))
    case.rates.append(len(delays) / (time.perf_counter() - began))
    case.delays += delays


async def measure(seconds: int, rounds: int, clients: int, senders: int) -> tuple[list[Case], list[float]]:
    async with migrated_postgres() as dsn:
        database, clock = await Database.open(dsn, connections=4), MovableClock()
        await add_people(database, _PEOPLE, clock)
        await database.transact(lambda tx: open_gift_kinds(tx, "USD", now=clock.now()))
        async with database.connection() as db:
            people = {
                role: [row["id"] for row in await db.fetch("SELECT id FROM users WHERE role = $1 ORDER BY id", role)]
                for role in ("client", "reader")
            }
            kind = (await list_gift_kinds(db, currency="USD", is_active=True, limit=1))[0]
        livestreams = [await add_livestream(database, reader) for reader in people["reader"][:_LIVESTREAMS]]
        cases = [
            Case("one wallet, one livestream", people["client"][:1], livestreams[:1]),
            Case("1,000 wallets, one livestream", people["client"], livestreams[:1]),
            Case("1,000 wallets, 100 livestreams", people["client"], livestreams),
        ]
        writer = GiftWriter(dsn=dsn, clock=clock, billing=BillingSettings(), deliver=_forget)
        await writer.start()
        peers = []
        for _ in range(rounds):
            peers.append(await run_tpc_b(dsn, clients=clients, seconds=seconds))
            for case in cases:
                await run_round(writer, case, kind.id, at_once=senders, seconds=seconds)
        await writer.close()
        assert (await check_ledger(database, clock)).ok
        await database.close()
    return cases, peers


def table(cases: list[Case], peers: list[float]) -> str:
    theirs = statistics.median(peers)
    lines = [f"{'':<34}{'gifts/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'of TPC-B':>10}"]
    for case in cases:
        delays, rate = sorted(case.delays), statistics.median(case.rates)
        p50, p99 = delays[len(delays) // 2], delays[len(delays) * 99 // 100]
        lines.append(f"{case.name:<34}{rate:>9,.0f}{p50:>9.1f}{p99:>9.1f}{rate / theirs:>10.2f}")
    return "\n".join([*lines, f"{'pgbench TPC-B':<34}{theirs:>9,.0f}"])


async def main(seconds: int, rounds: int, clients: int, senders: int) -> None:
    cases, peers = await measure(seconds, rounds, clients, senders)
    print(
        f"gifts per second, {senders} under way at once; TPC-B with {clients} clients; medians of {rounds} rounds of {seconds} s"
    )
    print(table(cases, peers))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--senders", type=int, default=200)
    arguments = parser.parse_args()
    configure_logging(level="error", readable=True)
    asyncio.run(main(arguments.seconds, arguments.rounds, arguments.clients, arguments.senders))

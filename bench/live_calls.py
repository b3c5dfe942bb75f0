"""What 200 calls cost the server: signalling, reports of media and metering, beside the same number of chats in one run.

Media go from browser to browser, so nothing of them passes through the server. Everybody says a message every ten seconds; who
calls negotiates anew at the beginning of each round (an offer, an answer, 12 candidates a side) and reports every two seconds.
The server has one core, the load and Postgres share the other. Rounds are interleaved; figures are medians of the rounds.

    python -m bench.live_calls [--rounds 3] [--pairs 200] [--seconds 20]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from bench.call_load import CANDIDATES
from bench.load import Load, run_load
from bench.people import add_consultations
from bench.postgres import add_database, migrated_postgres
from bench.processes import Measured, authenticator, run_soulseer, starting_now, stay_on_load_core
from config.logging import configure_logging
from storage.database import Database
from storage.migrate import migrate

CHAT, CALL = "chat", "call"


async def seed(dsn: str, pairs: int, type: str) -> list[list[dict[str, str]]]:
    """Running consultations, and who takes part in each: a token and the room."""
    await migrate(dsn)
    database = await Database.open(dsn, connections=4)
    await add_consultations(database, pairs, starting_now(), type=type)
    async with database.connection() as connection:
        rows = await connection.fetch("SELECT id, client_id, reader_id FROM consultations ORDER BY id")
    issue = authenticator(database).issue
    plans = [
        [
            {"token": issue(user_id=person, login_id=person), "room": str(row["id"])}
            for person in (row["client_id"], row["reader_id"])
        ]
        for row in rows
    ]
    await database.close()
    return plans


@dataclass
class Side:
    name: str
    server: Measured
    load: Load
    pairs: int
    shares: list[float] = field(default_factory=list)
    commands: int = 0

    async def run_round(self, seconds: float) -> None:
        before = self.server.cpu_seconds()
        result = await self.load.tell({"seconds": seconds})
        self.shares.append((self.server.cpu_seconds() - before) / seconds)
        assert set(result["answers"]) == {"ok"}, result["answers"]
        self.commands = result["answers"]["ok"]
        wanted = 2 * self.pairs * (CANDIDATES + 1) if self.name == CALL else 0
        assert result["signals"] == wanted, (result["signals"], wanted)

    @property
    def share(self) -> float:
        """Of one core."""
        return statistics.median(self.shares)


@asynccontextmanager
async def run_sides(pairs: int) -> AsyncIterator[list[Side]]:
    async with AsyncExitStack() as stack:
        dsn = await stack.enter_async_context(migrated_postgres())
        sides = []
        for name in (CHAT, CALL):
            side_dsn = await add_database(dsn, f"{name}s")
            plans = await seed(side_dsn, pairs, name)
            server = await stack.enter_async_context(run_soulseer(side_dsn))
            load = await stack.enter_async_context(run_load("bench.call_load"))
            wanted = {"port": server.port, "pairs": plans, "calls": name == CALL}
            assert await load.tell(wanted) == {"ready": True}
            sides.append(Side(name, server, load, pairs))
        yield sides


async def measure(pairs: int, rounds: int, seconds: float) -> tuple[Side, Side]:
    """The chats and the calls."""
    async with run_sides(pairs) as sides:
        for _ in range(rounds):
            for side in sides:
                await side.run_round(seconds)
        chats, calls = sides
        return chats, calls


async def main(pairs: int, rounds: int, seconds: float) -> None:
    stay_on_load_core()
    chats, calls = await measure(pairs, rounds, seconds)
    print(f"{pairs} pairs for {seconds:.0f} s, medians of {rounds} rounds: share of one core, commands answered")
    for side in (chats, calls):
        print(f"{side.name:<6}{side.share:>8.1%}{side.commands:>10,}")
    print(f"calls beside chats: {calls.share / chats.share:.1f} times")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=20)
    arguments = parser.parse_args()
    configure_logging(level="error", readable=True)
    asyncio.run(main(arguments.pairs, arguments.rounds, arguments.seconds))

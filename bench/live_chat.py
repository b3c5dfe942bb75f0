"""Durable chat with all rules on, beside the plainest python-socketio and asyncpg server, in one run.

100 pairs talk in turns over real WebSockets, 200-byte texts, each message committed before it is acknowledged and delivered.
The server has one core, the load and Postgres share the other. Rounds are short (as much as the rate limits let a person say at
once) and interleaved; figures are medians of the rounds. CPU is the server process alone.

    python -m bench.live_chat [--rounds 7] [--pairs 100]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import orjson

from bench.chat_load import NONCE
from bench.load import Load, run_load
from bench.people import add_consultations
from bench.postgres import add_database, migrated_postgres
from bench.processes import Measured, authenticator, run_measured, run_soulseer, starting_now, stay_on_load_core
from config import limits
from config.logging import configure_logging
from storage.database import Database
from storage.migrate import migrate

Plans = list[list[dict[str, str]]]
TEXT = "The cards speak of a journey; " * 6 + "of two roads, a door"
assert len(TEXT) == 200
# Of each person in one round: within the burst that the limits allow, refilled before the next round.
SAID_AT_ONCE = limits.COMMANDS_BURST - 10
REFILL_SECONDS = SAID_AT_ONCE / limits.COMMANDS_PER_SECOND


def _command(name: str, **payload: str) -> str:
    return "420" + orjson.dumps([name, payload]).decode()


async def seed(dsn: str, pairs: int) -> Plans:
    """Running consultations, and what their people send: a token each, the join, the text."""
    await migrate(dsn)
    database = await Database.open(dsn, connections=4)
    await add_consultations(database, pairs, starting_now())
    async with database.connection() as connection:
        rows = await connection.fetch("SELECT id, client_id, reader_id FROM consultations ORDER BY id")
    issue = authenticator(database).issue
    plans = []
    for row in rows:
        room = str(row["id"])
        join = _command("consultation.join", consultation_id=room)
        say = _command("message.send", consultation_id=room, content=TEXT, kind="text", nonce=NONCE)
        people = (row["client_id"], row["reader_id"])
        plans.append([{"token": issue(user_id=person, login_id=person), "join": join, "say": say} for person in people])
    await database.close()
    return plans


def plain_plans(pairs: int) -> Plans:
    return [
        [
            {
                "token": f"{us}{number}",
                "join": "",
                "say": _command("message.send", to=f"{them}{number}", content=TEXT, nonce=NONCE),
            }
            for us, them in (("a", "b"), ("b", "a"))
        ]
        for number in range(pairs)
    ]


@dataclass
class Side:
    """One server under load, and what its rounds gave."""

    name: str
    server: Measured
    load: Load
    pairs: int
    rested_at: float = 0.0
    rounds: list[dict[str, float]] = field(default_factory=list)

    async def run_round(self, messages: int) -> None:
        """`messages` of each pair."""
        await asyncio.sleep(max(0.0, self.rested_at - time.monotonic()))
        before = self.server.cpu_seconds()
        result = await self.load.tell({"messages": messages})
        cpu = self.server.cpu_seconds() - before
        self.rested_at = time.monotonic() + REFILL_SECONDS
        self.rounds.append(
            {
                "cpu": cpu / result["messages"] * 1000,
                "rate": result["messages"] / result["seconds"],
                "p50": result["p50_ms"],
                "p99": result["p99_ms"],
            }
        )

    def median(self, figure: str) -> float:
        return statistics.median(result[figure] for result in self.rounds)


@asynccontextmanager
async def run_sides(pairs: int, names: list[str]) -> AsyncIterator[list[Side]]:
    async with AsyncExitStack() as stack:
        dsn = await stack.enter_async_context(migrated_postgres())
        sides = []
        for name in names:
            side_dsn = await add_database(dsn, name.replace(" ", "_"))
            if name == PLAIN:
                plans = plain_plans(pairs)
                server = await stack.enter_async_context(run_measured("bench.plain_chat", side_dsn))
            else:
                plans = await seed(side_dsn, pairs)
                server = await stack.enter_async_context(run_soulseer(side_dsn, direct=name == DIRECT))
            load = await stack.enter_async_context(run_load("bench.chat_load"))
            assert await load.tell({"port": server.port, "pairs": plans}) == {"ready": True}
            sides.append(Side(name, server, load, pairs))
        yield sides


DIRECT, STOCK, PLAIN = "direct path", "direct path off", "plain server"


async def measure(pairs: int, rounds: int, names: list[str]) -> list[Side]:
    async with run_sides(pairs, names) as sides:
        for side in sides:
            await side.run_round(2 * SAID_AT_ONCE)
            side.rounds.clear()  # that was to warm up
        for number in range(rounds):
            for side in sides if number % 2 else reversed(sides):
                await side.run_round(2 * SAID_AT_ONCE)
        return sides


def share_of_plain(sides: list[Side]) -> float | None:
    """CPU per message on the direct path as a share of the plain server's, when both were measured."""
    cpu = {side.name: side.median("cpu") for side in sides}
    return cpu[DIRECT] / cpu[PLAIN] if cpu.keys() >= {DIRECT, PLAIN} else None


def table(sides: list[Side]) -> str:
    lines = [f"{'':<18}{'CPU s per 1,000':>16}{'messages/s':>12}{'p50 ms':>9}{'p99 ms':>9}"]
    for side in sides:
        cpu, rate, p50, p99 = (side.median(figure) for figure in ("cpu", "rate", "p50", "p99"))
        lines.append(f"{side.name:<18}{cpu:>16.4f}{rate:>12,.0f}{p50:>9.1f}{p99:>9.1f}")
    return "\n".join(lines)


async def main(pairs: int, rounds: int, names: list[str]) -> None:
    stay_on_load_core()
    sides = await measure(pairs, rounds, names)
    print(f"durable chat, {pairs} pairs, {len(TEXT)}-byte texts, medians of {rounds} rounds")
    print(table(sides))
    share = share_of_plain(sides)
    if share is not None:
        print(f"CPU per message, share of the plain server's: {share:.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--sides", nargs="+", default=[DIRECT, STOCK, PLAIN], choices=[DIRECT, STOCK, PLAIN])
    arguments = parser.parse_args()
    configure_logging(level="error", readable=True)
    asyncio.run(main(arguments.pairs, arguments.rounds, arguments.sides))

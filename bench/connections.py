"""Memory and CPU of idle connections, beside the plainest server's; and the memory of a server that nobody uses.

Each connection is somebody else, let in with a token of their own. Memory per connection is what the server grew by between the
first hundred and the last, divided by their number.

    python -m bench.connections [--count 10000]
"""

from __future__ import annotations

import argparse
import asyncio
import resource
from dataclasses import dataclass

from bench.load import Load, run_load
from bench.people import add_people
from bench.postgres import add_database, migrated_postgres
from bench.processes import Measured, authenticator, run_measured, run_soulseer, starting_now, stay_on_load_core
from config.logging import configure_logging
from storage.database import Database
from storage.migrate import migrate

_FIRST = 100
_IDLE_SECONDS = 10.0
_SETTLE_SECONDS = 2.0


@dataclass(frozen=True)
class Figures:
    name: str
    idle_bytes: int
    bytes_each: float
    connected_per_second: float
    # Share of one core that all connections together take while nobody says anything.
    idle_core: float


async def seed(dsn: str, count: int) -> list[str]:
    """So many people, half of them readers; a token each."""
    await migrate(dsn)
    database = await Database.open(dsn, connections=4)
    await add_people(database, -(-count // 2), starting_now())
    async with database.connection() as connection:
        people = [row["id"] for row in await connection.fetch("SELECT id FROM users LIMIT $1", count)]
    issue = authenticator(database).issue
    tokens = [issue(user_id=person, login_id=person) for person in people]
    await database.close()
    return tokens


async def measure(name: str, server: Measured, load: Load, tokens: list[str]) -> Figures:
    await asyncio.sleep(_SETTLE_SECONDS)
    idle = server.resident_bytes()
    await load.tell({"port": server.port, "tokens": tokens[:_FIRST]})
    before = server.resident_bytes()
    answer = await load.tell({"port": server.port, "tokens": tokens[_FIRST:]})
    await asyncio.sleep(_SETTLE_SECONDS)
    cpu = server.cpu_seconds()
    await asyncio.sleep(_IDLE_SECONDS)
    cpu = server.cpu_seconds() - cpu
    assert answer["open"] == len(tokens), f"only {answer['open']} of {len(tokens)} connections stayed open"
    added = len(tokens) - _FIRST
    grown = server.resident_bytes() - before
    return Figures(name, idle, grown / added, added / answer["seconds"], cpu / _IDLE_SECONDS)


async def measure_both(count: int) -> list[Figures]:
    async with migrated_postgres() as dsn:
        ours = await add_database(dsn, "ours")
        tokens = await seed(ours, count)
        async with run_soulseer(ours) as server, run_load("bench.idle_load") as load:
            found = [await measure("SoulSeer", server, load, tokens)]
        plain = await add_database(dsn, "plain")
        tokens = [f"person{number}" for number in range(count)]
        async with run_measured("bench.plain_chat", plain) as server, run_load("bench.idle_load") as load:
            found.append(await measure("plain server", server, load, tokens))
    return found


def table(found: list[Figures]) -> str:
    lines = [f"{'':<18}{'idle MiB':>10}{'KiB each':>10}{'connects/s':>12}{'idle core %':>13}"]
    for figures in found:
        lines.append(
            f"{figures.name:<18}{figures.idle_bytes / 2**20:>10.1f}{figures.bytes_each / 1024:>10.1f}"
            f"{figures.connected_per_second:>12,.0f}{figures.idle_core * 100:>13.1f}"
        )
    return "\n".join(lines)


def allow_files(count: int) -> int:
    """How many connections fit into the files that a process may open, having raised that as far as it goes."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return min(count, hard - 500)


async def main(count: int) -> None:
    stay_on_load_core()
    count = allow_files(count)
    print(f"{count:,} idle connections (memory of the server alone, without Postgres)")
    print(table(await measure_both(count)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    arguments = parser.parse_args()
    configure_logging(level="error", readable=True)
    asyncio.run(main(arguments.count))

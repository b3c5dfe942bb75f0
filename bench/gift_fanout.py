"""Gifts in one large room: how long until the last viewer has heard of each, and what a delivery costs.

5,000 viewers over real WebSockets, five gifts a second, each paid and stored before it is told. Beside it, in the same run and
with the same bytes to each viewer: our server with the direct path off, the plain python-socketio server (plain_room.py), and
Node's socket.io (node_room.mjs; with `--node`, which installs socket.io and pg into a temporary folder). The server has one core,
the load and Postgres share the other; CPU is the server process alone.

    python -m bench.gift_fanout [--viewers 5000] [--gifts 100] [--per-second 5] [--rounds 3] [--node]
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from bench.connections import allow_files
from bench.load import Load, run_load
from bench.people import add_people
from bench.postgres import add_database, migrated_postgres
from bench.processes import (
    Measured,
    authenticator,
    run_command,
    run_measured,
    run_soulseer,
    starting_now,
    stay_on_load_core,
)
from bench.room_load import NONCE
from billing.gifts.catalogue import open_gift_kinds
from config.ids import new_id
from config.logging import configure_logging
from storage.database import Database
from storage.gift_kinds import list_gift_kinds
from storage.migrate import migrate

DIRECT, STOCK, PLAIN, NODE = "direct path", "direct path off", "plain server", "Node socket.io"
SENDERS = 25
Plan = dict[str, Any]


def _command(name: str, **payload: str | int) -> str:
    return "420" + orjson.dumps([name, payload]).decode()


async def add_livestream(database: Database, reader_id: UUID) -> UUID:
    """Live, without any media: what is measured is who is told."""
    livestream_id, now = new_id(), starting_now().now()
    async with database.transaction() as tx:
        await tx.execute(
            "INSERT INTO livestreams (id, reader_id, title, category, status, created_at, started_at, is_paused, pause_reason)"
            " VALUES ($1, $2, 'Evening', 'tarot', 'live', $3, $3, true, 'private')",
            livestream_id,
            reader_id,
            now,
        )
        await tx.execute("INSERT INTO livestream_tallies (livestream_id) VALUES ($1)", livestream_id)
    return livestream_id


async def seed(dsn: str, viewers: int) -> Plan:
    """A live livestream, and what its viewers and givers send: a token each, the join, the gift."""
    await migrate(dsn)
    database = await Database.open(dsn, connections=4)
    # Clients alone: a reader who connects is online, which is told to those who follow them.
    await add_people(database, viewers + SENDERS, starting_now())
    await database.transact(lambda tx: open_gift_kinds(tx, "USD", now=starting_now().now()))
    async with database.connection() as db:
        reader_id = await db.fetch_value("SELECT min(user_id::text)::uuid FROM readers")
        clients = [row["id"] for row in await db.fetch("SELECT id FROM users WHERE role = 'client' ORDER BY id")]
        kind = (await list_gift_kinds(db, currency="USD", is_active=True, limit=1))[0]
    livestream_id = str(await add_livestream(database, reader_id))
    async with database.connection() as db:
        await db.execute("ANALYZE")
    await database.close()
    issue = authenticator(database).issue
    join = _command("livestream.join", livestream_id=livestream_id)
    give = _command("gift.send", livestream_id=livestream_id, gift_kind_id=str(kind.id), quantity=1, message=NONCE, nonce=NONCE)
    people = [{"token": issue(user_id=person, login_id=person), "join": join, "give": give} for person in clients]
    return {"senders": people[:SENDERS], "viewers": people[SENDERS:]}


def plain_plan(viewers: int) -> Plan:
    join, give = _command("livestream.join"), _command("gift.send", message=NONCE, nonce=NONCE)
    people = [{"token": f"person{number}", "join": join, "give": give} for number in range(viewers + SENDERS)]
    return {"senders": people[:SENDERS], "viewers": people[SENDERS:]}


@dataclass
class Side:
    """One server under load, and what its rounds gave."""

    name: str
    server: Measured
    load: Load
    rounds: list[dict[str, float]] = field(default_factory=list)
    sample: str = ""

    async def run_round(self, gifts: int, per_second: float, *, stop_reading: int = 0) -> dict[str, Any]:
        before = self.server.cpu_seconds()
        result = await self.load.tell({"gifts": gifts, "per_second": per_second, "stop_reading": stop_reading})
        result["cpu"] = (self.server.cpu_seconds() - before) / result["deliveries"] * 100_000
        self.sample = result.pop("sample")
        self.rounds.append(result)
        return result

    def median(self, figure: str) -> float:
        return statistics.median(result[figure] for result in self.rounds)


@asynccontextmanager
async def run_side(name: str, viewers: int, dsn: str, event: Path, *, narrow: int = 0) -> AsyncIterator[Side]:
    """One server with its room filled. `event`: where the plain servers find what they tell; `narrow`: of the viewers, how many
    have a network that holds little.
    """
    side_dsn = await add_database(dsn, f"{name.replace(' ', '_').replace('.', '_')}_{viewers}")
    async with AsyncExitStack() as stack:
        if name in (DIRECT, STOCK):
            plan = await seed(side_dsn, viewers)
            server = await stack.enter_async_context(run_soulseer(side_dsn, direct=name == DIRECT))
        elif name == PLAIN:
            plan = plain_plan(viewers)
            server = await stack.enter_async_context(run_measured("bench.plain_room", side_dsn, str(event)))
        else:
            plan = plain_plan(viewers)
            server = await stack.enter_async_context(_run_node(side_dsn, event))
        load = await stack.enter_async_context(run_load("bench.room_load"))
        assert await load.tell({"port": server.port, "narrow": narrow, **plan}) == {"ready": True}
        yield Side(name, server, load)


@asynccontextmanager
async def _run_node(dsn: str, event: Path) -> AsyncIterator[Measured]:
    with tempfile.TemporaryDirectory(prefix="soulseer-bench-") as folder:
        shutil.copy(Path(__file__).with_name("node_room.mjs"), folder)
        install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "socket.io@4", "pg@8"]
        await asyncio.to_thread(subprocess.run, install, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        async with run_command("node", str(Path(folder) / "node_room.mjs"), dsn, str(event)) as server:
            yield server


async def measure(viewers: int, gifts: int, per_second: float, rounds: int, names: list[str]) -> list[Side]:
    """One side after the other: each room takes its memory. Ours is the first, and the others tell what it told."""
    sides = []
    with tempfile.TemporaryDirectory(prefix="soulseer-bench-") as folder:
        event = Path(folder) / "event.json"
        async with migrated_postgres() as dsn:
            for name in names:
                async with run_side(name, viewers, dsn, event) as side:
                    await side.run_round(SENDERS, per_second * 2)
                    side.rounds.clear()  # that was to warm up, and to fill the list of the top senders
                    for _ in range(rounds):
                        await side.run_round(gifts, per_second)
                    if not event.exists():
                        event.write_text(side.sample, encoding="utf-8")
                    sides.append(side)
    return sides


def table(sides: list[Side]) -> str:
    lines = [f"{'':<18}{'CPU s per 100,000':>18}{'last viewer p50':>17}{'p99 ms':>9}{'bytes':>8}"]
    for side in sides:
        cpu, p50, p99, size = (side.median(figure) for figure in ("cpu", "last_p50_ms", "last_p99_ms", "bytes"))
        lines.append(f"{side.name:<18}{cpu:>18.2f}{p50:>17.1f}{p99:>9.1f}{size:>8.0f}")
    return "\n".join(lines)


async def main(viewers: int, gifts: int, per_second: float, rounds: int, names: list[str]) -> None:
    stay_on_load_core()
    viewers = allow_files(viewers)
    print(f"{viewers:,} viewers in one room, {per_second:g} gifts a second, medians of {rounds} rounds of {gifts} gifts")
    print(table(await measure(viewers, gifts, per_second, rounds, names)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--viewers", type=int, default=5_000)
    parser.add_argument("--gifts", type=int, default=100)
    parser.add_argument("--per-second", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--node", action="store_true", help="also Node's socket.io, installed into a temporary folder")
    parser.add_argument("--sides", nargs="+", default=[DIRECT, STOCK, PLAIN], choices=[DIRECT, STOCK, PLAIN])
    arguments = parser.parse_args()
    configure_logging(level="error", readable=True)
    wanted = [*arguments.sides, *([NODE] if arguments.node else [])]
    asyncio.run(main(arguments.viewers, arguments.gifts, arguments.per_second, arguments.rounds, wanted))

"""Viewers who stop reading, in a room that goes on: what they cost in memory, and what the others notice.

1,000 viewers, ten gifts a second; in the second half of the run 100 of them read nothing any more, whose networks hold little (a
small receive buffer, as on a phone). What counts: the server's memory levels off (each connection may leave so many bytes unread,
then it is dropped, and catches up when it comes back), and the p99 of the others stays what it was. Beside it, the plain
python-socketio server.

    python -m bench.slow_viewers [--viewers 1000] [--stopping 100] [--seconds 30]
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.connections import allow_files
from bench.gift_fanout import DIRECT, PLAIN, SENDERS, Side, run_side
from bench.postgres import migrated_postgres
from bench.processes import Measured, stay_on_load_core
from config.logging import configure_logging

PER_SECOND = 10.0
_MIB = 2**20


@dataclass(frozen=True)
class Figures:
    """Milliseconds of the others, without and with those who stop; MiB that the server grew by, by half and by the end."""

    name: str
    p99_before: float
    p99_after: float
    grown_by_half: float
    grown: float
    closed: int


async def watch_memory(server: Measured, sizes: list[int]) -> None:
    while True:
        sizes.append(server.resident_bytes())
        await asyncio.sleep(0.5)


async def measure_side(side: Side, *, stopping: int, seconds: float) -> Figures:
    gifts = int(seconds * PER_SECOND)
    await side.run_round(SENDERS, PER_SECOND)
    before = await side.run_round(gifts, PER_SECOND)
    sizes: list[int] = []
    watching = asyncio.create_task(watch_memory(side.server, sizes))
    after = await side.run_round(gifts, PER_SECOND, stop_reading=stopping)
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    grown = [(size - sizes[0]) / _MIB for size in sizes]
    half = max(grown[: len(grown) // 2])
    return Figures(side.name, before["p99_ms"], after["p99_ms"], half, max(grown), after["closed"])


async def measure(viewers: int, stopping: int, seconds: float) -> list[Figures]:
    found = []
    with tempfile.TemporaryDirectory(prefix="soulseer-bench-") as folder:
        event = Path(folder) / "event.json"
        async with migrated_postgres() as dsn:
            for name in (DIRECT, PLAIN):
                async with run_side(name, viewers, dsn, event, narrow=stopping) as side:
                    found.append(await measure_side(side, stopping=stopping, seconds=seconds))
                    if not event.exists():
                        event.write_text(side.sample, encoding="utf-8")
    return found


def table(found: list[Figures]) -> str:
    lines = [f"{'':<16}{'p99 ms':>9}{'with them':>11}{'ratio':>7}{'MiB by half':>13}{'by the end':>12}{'dropped':>9}"]
    for figures in found:
        ratio = figures.p99_after / figures.p99_before
        lines.append(
            f"{figures.name:<16}{figures.p99_before:>9.1f}{figures.p99_after:>11.1f}{ratio:>7.2f}"
            f"{figures.grown_by_half:>13.1f}{figures.grown:>12.1f}{figures.closed:>9}"
        )
    return "\n".join(lines)


async def main(viewers: int, stopping: int, seconds: float) -> None:
    stay_on_load_core()
    viewers = allow_files(viewers)
    print(
        f"{viewers:,} viewers of whom {stopping} stop reading, {PER_SECOND:g} gifts a second, {seconds:g} s without and with them"
    )
    print(table(await measure(viewers, stopping, seconds)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--viewers", type=int, default=1_000)
    parser.add_argument("--stopping", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=30)
    arguments = parser.parse_args()
    configure_logging(level="error", readable=True)
    asyncio.run(main(arguments.viewers, arguments.stopping, arguments.seconds))

"""What recording costs: CPU seconds of the process that takes in both sides' media, for each minute of one consultation.

Ours passes packets on and writes them as they are; the plain one beside it decodes and encodes (`plain_recorder.py`). The two are
measured in turns, on the same media.

python -m bench.recording [--seconds 20] [--rounds 2]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil

from bench.recorded_media import Person, encoded
from config.logging import configure_logging
from realtime.media.relay.options import RelayOptions
from realtime.media.relay_process import RelayProcess

SIDES = ("client", "reader")
_SETTLE_SECONDS = 4
Connect = Callable[[str, str], Awaitable[str]]


@asynccontextmanager
async def _ours(folder: Path) -> AsyncIterator[tuple[int, Connect]]:
    async def ignore(_room: str, _message: dict[str, Any]) -> None:
        return None

    relay = RelayProcess(RelayOptions(rooms_maximum=1, log_level="error"), ignore)
    await relay.ask("open", room="r", folder=str(folder))
    assert relay.process_id is not None

    async def connect(side: str, sdp: str) -> str:
        return str((await relay.ask("connect", room="r", side=side, sdp=sdp, with_video=True))["sdp"])

    yield relay.process_id, connect
    await relay.ask("close", room="r")
    await relay.close()


@asynccontextmanager
async def _plain(folder: Path) -> AsyncIterator[tuple[int, Connect]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.plain_recorder",
        str(folder),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**20,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    stdin, stdout = process.stdin, process.stdout

    async def connect(side: str, sdp: str) -> str:
        stdin.write(json.dumps({"side": side, "sdp": sdp}).encode() + b"\n")
        return str(json.loads(await stdout.readline())["sdp"])

    yield process.pid, connect
    stdin.close()
    await process.wait()


async def _measure_one(recorder: Any, seconds: float) -> float:
    """CPU seconds for each minute of one consultation, both sides."""
    with tempfile.TemporaryDirectory(prefix="soulseer-bench-") as folder:
        async with recorder(Path(folder)) as (process_id, connect):
            people = [Person() for _ in SIDES]
            for side, person in zip(SIDES, people, strict=True):
                await person.accept(await connect(side, await person.offer()))
            await asyncio.sleep(_SETTLE_SECONDS)
            process = psutil.Process(process_id)
            before = process.cpu_times()
            await asyncio.sleep(seconds)
            after = process.cpu_times()
            await asyncio.gather(*(person.close() for person in people))
        assert _are_filled(Path(folder)), "something was not recorded"
    return (after.user + after.system - before.user - before.system) * 60 / seconds


def _are_filled(folder: Path) -> bool:
    sizes = [file.stat().st_size for file in folder.iterdir()]
    return len(sizes) == len(SIDES) and min(sizes) > 100_000


async def measure(*, seconds: float, rounds: int) -> tuple[float, float]:
    """Medians of ours and of the plain one."""
    for kind in ("audio", "video"):
        encoded(kind)
    found: dict[str, list[float]] = {"ours": [], "plain": []}
    for _ in range(rounds):
        found["ours"].append(await _measure_one(_ours, seconds))
        found["plain"].append(await _measure_one(_plain, seconds))
    return statistics.median(found["ours"]), statistics.median(found["plain"])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    ours, plain = asyncio.run(measure(seconds=options.seconds, rounds=options.rounds))
    print(
        f"CPU seconds for each recorded minute of a video consultation: {ours:.1f}; plain {plain:.1f}, {plain / ours:.1f} times"
    )
    print(f"consultations that one core records: about {60 / ours:.0f}")


if __name__ == "__main__":
    configure_logging(level="error", readable=True)
    main()

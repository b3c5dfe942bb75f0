"""Servers under measurement: each a process of its own on a core of its own, asked for its CPU seconds and memory."""

from __future__ import annotations

import asyncio
import functools
import os
import re
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import psutil

from config.clock import MovableClock, SystemClock
from server.http.authentication import Authenticator
from storage.database import Database

START_SECONDS = 60
STOP_SECONDS = 15
_SECRET = "a secret of the benchmark, at least thirty-two bytes"


def cores() -> tuple[int, int]:
    """The core of the server, and that of the load and Postgres; the same one where there is but one."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[-1]


def stay_on_load_core() -> None:
    """This process and whatever it starts (Postgres, the load) leave the other core to the server."""
    os.sched_setaffinity(0, {cores()[1]})


class Measured:
    """A running server and the address it printed."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.port = port
        self._process = psutil.Process(process.pid)

    def cpu_seconds(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def resident_bytes(self) -> int:
        return int(self._process.memory_info().rss)


@asynccontextmanager
async def run_measured(*arguments: str, **settings: str) -> AsyncIterator[Measured]:
    """`python -m …` until the block ends; ready once it prints an address."""
    async with run_command(sys.executable, "-m", *arguments, **settings) as server:
        yield server


@asynccontextmanager
async def run_command(*command: str, **settings: str) -> AsyncIterator[Measured]:
    """Any server, on the servers' core, until the block ends; ready once it prints an address."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("SOULSEER_")}
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        env=kept | settings,
        preexec_fn=functools.partial(os.sched_setaffinity, 0, {cores()[0]}),
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_SECONDS):
            while not (found := re.search(rb"http://127\.0\.0\.1:(\d+)", line := await process.stdout.readline())):
                assert line, "the server ended before it was ready"
        yield Measured(process, int(found[1]))
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.communicate()
        except TimeoutError:
            process.kill()


@asynccontextmanager
async def run_soulseer(dsn: str, *, direct: bool = True) -> AsyncIterator[Measured]:
    """The product as it is run, on a database that holds what the benchmark needs; payments are not asked for."""
    with tempfile.TemporaryDirectory(prefix="soulseer-bench-") as folder:
        async with run_measured(
            *("server", "run", "--data-dir", folder, "--port", "0"),
            SOULSEER_DATABASE__URL=dsn,
            SOULSEER_SERVER__DIRECT_PATH=str(direct).lower(),
            SOULSEER_SERVER__LOG_LEVEL="error",
            SOULSEER_SECURITY__TOKEN_SECRET=_SECRET,
            SOULSEER_STRIPE__API_KEY="sk_test_nothing",
            SOULSEER_STRIPE__WEBHOOK_SECRET="whsec_nothing",
            SOULSEER_STRIPE__API_BASE="http://127.0.0.1:9",
        ) as server:
            yield server


def starting_now() -> MovableClock:
    """For seeding what a real server goes on with: its clock is the machine's."""
    return MovableClock(datetime.now(UTC))


def authenticator(database: Database) -> Authenticator:
    """Mints tokens that `run_soulseer` takes."""
    return Authenticator(database, SystemClock(), _SECRET.encode())

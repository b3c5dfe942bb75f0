"""Numbered, forward-only SQL migrations, applied under an advisory lock so that many processes may start at once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files

import asyncpg

from config import limits
from config.errors import StartupError
from config.logging import get_logger
from storage.database import connect_directly
from storage.transaction import Record

log = get_logger(__name__)

_LOCK_KEY = 7_305_417_702_201_885_201  # any constant of our own


@dataclass(frozen=True, slots=True)
class Migration:
    version: int
    name: str
    statements: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.statements.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Schema:
    """What a database holds: the version of its newest migration, and the server's own version."""

    version: int
    server_version: str


async def find_schema(connection: asyncpg.Connection[Record]) -> Schema | None:
    """None when nothing has been migrated there yet."""
    server_version = await connection.fetchval(
        "SELECT CASE WHEN to_regclass('schema_migrations') IS NOT NULL THEN current_setting('server_version') END"
    )
    if server_version is None:
        return None
    return Schema(await connection.fetchval("SELECT max(version) FROM schema_migrations"), server_version)


def list_migrations() -> list[Migration]:
    """Every migration the code carries, in order."""
    found = []
    for resource in files("storage.migrations").iterdir():
        if resource.name.endswith(".sql"):
            number, _, name = resource.name.removesuffix(".sql").partition("_")
            found.append(Migration(int(number), name, resource.read_text(encoding="utf-8")))
    found.sort(key=lambda migration: migration.version)
    assert [m.version for m in found] == list(range(1, len(found) + 1)), "migrations are numbered without gaps"
    return found


async def migrate(dsn: str) -> list[int]:
    """Bring the database up to the code; the versions applied. Raises StartupError when the database is newer."""
    connection = await connect_directly(dsn, application="soulseer-migrate")
    try:
        lock_seconds = limits.MIGRATION_LOCK_TIMEOUT_SECONDS
        await connection.execute(f"SET lock_timeout = '{int(lock_seconds * 1000)}'")
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK_KEY, timeout=lock_seconds + 5)
        try:
            return await _apply_missing(connection)
        finally:
            await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK_KEY)
    except asyncpg.LockNotAvailableError:
        raise StartupError("another process has been migrating the database for too long; look at it, then start again") from None
    finally:
        await connection.close()


async def _apply_missing(connection: asyncpg.Connection[Record]) -> list[int]:
    await connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_migrations (version integer PRIMARY KEY, name text NOT NULL,"
        " checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
    )
    rows = await connection.fetch("SELECT version, checksum FROM schema_migrations ORDER BY version")
    applied = {row["version"]: row["checksum"] for row in rows}
    known = {migration.version: migration for migration in list_migrations()}
    newest = max(applied, default=0)
    if newest > max(known, default=0):
        raise StartupError(
            f"the database is at version {newest}, newer than this program's {max(known, default=0)}: start a newer release"
        )
    for version, checksum in applied.items():
        if known[version].checksum != checksum:
            raise StartupError(
                f"migration {version} was changed after it was applied to this database; use the release that made it"
            )
    missing = [migration for version, migration in sorted(known.items()) if version not in applied]
    for migration in missing:
        async with connection.transaction():
            await connection.execute(migration.statements, timeout=600)
            await connection.execute(
                "INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)",
                migration.version,
                migration.name,
                migration.checksum,
            )
        log.info("database.migrated", version=migration.version, migration=migration.name)
    return [migration.version for migration in missing]

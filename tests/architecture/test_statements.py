"""Every SQL statement of the product is understood by a migrated database: tables, columns and types exist."""

from __future__ import annotations

import asyncpg
import pytest

from config.errors import AppError
from storage.database import Database
from tests.architecture.test_structure import ROOT, SQL, modules, strings_of

# Statements that are put together at run time, or that belong to another database than ours.
_UNFINISHED = ("{", "%s")


def statements() -> list[tuple[str, str]]:
    return [
        (f"{module.relative_to(ROOT)}: {' '.join(text.split())[:70]}", text)
        for module in modules()
        if module.relative_to(ROOT).parts[0] == "storage"
        for text in strings_of(module, whole=True)
        if SQL.match(text) and not any(mark in text for mark in _UNFINISHED)
    ]


async def test_every_statement_can_be_prepared(empty_database: Database) -> None:
    found = statements()
    assert len(found) > 100
    wrong = []
    async with empty_database.connection() as connection:
        for name, text in found:
            try:
                await connection.raw.prepare(text)
            except (asyncpg.PostgresError, AppError) as error:
                wrong.append(f"{name}: {error}")
    assert wrong == []


@pytest.mark.parametrize("statement", ["SELECT nothing FROM nowhere", "UPDATE users SET no_such_column = 1"])
async def test_a_wrong_statement_would_be_noticed(empty_database: Database, statement: str) -> None:
    async with empty_database.connection() as connection:
        with pytest.raises(asyncpg.PostgresError):
            await connection.raw.prepare(statement)

"""`migrate` and `ledger check`."""

from __future__ import annotations

import argparse
import asyncio

from billing.ledger.check import LedgerReport, check_ledger
from config.clock import SystemClock
from config.settings import Settings
from server.parts import open_database


def migrate_database(settings: Settings, _options: argparse.Namespace) -> int:
    asyncio.run(_migrate(settings))
    print("the database is up to date")
    return 0


async def _migrate(settings: Settings) -> None:
    async with open_database(settings):
        pass


def check_whole_ledger(settings: Settings, _options: argparse.Namespace) -> int:
    """Exit code 1 when an invariant is broken; each difference is a line."""
    report = asyncio.run(_check(settings))
    for difference in report.differences:
        print(
            f"{difference.invariant}: {difference.reference}:"
            f" expected {difference.expected_minor}, found {difference.found_minor}"
        )
    print("the ledger adds up" if report.ok else f"the ledger does not add up: {len(report.differences)} differences")
    return 0 if report.ok else 1


async def _check(settings: Settings) -> LedgerReport:
    async with open_database(settings) as database:
        return await check_ledger(database, SystemClock())

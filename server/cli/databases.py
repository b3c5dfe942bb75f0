"""`migrate` and `ledger check`."""

from __future__ import annotations

import argparse
import asyncio

from config.settings import Settings
from server.parts import open_database


def migrate_database(settings: Settings, _options: argparse.Namespace) -> int:
    async def run() -> None:
        async with open_database(settings):
            print("the database is up to date")

    asyncio.run(run())
    return 0

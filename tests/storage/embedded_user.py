"""A process that uses the bundled Postgres of one data folder: prints the DSN, waits for a line, leaves. Run by the tests."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from config.errors import StartupError
from storage.embedded import EmbeddedPostgres


async def use(data_dir: Path) -> None:
    database = EmbeddedPostgres(data_dir)
    print(await database.start(), flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await database.stop()
    print("stopped", flush=True)


if __name__ == "__main__":
    try:
        asyncio.run(use(Path(sys.argv[1])))
    except StartupError as error:
        print(f"refused: {error}", flush=True)

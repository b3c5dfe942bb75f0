"""A real `python -m server run` in a process of its own, for the tests that signal, kill and crowd it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from storage.embedded.accounts import Account

PROJECT = Path(__file__).parents[2]
START_SECONDS = 60
STOP_SECONDS = 10


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def environment(**settings: str) -> dict[str, str]:
    """Ours without any of the product's settings, and with these."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("SOULSEER_")}
    return {**kept, "PYTHONPATH": str(PROJECT), "PYTHONWARNINGS": "default", **settings}


def processes_of(data_dir: Path) -> list[psutil.Process]:
    """Every process of one data folder but the server: the database's, the payment stand-in."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        line = " ".join(process.info["cmdline"] or [])
        if str(data_dir) in line and " -m server " not in line and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


async def until_nothing_is_left(data_dir: Path, *, seconds: float = 15) -> None:
    """What is killed cannot say when its followers are gone, so this looks until they are."""
    end = time.monotonic() + seconds
    while left := processes_of(data_dir):
        assert time.monotonic() < end, f"still running: {left}"
        await asyncio.sleep(0.05)


class ServerProcess:
    """Started at once; `ready` waits until it serves."""

    def __init__(
        self, data_dir: Path, *arguments: str, port: int | None = None, account: Account | None = None, **settings: str
    ) -> None:
        self.data_dir = data_dir
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.output_path = data_dir.with_name(f"output-{self.port}-{time.monotonic_ns()}.txt")
        command = [sys.executable, "-m", "server", "run", "--data-dir", str(data_dir), "--port", str(self.port), *arguments]
        with self.output_path.open("wb") as output:
            self.process = subprocess.Popen(
                account.command(command) if account else command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=data_dir.parent,
                env=environment(**settings),
            )

    @property
    def output(self) -> str:
        return self.output_path.read_text(errors="replace")

    async def ready(self) -> ServerProcess:
        end = time.monotonic() + START_SECONDS
        async with aiohttp.ClientSession() as http:
            while True:
                assert self.process.poll() is None, f"it ended with {self.process.returncode}:\n{self.output}"
                assert time.monotonic() < end, f"it did not get ready:\n{self.output}"
                with contextlib.suppress(aiohttp.ClientError):
                    async with http.get(f"{self.url}/readyz") as response:
                        if response.status == 200:
                            return self
                await asyncio.sleep(0.05)

    async def is_ready(self) -> bool:
        async with aiohttp.ClientSession() as http, http.get(f"{self.url}/readyz") as response:
            return response.status == 200

    async def post(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        async with aiohttp.ClientSession() as http, http.post(f"{self.url}/api/v1{path}", json=body) as response:
            return response.status, json.loads(await response.text())

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def ended(self, *, seconds: float = STOP_SECONDS) -> int:
        """The exit code, once it has ended by itself within this time."""
        return await asyncio.to_thread(self.process.wait, seconds)

    async def stop(self) -> None:
        self.signal(signal.SIGTERM)
        code = await self.ended()
        assert code == 0, f"it ended with {code}:\n{self.output}"

    async def kill(self) -> None:
        self.process.kill()
        await self.ended()

    def close(self) -> None:
        """For the end of a test, however it ended."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(START_SECONDS)

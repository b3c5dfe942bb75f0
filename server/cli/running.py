"""`run` and `worker`: processes that stay until they are told to stop."""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import signal

import uvloop

from config.clock import SystemClock
from config.logging import get_logger
from config.settings import Settings
from server.app import build_app
from server.demo import DEMO_LOGINS, DEMO_PASSWORD
from server.parts import deliver_from_afar, open_database, run_jobs
from server.serving import Listening, bind, serve

log = get_logger(__name__)

# Nearly everything here is freed by counting references; looking for cycles as often as by default costs a message 5 %.
_GC_THRESHOLDS = (10_000, 20, 20)


def run(settings: Settings, _options: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM; a second signal ends at once."""
    uvloop.run(_run(settings))
    return 0


def work(settings: Settings, _options: argparse.Namespace) -> int:
    uvloop.run(_work(settings))
    return 0


async def _run(settings: Settings) -> None:
    stop = _stop_on_signals()
    bound = bind(settings.server.host, settings.server.port)
    async with serve(build_app(settings), bound) as listening:
        gc.freeze()
        gc.set_threshold(*_GC_THRESHOLDS)
        _print_addresses(settings, listening.url)
        await stop.wait()
        log.info("server.stopping")


async def _work(settings: Settings) -> None:
    stop = _stop_on_signals()
    url = settings.server.public_url or Listening(settings.server.host, settings.server.port).url
    async with (
        open_database(settings) as database,
        deliver_from_afar(settings, database),
        run_jobs(settings, database, SystemClock(), url=url),
    ):
        print("running jobs", flush=True)
        await stop.wait()


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()

    def on_signal() -> None:
        if stop.is_set():
            os._exit(130)
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, on_signal)
    return stop


def _print_addresses(settings: Settings, url: str) -> None:
    lines = [f"{settings.server.name} is running", f"  site      {url}", f"  API       {url}/api/docs"]
    if settings.demo:
        lines.append(f"  mail      {url}/dev/mail")
        lines.append("demo logins (password for all: " + DEMO_PASSWORD + ")")
        lines += [f"  {role:<9} {email}" for role, email in DEMO_LOGINS.items()]
    print("\n".join(lines), flush=True)

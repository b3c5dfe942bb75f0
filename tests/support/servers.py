"""The whole server on a free port, in the test's own event loop, and the people that use it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import orjson
from aiohttp import web

from config.clock import Clock, SystemClock
from config.settings import Settings, load_settings
from realtime.livestreams.hosting import MakeEngine
from server.app import build_app
from server.features.accounts.admins import make_admin
from server.parts import DATABASE
from server.services import SERVICES, Services
from server.serving import bind, serve
from storage.database import Database
from tests.support.clients import ApiClient
from tests.support.live import LiveClient

StartServer: TypeAlias = Callable[..., Awaitable["Server"]]
PASSWORD = "correct horse battery"
_numbers = itertools.count(1)

# Nothing answers there; tests that need payments ask for the stand-in.
NO_PAYMENTS = {"api_key": "sk_test_nothing", "webhook_secret": "whsec_nothing", "api_base": "http://127.0.0.1:9"}
GENEROUS_LIMITS = {"registrations_per_hour": 100_000, "logins_per_minute": 100_000}


@dataclass
class Server:
    """A running server. `register`, `make_admin` and `connect` make people; all of them are closed with it."""

    url: str
    app: web.Application
    settings: Settings
    clock: Clock
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def database(self) -> Database:
        return self.app[DATABASE]

    @property
    def services(self) -> Services:
        return self.app[SERVICES]

    async def visitor(self) -> ApiClient:
        """Somebody who is not logged in."""
        return await self.stack.enter_async_context(ApiClient(self.url))

    async def register(self, role: str = "client", *, display_name: str | None = None) -> ApiClient:
        number = next(_numbers)
        person = await self.visitor()
        name = display_name or f"{role.title()} {number}"
        reply = await person.register(f"{role}-{number}@example.com", PASSWORD, role=role, display_name=name)
        assert reply.status == 201, reply.content
        return person

    async def make_admin(self) -> ApiClient:
        email = f"admin-{next(_numbers)}@example.com"
        password_hash = await self.services.passwords.hash(PASSWORD)
        now = self.clock.now()
        await self.database.transact(lambda tx: make_admin(tx, email=email, password_hash=password_hash, now=now))
        person = await self.visitor()
        reply = await person.log_in(email, PASSWORD)
        assert reply.status == 200, reply.content
        return person

    async def connect(self, person: ApiClient) -> LiveClient:
        live = LiveClient()
        await live.connect(self.url, person.access_token)
        self.stack.push_async_callback(live.close)
        return live

    async def next_letter(self, to: str, *, after: int = 0, seconds: float = 20) -> dict[str, Any]:
        """The newest letter to that address once there are more than `after`; jobs run in the background."""
        async with asyncio.timeout(seconds):
            while True:
                letters = [letter for letter in self.read_outbox() if letter["to"] == to]
                if len(letters) > after:
                    return letters[-1]
                await asyncio.sleep(0.02)

    async def letter_saying(self, to: str, words: str, *, seconds: float = 20) -> dict[str, Any]:
        """The first letter to that address that has the words in it; jobs run in the background and in any order."""
        async with asyncio.timeout(seconds):
            while True:
                for letter in self.read_outbox():
                    if letter["to"] == to and words in letter["text"]:
                        return letter
                await asyncio.sleep(0.02)

    def read_outbox(self) -> list[dict[str, Any]]:
        """Oldest first."""
        folder = self.settings.data_dir / "outbox"
        return [orjson.loads(file.read_bytes()) for file in sorted(folder.glob("*.json"))]


@asynccontextmanager
async def run_server(
    dsn: str,
    data_dir: Path,
    *,
    overrides: dict[str, Any] | None = None,
    clock: Clock | None = None,
    demo: bool = False,
    payments: bool = False,
    make_engine: MakeEngine | None = None,
) -> AsyncIterator[Server]:
    """`overrides` as `load_settings` takes them: `{"billing": {"minute_seconds": 2}}`. `payments`: with the stand-in.

    `make_engine`: what carries livestreams; the real one where it is left out.
    """
    tree: dict[str, Any] = {
        "data_dir": data_dir,
        "database": {"url": dsn, "pool_connections": 8},
        "stripe": {} if payments else NO_PAYMENTS,
        "server": {"host": "127.0.0.1", "port": 0},
        "limits": GENEROUS_LIMITS,
    }
    for section, values in (overrides or {}).items():
        tree[section] = {**tree.get(section, {}), **values} if isinstance(values, dict) and values else values
    settings = load_settings(overrides=tree, environment={}, env_file=None, demo=demo)
    used_clock = clock or SystemClock()
    app = build_app(settings, clock=used_clock, **({} if make_engine is None else {"make_engine": make_engine}))
    async with serve(app, bind("127.0.0.1", 0)) as listening:
        server = Server(listening.url, app, settings, used_clock)
        async with server.stack:
            yield server

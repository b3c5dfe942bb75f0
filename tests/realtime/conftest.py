"""Live gateways on real databases: one node or several, on either path."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web
from pydantic import Field

from config.clock import Clock, SystemClock
from config.errors import Conflict
from config.fields import Payload, PlainText, View
from config.ids import new_id
from config.settings import Settings
from realtime import reader_status
from realtime.commands import Caller, Command, EventKind, Live
from realtime.flood import FloodLimits
from realtime.gateway import LiveGateway
from realtime.gifts.writer import GiftWriter
from realtime.livestreams.chat import LivestreamMessageWriter
from realtime.media.watch import MediaWatch
from realtime.messages import MessageWriter
from realtime.presence import LeaseKeeper, Node
from server.http.authentication import Authenticator
from server.http.problems import describe_problem
from storage.database import Database
from storage.ledger import open_ledger_accounts
from storage.transaction import Event, Transaction, user_audience
from tests.realtime.raw import RawPeer
from tests.support.postgres import TestPostgres

PATIENCE_SECONDS = 10.0
_numbers = itertools.count(1)


class Say(Payload):
    text: PlainText = Field(max_length=100_000)
    count: int = Field(default=1, ge=1, le=1000)


class Said(View):
    text: str
    user_id: UUID


async def echo(live: Live, caller: Caller, payload: Say) -> Said:
    return Said(text=payload.text, user_id=caller.user_id)


async def tell(live: Live, caller: Caller, payload: Say) -> Said:
    """Tells all of the caller's other connections, through a transaction."""
    said = Said(text=payload.text, user_id=caller.user_id)
    async with live.database.transaction() as tx:
        for _ in range(payload.count):
            tx.emit(Event("test.said", user_audience(caller.user_id), said, skip_connection=caller.connection_id))
    return said


async def crash(live: Live, caller: Caller, payload: Say) -> Said:
    raise RuntimeError("a secret detail")


async def refuse(live: Live, caller: Caller, payload: Say) -> Said:
    raise Conflict


async def wait_for_release(live: Live, caller: Caller, payload: Say) -> Said:
    await live.extras["release"].wait()
    return Said(text=payload.text, user_id=caller.user_id)


async def append(live: Live, caller: Caller, payload: Say) -> Said:
    """The longer the text, the sooner it is done, unless each waits its turn."""
    await asyncio.sleep(0.05 / len(payload.text))
    live.extras.setdefault("appended", []).append(payload.text)
    return Said(text=payload.text, user_id=caller.user_id)


COMMANDS = (
    *reader_status.COMMANDS,
    Command("test.echo", Say, Said, echo, "Answer what was said"),
    Command("test.tell", Say, Said, tell, "Tell one's other connections"),
    Command("test.crash", Say, Said, crash, "Fail in a way nobody foresaw"),
    Command("test.refuse", Say, Said, refuse, "Refuse"),
    Command("test.wait", Say, Said, wait_for_release, "Take long"),
    Command("test.append", Say, Said, append, "Keep order", is_ordered=True),
    Command("test.admins_only", Say, Said, echo, "For admins", roles=frozenset({"admin"})),
)


@dataclass
class Person:
    user_id: UUID
    login_id: UUID
    token: str


@dataclass
class LiveNode:
    """One server process as far as live traffic goes."""

    url: str
    gateway: LiveGateway
    node: Node
    keeper: LeaseKeeper
    live: Live
    lost: list[tuple[str, UUID, datetime]]
    nodes_lost: list[tuple[UUID, datetime]]
    authenticator: Authenticator
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def database(self) -> Database:
        return self.live.database

    async def person(self, role: str = "client", **reader: str) -> Person:
        """Somebody with a login; a reader is verified and has chosen to be online unless told otherwise."""
        user_id, login_id, now, number = new_id(), new_id(), self.live.clock.now(), next(_numbers)
        async with self.database.transaction() as tx:
            await tx.execute(
                "INSERT INTO users (id, email, display_name, password_hash, role, created_at, updated_at)"
                " VALUES ($1, $2, $3, '-', $4, $5, $5)",
                user_id,
                f"person{number}@example.com",
                f"Person {number}",
                role,
                now,
            )
            if role == "reader":
                verification = reader.get("verification", "verified")
                await tx.execute(
                    "INSERT INTO readers (user_id, display_name, chosen_status, verification, verified_at, created_at,"
                    " updated_at) VALUES ($1, 'Reader', $2, $3, $4, $5, $5)",
                    user_id,
                    reader.get("chosen_status", "online"),
                    verification,
                    now if verification == "verified" else None,
                    now,
                )
            await open_ledger_accounts(tx, user_id, role, "USD")
            await self.add_login(tx, user_id, login_id)
        return Person(user_id, login_id, self.authenticator.issue(user_id=user_id, login_id=login_id))

    async def consult(self, tx: Transaction, client: Person, reader: Person, *, status: str) -> None:
        """A live consultation of the two; its id is the client's."""
        await tx.execute(
            "INSERT INTO consultations (id, client_id, reader_id, type, status, rate_per_minute_minor, currency, settlement,"
            " minute_ms, increment_ms, free_ms, reader_share_bps, client_wallet_id, reader_earnings_id, created_at)"
            " SELECT $1, $1, $2, 'chat', $3, 1, 'USD', 'minute', 60000, 60000, 0, 7000, w.id, e.id, now()"
            " FROM ledger_accounts AS w, ledger_accounts AS e"
            " WHERE w.owner_id = $1 AND w.kind = 'wallet' AND e.owner_id = $2 AND e.kind = 'earnings'",
            client.user_id,
            reader.user_id,
            status,
        )

    async def another_login(self, person: Person) -> Person:
        login_id = new_id()
        async with self.database.transaction() as tx:
            await self.add_login(tx, person.user_id, login_id)
        return Person(person.user_id, login_id, self.authenticator.issue(user_id=person.user_id, login_id=login_id))

    async def add_login(self, tx: Transaction, user_id: UUID, login_id: UUID) -> None:
        now = self.live.clock.now()
        await tx.execute(
            "INSERT INTO logins (id, user_id, created_at, last_used_at, expires_at) VALUES ($1, $2, $3, $3, $4)",
            login_id,
            user_id,
            now,
            now + timedelta(days=1),
        )

    async def peer(self, person: Person | None = None, **options: Any) -> RawPeer:
        """A connection; let in when a person is given."""
        peer = RawPeer(self.url, **options)
        await peer.open()
        self.stack.push_async_callback(peer.leave)
        return peer if person is None else await peer.connect(person.token)

    async def rows(self) -> int:
        """How many connections the database knows on this node."""
        async with self.database.connection() as connection:
            return int(await connection.fetch_value("SELECT count(*) FROM connections WHERE node_id = $1", self.node.id))

    async def until(self, condition: Callable[[], Any], timeout: float = PATIENCE_SECONDS) -> None:
        """Wait for something that no event tells of; `condition` may be a coroutine function."""
        async with asyncio.timeout(timeout):
            while True:
                result = condition()
                if await result if asyncio.iscoroutine(result) else result:
                    return
                await asyncio.sleep(0.02)


async def run_node(
    stack: AsyncExitStack,
    database: Database,
    *,
    direct: bool,
    clock: Clock | None = None,
    redis_url: str | None = None,
    flood_limits: FloodLimits | None = None,
    keeps_lease: bool = True,
    commands: Sequence[Command] = COMMANDS,
    events: Sequence[EventKind] = (),
    **sections: dict[str, Any],
) -> LiveNode:
    """A node that runs until the stack is closed. Without `keeps_lease` the test renews it by hand."""
    settings = Settings.model_validate({**sections, "server": {"direct_path": direct, **sections.get("server", {})}})
    clock = clock or SystemClock()
    authenticator = Authenticator(database, clock, b"0123456789abcdef0123456789abcdef")
    node = Node(database=database, clock=clock, settings=settings.nodes)
    lost: list[tuple[str, UUID, datetime]] = []
    nodes_lost: list[tuple[UUID, datetime]] = []

    async def authenticate(token: str) -> Caller:
        return (await authenticator.authenticate(token)).caller

    async def on_connection_lost(tx: Transaction, connection_id: str, user_id: UUID, lost_at: datetime) -> None:
        lost.append((connection_id, user_id, lost_at))
        await tx.execute("DELETE FROM attendances WHERE connection_id = $1", connection_id)

    async def on_node_lost(tx: Transaction, node_id: UUID, renewed_at: datetime) -> None:
        nodes_lost.append((node_id, renewed_at))

    gateway = LiveGateway(
        settings=settings,
        database=database,
        clock=clock,
        node=node,
        commands=commands,
        events=events,
        authenticate=authenticate,
        render_refusal=lambda error: describe_problem(error).model_dump(),
        on_connection_lost=on_connection_lost,
        redis_url=redis_url,
        flood_limits=flood_limits,
    )
    keeper = LeaseKeeper(
        node=node,
        database=database,
        clock=clock,
        renew_seconds=settings.nodes.renew_seconds,
        on_node_lost=on_node_lost,
        on_lease_lost=gateway.abandon,
    )
    live = Live(
        settings=settings,
        database=database,
        clock=clock,
        node=node,
        messages=MessageWriter(dsn=database.dsn, clock=clock),
        media_watch=MediaWatch(database=database, settings=settings, clock=clock, node=node),
        enter_room=gateway.enter_room,
        leave_room=gateway.leave_room,
        take_out=gateway.take_out,
        deliver=gateway.delivery.deliver,
        gifts=GiftWriter(dsn=database.dsn, clock=clock, billing=settings.billing, deliver=gateway.delivery.deliver),
        livestream_messages=LivestreamMessageWriter(dsn=database.dsn, clock=clock),
    )
    assert live.gifts is not None
    assert live.livestream_messages is not None
    database.on_commit(gateway.delivery.deliver)
    await node.register()
    stack.push_async_callback(node.release, on_node_lost)
    for writer in (live.messages, live.gifts, live.livestream_messages):
        await writer.start()
        stack.push_async_callback(writer.close)
    app = web.Application()
    gateway.mount(app)
    await gateway.start(live)
    if keeps_lease:
        keeping = asyncio.create_task(keeper.run())
        stack.callback(keeping.cancel)
    runner = web.AppRunner(app, shutdown_timeout=2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    stack.push_async_callback(runner.cleanup)
    stack.push_async_callback(gateway.stop)
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    running = LiveNode(url, gateway, node, keeper, live, lost, nodes_lost, authenticator)
    await stack.enter_async_context(running.stack)
    return running


@pytest.fixture(params=[False, True], ids=["plain", "direct"])
def direct(request: pytest.FixtureRequest) -> bool:
    """Whether the direct path is on; every test that asks for it runs on both."""
    return bool(request.param)


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture(scope="session")
async def shared_database(postgres: TestPostgres) -> AsyncIterator[Database]:
    """One database for all tests whose people are their own: making one for each would take longer than the tests."""
    async with postgres.database() as dsn:
        database = await Database.open(dsn, connections=8)
        yield database
        await database.close()


@pytest.fixture
async def node(shared_database: Database, stack: AsyncExitStack, direct: bool) -> LiveNode:
    """A node of this test's own."""
    return await run_node(stack, shared_database, direct=direct)


@pytest.fixture
async def two_databases(postgres: TestPostgres, stack: AsyncExitStack) -> tuple[Database, Database]:
    """Two pools on one fresh database, as two processes have them."""
    dsn = await stack.enter_async_context(postgres.database())
    first, second = await Database.open(dsn, connections=6), await Database.open(dsn, connections=6)
    stack.push_async_callback(first.close)
    stack.push_async_callback(second.close)
    return first, second

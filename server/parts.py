"""The parts of a running server, each owned by a context that starts it and stops it again."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
from aiohttp import web

from billing.gifts.catalogue import open_gift_kinds
from config import limits
from config.clock import Clock, SystemClock
from config.errors import StartupError
from config.settings import Settings
from realtime.delivery import Delivery
from realtime.notifications.jobs import AT_ONCE
from realtime.notifications.telling import Telling
from server.background import follow_database_clock, run_loops, upkeep_rounds
from server.demo import DEMO_PASSWORD, fill_in_demo
from server.demo_guide import DemoGuide
from server.demo_readers import GUIDE
from server.features.accounts.jobs import AccountLetters
from server.features.accounts.passwords import Passwords
from server.features.consultations.booking_jobs import BookingLetters
from server.http.authentication import Authenticator
from server.http.idempotency import Answering
from server.http.metrics import Metrics
from server.http.rate_limits import RateLimiter
from server.live_catalogue import EVENTS
from server.mail.outbox import Outbox
from server.mail.post import Post, SmtpPost
from server.push.jobs import Pushes
from server.push.keys import VapidKeys, push_contact
from server.push.sender import PushSender
from server.services import PAYMENTS, SERVICES, NoLiveConnections, ReadyCheck, Services
from server.serving import LISTENING
from storage.backplane import Backplane
from storage.database import Database
from storage.embedded import EmbeddedPostgres
from storage.files import FileStore
from storage.jobs import JobQueue
from storage.ledger import open_platform_accounts
from storage.migrate import migrate
from storage.redis import ping_redis
from storage.secrets import ensure_secret

SETTINGS = web.AppKey("settings", Settings)
CLOCK: web.AppKey[Clock] = web.AppKey("clock", Clock)
METRICS = web.AppKey("metrics", Metrics)
DATABASE = web.AppKey("database", Database)
DEMO_GUIDE = web.AppKey("demo_guide", DemoGuide)


async def start_database(app: web.Application) -> AsyncIterator[None]:
    async with open_database(app[SETTINGS]) as database:
        app[DATABASE] = database
        yield


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """Postgres by its URL or the bundled one, migrated, with the platform's accounts and gifts. Raises StartupError."""
    embedded = None if settings.database.url is not None else EmbeddedPostgres(settings.data_dir)
    dsn = settings.database.url.get_secret_value() if settings.database.url is not None else ""
    try:
        if embedded is not None:
            dsn = await embedded.start()
        database = await _connect(dsn, settings)
        try:
            yield database
        finally:
            await database.close()
    finally:
        if embedded is not None:
            await embedded.stop()


async def _connect(dsn: str, settings: Settings) -> Database:
    try:
        await migrate(dsn)
        database = await Database.open(dsn, connections=settings.database.pool_connections)
    except (OSError, ValueError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        reason = str(error) or type(error).__name__
        raise StartupError(f"the database cannot be used ({reason}); check SOULSEER_DATABASE__URL") from error
    currency, now = settings.billing.currency, SystemClock().now()
    await database.transact(lambda tx: open_platform_accounts(tx, currency))
    await database.transact(lambda tx: open_gift_kinds(tx, currency, now=now))
    return database


async def start_services(app: web.Application) -> AsyncIterator[None]:
    settings, clock, database = app[SETTINGS], app[CLOCK], app[DATABASE]
    passwords = Passwords()
    app[SERVICES] = Services(
        settings=settings,
        clock=clock,
        database=database,
        authenticator=Authenticator(database, clock, await token_secret(settings, database)),
        passwords=passwords,
        connections=NoLiveConnections(),
        rate_limiter=RateLimiter(settings, clock),
        answering=Answering(database, clock, functools.partial(UUID, int=0)),
        metrics=app[METRICS],
        outbox=open_outbox(settings, clock),
        ready_checks=_ready_checks(settings),
        payments=app[PAYMENTS],
        files=FileStore.open(url=settings.files.url, folder=settings.data_dir / "files"),
        link_secret=await link_secret(database),
        push_keys=await open_push_keys(settings, database, clock),
    )
    yield
    passwords.close()


def _ready_checks(settings: Settings) -> dict[str, ReadyCheck]:
    """What must answer beside the database before this process is given traffic."""
    if settings.redis.url is None:
        return {}
    return {"redis": functools.partial(ping_redis, settings.redis.url.get_secret_value())}


async def token_secret(settings: Settings, database: Database) -> bytes:
    """What access tokens are signed with: set by the operator, or made once and kept in the database."""
    if settings.security.token_secret is not None:
        return settings.security.token_secret.get_secret_value().encode()
    async with database.connection() as connection:
        return await ensure_secret(connection, "access_tokens")


async def link_secret(database: Database) -> bytes:
    """What addresses are signed with that work without a login."""
    async with database.connection() as connection:
        return await ensure_secret(connection, "links")


async def open_push_keys(settings: Settings, database: Database, clock: Clock) -> VapidKeys:
    async with database.connection() as connection:
        secret = await ensure_secret(connection, "push")
    return VapidKeys(secret, contact=push_contact(settings), clock=clock)


async def start_demo(app: web.Application) -> AsyncIterator[None]:
    settings, services = app[SETTINGS], app[SERVICES]
    if settings.demo:
        now = services.clock.now()
        await fill_in_demo(services.database, services.passwords, settings.billing.currency, now=now)
    yield


async def start_upkeep(app: web.Application) -> AsyncIterator[None]:
    """The loops that belong to no feature."""
    database, clock = app[DATABASE], app[CLOCK]
    await follow_database_clock(database, clock)
    async with run_loops(upkeep_rounds(database, clock)):
        yield


async def start_guide(app: web.Application) -> AsyncIterator[None]:
    """The demonstration's reader that answers by itself; it connects to us like anybody else."""
    settings = app[SETTINGS]
    if not settings.demo:
        yield
        return
    app[DEMO_GUIDE] = guide = DemoGuide(
        app[LISTENING].url, email=GUIDE.email, password=DEMO_PASSWORD, log_level=settings.server.log_level
    )
    task = asyncio.create_task(guide.run())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def start_jobs(app: web.Application) -> AsyncIterator[None]:
    """The job queue's worker; jobs under way are finished before it stops."""
    settings = app[SETTINGS]
    url = settings.server.public_url or app[LISTENING].url
    async with run_jobs(settings, app[DATABASE], app[CLOCK], url=url):
        yield


@asynccontextmanager
async def run_jobs(settings: Settings, database: Database, clock: Clock, *, url: str) -> AsyncIterator[None]:
    """Run jobs in the background. `url`: where people reach the site, for the links in letters."""
    post, public_url = open_post(settings, clock), url.rstrip("/")
    letters = AccountLetters(database=database, clock=clock, post=post, public_url=public_url, site_name=settings.server.name)
    booking_letters = BookingLetters(database, clock, post, settings, public_url)
    secret, keys = await link_secret(database), await open_push_keys(settings, database, clock)
    async with PushSender.open(keys, allow_private=settings.push.allow_private) as sender:
        handlers = letters.handlers() | booking_letters.handlers()
        handlers |= (
            Telling(database, clock, secret, settings.billing.currency).handlers()
            | Pushes(database, clock, sender, secret).handlers()
        )
        async with _run_queue(JobQueue(database.dsn, handlers, at_once=AT_ONCE)):
            yield


@asynccontextmanager
async def deliver_from_afar(settings: Settings, database: Database) -> AsyncIterator[None]:
    """For processes that nobody is connected to: events of their transactions reach the nodes through Redis.

    Without Redis they reach nobody; pages find what they missed at their next look.
    """
    if settings.redis.url is None:
        yield
        return
    backplane = Backplane(settings.redis.url.get_secret_value(), _receive_nothing)
    backplane.start()
    database.on_commit(Delivery(_emit_to_nobody, backplane=backplane, events=EVENTS).deliver)
    try:
        yield
    finally:
        await backplane.close()


async def _receive_nothing(_message: dict[str, object]) -> None:
    return None


async def _emit_to_nobody(_name: str, _data: object, _room: str, _skip: str | None, _key: str | None) -> None:
    return None


@asynccontextmanager
async def _run_queue(queue: JobQueue) -> AsyncIterator[None]:
    task = asyncio.create_task(queue.run())
    try:
        yield
    finally:
        queue.stop()
        _done, late = await asyncio.wait([task], timeout=limits.SHUTDOWN_JOBS_SECONDS)
        if late:
            queue.cut_off()
            _done, late = await asyncio.wait([task], timeout=limits.SHUTDOWN_JOBS_SECONDS)
        if late:
            task.cancel()


def open_post(settings: Settings, clock: Clock) -> Post:
    """The way out for letters: SMTP, or the outbox where none is set."""
    if settings.mail.smtp_url is not None:
        return SmtpPost(settings.mail.smtp_url.get_secret_value(), sender=settings.mail.sender)
    return Outbox(settings.data_dir / "outbox", clock)


def open_outbox(settings: Settings, clock: Clock) -> Outbox | None:
    """What the outbox page of a demonstration shows; None where letters really leave, or strangers could read them."""
    is_shown = settings.demo and settings.mail.smtp_url is None
    return Outbox(settings.data_dir / "outbox", clock) if is_shown else None

"""A real Postgres, the real payment stand-in in its own process, and a small web server that takes its signed webhooks."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from uuid import UUID

import pytest
from aiohttp import web

from billing.gateways.providers import PaymentProvider, open_payment_provider
from billing.gateways.stripe_webhooks import receive_webhook
from billing.ledger.check import check_ledger
from config.clock import SystemClock
from config.errors import AppError
from storage.database import Database
from storage.ledger import open_platform_accounts
from storage.transaction import Event
from tests.billing.world import World
from tests.support.postgres import TestPostgres


class Deliveries:
    """Collects the events of committed transactions, so that a test can wait for one instead of sleeping."""

    def __init__(self) -> None:
        self._changed = asyncio.Condition()
        self.by_audience: dict[str, list[Event]] = defaultdict(list)

    async def deliver(self, events: Sequence[Event]) -> None:
        async with self._changed:
            for event in events:
                self.by_audience[event.audience].append(event)
            self._changed.notify_all()

    async def wallet_changes(self, user_id: UUID, *, count: int) -> list[Event]:
        events = self.by_audience[f"user:{user_id}"]
        async with asyncio.timeout(15), self._changed:
            await self._changed.wait_for(lambda: len(events) >= count)
        return events


@pytest.fixture(scope="session")
async def payments_database(postgres: TestPostgres) -> AsyncIterator[Database]:
    """One database for all tests of payments; each makes people of its own in it."""
    async with postgres.database() as dsn:
        database = await Database.open(dsn, connections=8)
        async with database.transaction() as tx:
            await open_platform_accounts(tx, "USD")
        yield database
        report = await check_ledger(database, SystemClock())
        await database.close()
    # Whatever these tests did, the books add up, but for payments that they made to contradict our records.
    assert [found for found in report.differences if not found.reference.startswith("payment:")] == []


@pytest.fixture(scope="session")
async def provider(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PaymentProvider]:
    folder: Path = tmp_path_factory.mktemp("payments")
    async with open_payment_provider(api_key=None, api_base=None, webhook_secret=None, stand_in_folder=folder) as provider:
        yield provider


@pytest.fixture(scope="session")
async def webhook_url(payments_database: Database, provider: PaymentProvider) -> AsyncIterator[str]:
    """Where signed webhooks are taken; the stand-in is not told of it."""

    async def take(request: web.Request) -> web.Response:
        try:
            await receive_webhook(
                payments_database,
                SystemClock(),
                body=await request.read(),
                signature=request.headers.get("Stripe-Signature"),
                secret=provider.webhook_secret,
            )
        except AppError as error:
            return web.json_response({"code": error.code}, status=error.status)
        return web.json_response({})

    app = web.Application()
    app.router.add_post("/api/v1/webhooks/stripe", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/api/v1/webhooks/stripe"
    await runner.cleanup()


@pytest.fixture
async def world(payments_database: Database, provider: PaymentProvider, webhook_url: str) -> AsyncIterator[World]:
    """Everything a test of payments acts with; the stand-in delivers its webhooks to us."""
    assert provider.stand_in is not None
    await provider.stand_in.send_webhooks_to(webhook_url)
    deliveries = Deliveries()
    payments_database.on_commit(deliveries.deliver)
    async with World.open(payments_database, provider, webhook_url, deliveries) as world:
        yield world

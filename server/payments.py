"""Payments as a part of the running server: the provider, where its webhooks go, and the sweeps that catch up with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from aiohttp import web
from pydantic import SecretStr

from billing.gateways.providers import PaymentProvider, open_payment_provider
from billing.gateways.stripe_webhooks import process_pending_events
from billing.wallet.sweeps import check_silent_top_ups
from billing.wallet.top_up_refunds import resume_refunds
from config import limits
from config.clock import Clock
from config.errors import AppError
from config.logging import get_logger
from server.parts import CLOCK, DATABASE, SETTINGS
from server.services import PAYMENTS
from server.serving import LISTENING
from storage.database import Database

logger = get_logger(__name__)

WEBHOOK_PATH = "/api/v1/webhooks/stripe"


async def start_payments(app: web.Application) -> AsyncIterator[None]:
    """Open the provider that the settings name, or the stand-in, which is told where to deliver its webhooks."""
    settings = app[SETTINGS]
    async with open_payment_provider(
        api_key=_revealed(settings.stripe.api_key),
        api_base=settings.stripe.api_base,
        webhook_secret=_revealed(settings.stripe.webhook_secret),
        stand_in_folder=settings.data_dir / "payments",
    ) as provider:
        app[PAYMENTS] = provider
        if provider.stand_in is not None:
            await provider.stand_in.send_webhooks_to(app[LISTENING].url + WEBHOOK_PATH)
        yield


async def start_payment_sweeps(app: web.Application) -> AsyncIterator[None]:
    task = asyncio.create_task(run_sweeps(app[DATABASE], app[PAYMENTS], app[CLOCK]), name="payment-sweeps")
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def run_sweeps(database: Database, provider: PaymentProvider, clock: Clock) -> None:
    """Until cancelled: act on events that were left over, ask about top-ups and refunds that nobody has told us about."""
    gateway = provider.gateway
    sweeps: tuple[Callable[[], Awaitable[int]], ...] = (
        lambda: process_pending_events(database, clock),
        lambda: check_silent_top_ups(database, gateway, clock),
        lambda: resume_refunds(database, gateway, clock),
    )
    while True:
        await asyncio.sleep(limits.PAYMENT_SWEEP_SECONDS)
        for sweep in sweeps:
            try:
                await sweep()
            except AppError as error:
                logger.warning("payments.sweep_failed", error=error.code)
            except Exception:
                # One sweep that fails must not end the others, nor itself the next time.
                logger.exception("payments.sweep_broken")


def _revealed(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()

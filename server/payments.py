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
from config.settings import Settings
from server.serving import LISTENING
from storage.database import Database

logger = get_logger(__name__)

PAYMENTS = web.AppKey("payments", PaymentProvider)
WEBHOOK_PATH = "/api/v1/webhooks/stripe"


async def open_payments(settings: Settings) -> AsyncIterator[PaymentProvider]:
    """The provider that the settings name, or the stand-in."""
    stripe = settings.stripe
    async with open_payment_provider(
        api_key=_revealed(stripe.api_key),
        api_base=stripe.api_base,
        webhook_secret=_revealed(stripe.webhook_secret),
        stand_in_folder=settings.data_dir / "payments",
    ) as provider:
        yield provider


async def tell_stand_in(app: web.Application, provider: PaymentProvider) -> None:
    """Have the stand-in deliver its webhooks to this server."""
    if provider.stand_in is not None:
        await provider.stand_in.send_webhooks_to(app[LISTENING].url + WEBHOOK_PATH)


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

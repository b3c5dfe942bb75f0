"""Payments as a part of the running server: the provider, where its webhooks go, and the sweeps that catch up with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import timedelta

from aiohttp import web
from pydantic import SecretStr

from billing.gateways.payments import PaymentGateway
from billing.gateways.providers import open_payment_provider
from billing.gateways.reconcile import reconcile
from billing.gateways.stripe_webhooks import process_pending_events
from billing.wallet.sweeps import check_silent_top_ups
from billing.wallet.top_up_refunds import resume_refunds
from config import limits
from config.clock import Clock
from config.logging import get_logger
from server.background import Round, run_loops
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
    """The loops that catch up with the provider, and the one that compares its books with ours."""
    async with run_loops(payment_rounds(app[DATABASE], app[PAYMENTS].gateway, app[CLOCK])):
        yield


def payment_rounds(database: Database, gateway: PaymentGateway, clock: Clock) -> dict[str, tuple[float, Round]]:
    """Safe on every node at once: each event and each top-up is taken by one of them."""

    async def report() -> None:
        await report_differences(database, gateway, clock)

    seconds = limits.PAYMENT_SWEEP_SECONDS
    return {
        "payment events": (seconds, lambda: process_pending_events(database, clock)),
        "silent top-ups": (seconds, lambda: check_silent_top_ups(database, gateway, clock)),
        "unanswered refunds": (seconds, lambda: resume_refunds(database, gateway, clock)),
        "payment reconciliation": (limits.RECONCILE_SECONDS, report),
    }


async def report_differences(database: Database, gateway: PaymentGateway, clock: Clock) -> int:
    """Log each difference between the provider's payments and our top-ups of the last days; how many there were."""
    now = clock.now()
    since = now - timedelta(days=limits.RECONCILE_DAYS)
    differences = await reconcile(database, gateway, since=since, now=now)
    for found in differences:
        logger.error("payments.difference", **asdict(found))
    logger.info("payments.reconciled", since=since.isoformat(), differences=len(differences))
    return len(differences)


def _revealed(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()

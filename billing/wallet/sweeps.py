"""Catches up with the payment provider where a webhook never came or a process died in the middle."""

from __future__ import annotations

from datetime import timedelta

from billing.gateways.payments import PaymentGateway, PaymentUnknown
from billing.wallet.payment_news import PaymentNews, complete_top_up, fail_top_up
from config import limits
from config.clock import Clock
from config.errors import AppError
from config.logging import get_logger
from storage.database import Database
from storage.top_ups import TopUp, claim_silent_top_ups, set_top_up_failed

logger = get_logger(__name__)


async def check_silent_top_ups(
    database: Database, gateway: PaymentGateway, clock: Clock, *, after_seconds: float = limits.TOP_UP_CHECK_AFTER_SECONDS
) -> int:
    """Ask the provider about top-ups that stay pending, and credit, fail or give up on them; how many were asked about."""
    now = clock.now()
    silent = await database.transact(
        lambda tx: claim_silent_top_ups(
            tx,
            created_before=now - timedelta(seconds=after_seconds),
            after_seconds=after_seconds,
            now=now,
            limit=limits.PROVIDER_EVENTS_BATCH,
        )
    )
    for top_up in silent:
        try:
            await _check(database, gateway, clock, top_up)
        except AppError as error:
            logger.warning("top_up.check_failed", top_up_id=str(top_up.id), error=error.code)
    return len(silent)


async def _check(database: Database, gateway: PaymentGateway, clock: Clock, top_up: TopUp) -> None:
    now = clock.now()
    age_seconds = (now - top_up.created_at).total_seconds()
    if top_up.provider_payment_id is None:
        # No payment was announced, so its owner never had what is needed to pay.
        if age_seconds > limits.TOP_UP_UNSENT_GIVEN_UP_SECONDS:
            await _give_up(database, clock, top_up, message="The payment provider was never reached")
        return
    try:
        payment = await gateway.get_payment(top_up.provider_payment_id)
    except PaymentUnknown:
        if age_seconds > limits.TOP_UP_GIVEN_UP_SECONDS:
            await _give_up(database, clock, top_up, message="The payment provider does not know this payment")
        return
    news = PaymentNews.of(payment)
    if payment.status == "succeeded":
        outcome = await database.transact(lambda tx: complete_top_up(tx, news, now=now))
        logger.info("top_up.caught_up", top_up_id=str(top_up.id), outcome=outcome.kind, detail=outcome.detail)
    elif payment.status in ("failed", "cancelled"):
        await database.transact(lambda tx: fail_top_up(tx, news, now=now))
    elif payment.status != "processing" and age_seconds > limits.TOP_UP_GIVEN_UP_SECONDS:
        await _give_up(database, clock, top_up, message="Nobody paid within a day")


async def _give_up(database: Database, clock: Clock, top_up: TopUp, *, message: str) -> None:
    """Failed, for now: money that arrives later is credited all the same."""
    await database.transact(lambda tx: set_top_up_failed(tx, top_up.id, code="given_up", message=message, now=clock.now()))

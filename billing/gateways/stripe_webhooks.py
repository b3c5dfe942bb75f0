"""What happens when Stripe reports something: stored by event id first, then acted upon once, in one transaction.

Deliveries come in any order and any number of times, for up to three days ("Webhooks" in Stripe's documentation).
"""

from __future__ import annotations

from datetime import datetime

from billing.gateways.stripe_events import CHARGE_REFUNDED, PAYMENT_FAILED, StripeEvent, news_of, read_event
from billing.wallet.disputes import DisputeNews, apply_dispute
from billing.wallet.outcomes import Outcome
from billing.wallet.payment_news import complete_top_up, fail_top_up
from billing.wallet.top_up_refunds import RefundNews, apply_refund, apply_refunded_total
from config import limits
from config.clock import Clock
from config.errors import AppError
from config.logging import get_logger
from storage.database import Database
from storage.provider_events import (
    count_failed_attempt,
    insert_provider_event,
    list_deferred_event_ids,
    list_unprocessed_event_ids,
    lock_unprocessed_event,
    set_event_deferred,
    set_event_processed,
)
from storage.transaction import Transaction

logger = get_logger(__name__)


async def receive_webhook(database: Database, clock: Clock, *, body: bytes, signature: str | None, secret: str) -> None:
    """Take one delivery. Once this returns the event is stored, and acted upon now or by `process_pending_events`.

    Raises WebhookSignatureInvalid, BadRequest, Unprocessable; Overloaded or DependencyUnavailable when it could not be
    stored, so that Stripe delivers it again.
    """
    event = read_event(body, signature, secret)
    if event is None:
        return
    await database.transact(
        lambda tx: insert_provider_event(tx, event_id=event.id, event_type=event.type, payload=event.stored(), now=clock.now())
    )
    await process_event(database, clock, event.id)


async def process_pending_events(database: Database, clock: Clock) -> int:
    """Act on stored events that nothing came of yet: a crash between store and act, or news that came too early."""
    async with database.connection() as db:
        event_ids = await list_unprocessed_event_ids(
            db,
            now=clock.now(),
            attempts_below=limits.PROVIDER_EVENT_ATTEMPTS,
            limit=limits.PROVIDER_EVENTS_BATCH,
        )
    processed = 0
    for event_id in event_ids:
        processed += await process_event(database, clock, event_id)
    return processed


async def process_event(database: Database, clock: Clock, event_id: str) -> bool:
    """Act on one stored event, unless that is done or being done; whether it is done now. Its failures are kept, not raised."""
    try:
        event, outcome = await database.transact(lambda tx: _act(tx, event_id, now=clock.now()))
    except Exception as error:
        # Whatever it was, the event is stored and is tried again; Stripe has nothing to add by delivering it once more.
        logger.exception("provider_event.failed", event_id=event_id, error=type(error).__name__)
        await _remember_failure(database, event_id, error)
        return False
    if event is None or outcome is None:
        return False
    log = logger.error if outcome.kind in ("mismatch", "unknown") else logger.info
    log("provider_event.processed", event_id=event_id, type=event.type, outcome=outcome.kind, detail=outcome.detail)
    if outcome.kind == "applied" and event.payment_id is not None:
        await _process_deferred(database, clock, event.payment_id)
    return outcome.kind != "deferred"


async def _act(tx: Transaction, event_id: str, *, now: datetime) -> tuple[StripeEvent | None, Outcome | None]:
    """Lock the stored event and do what it says, all in the caller's one transaction."""
    stored = await lock_unprocessed_event(tx, event_id)
    if stored is None:
        return None, None
    event = StripeEvent.restore(event_id=stored.event_id, event_type=stored.type, payload=stored.payload)
    outcome = await _apply(tx, event, now=now)
    if outcome.kind == "deferred":
        await set_event_deferred(tx, event_id, detail=outcome.detail or "")
    else:
        await set_event_processed(tx, event_id, outcome=outcome.kind, detail=outcome.detail, now=now)
    return event, outcome


async def _apply(tx: Transaction, event: StripeEvent, *, now: datetime) -> Outcome:
    news = news_of(event)
    if isinstance(news, RefundNews):
        return await apply_refund(tx, news, now=now)
    if isinstance(news, DisputeNews):
        return await apply_dispute(tx, news, now=now)
    if event.type == CHARGE_REFUNDED:
        return await apply_refunded_total(tx, news, refunded_minor=event.facts.amount_refunded or 0, now=now)
    if event.type in PAYMENT_FAILED:
        return await fail_top_up(tx, news, now=now)
    return await complete_top_up(tx, news, now=now)


async def _process_deferred(database: Database, clock: Clock, payment_id: str) -> None:
    """Refunds and disputes that overtook the payment they are about."""
    async with database.connection() as db:
        event_ids = await list_deferred_event_ids(db, provider_payment_id=payment_id, limit=limits.PROVIDER_EVENTS_BATCH)
    for event_id in event_ids:
        await process_event(database, clock, event_id)


async def _remember_failure(database: Database, event_id: str, error: Exception) -> None:
    try:
        await database.transact(lambda tx: count_failed_attempt(tx, event_id, detail=type(error).__name__))
    except AppError:
        logger.warning("provider_event.failure_not_kept", event_id=event_id)

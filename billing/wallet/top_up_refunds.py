"""Returns money of a top-up to the card it came from: taken from the wallet first, posted or voided by the provider's word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from billing.gateways.payments import PaymentGateway, PaymentProviderUnavailable, PaymentTimedOut, RefundStatus
from billing.wallet.outcomes import APPLIED, REPEATED, Outcome
from billing.wallet.payment_news import PaymentNews, lock_top_up_of
from billing.wallet.postings import lock_wallet, post_failed_refund, post_refund, post_withdrawal
from config import limits
from config.clock import Clock
from config.errors import AppError, Conflict, NotFound
from config.ids import new_id
from config.logging import get_logger
from storage.database import Database
from storage.ledger import resolve_pending_transfer
from storage.top_up_refunds import (
    TopUpRefund,
    find_refund,
    find_refund_by_provider,
    insert_refund,
    list_pending_refunds,
    set_refund_resolved,
    set_refund_sent,
)
from storage.top_ups import TopUp, find_top_up, lock_top_up, set_top_up_refunded
from storage.transaction import Transaction

logger = get_logger(__name__)

MADE_AT_PROVIDER = "Made at the payment provider"


class TopUpNotPaid(Conflict):
    code, title = "top_up.not_paid", "Only a top-up that was paid can be returned"


class TopUpRefundTooLarge(Conflict):
    code, title = "top_up.refund_too_large", "More than what is left of this top-up cannot be returned"


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """What an admin asks for. `refund_id` is the same on every retry of one request."""

    refund_id: UUID
    top_up_id: UUID
    amount_minor: int
    reason: str
    requested_by: UUID


@dataclass(frozen=True, slots=True)
class RefundNews:
    """What the provider says about one refund; `refund_id` is what its metadata names, when it is one of ours."""

    provider_refund_id: str
    refund_id: UUID | None
    status: RefundStatus


async def refund_top_up(database: Database, gateway: PaymentGateway, clock: Clock, request: RefundRequest) -> TopUpRefund:
    """wallet −, clearing + at once; then the provider is told. An answer that does not come leaves the refund pending.

    Raises NotFound, TopUpNotPaid, TopUpRefundTooLarge, WalletBalanceTooLow when the money has been spent.
    """
    refund = await database.transact(lambda tx: _begin(tx, request, now=clock.now()))
    if refund.status == "pending":
        await send_refund(database, gateway, clock, refund)
    async with database.connection() as db:
        return await find_refund(db, refund.id) or refund


async def send_refund(database: Database, gateway: PaymentGateway, clock: Clock, refund: TopUpRefund) -> None:
    """Ask the provider for a pending refund, once however often this is called, and act on the answer."""
    async with database.connection() as db:
        top_up = await find_top_up(db, refund.top_up_id)
    assert top_up is not None
    assert top_up.provider_payment_id is not None
    try:
        made = await gateway.refund_payment(
            payment_id=top_up.provider_payment_id, refund_id=refund.id, amount_minor=refund.amount_minor
        )
        news = RefundNews(made.id, refund.id, made.status)
    except (PaymentTimedOut, PaymentProviderUnavailable) as error:
        logger.warning("top_up.refund.unanswered", refund_id=str(refund.id), error=error.code)
        return
    except AppError as error:
        logger.warning("top_up.refund.refused", refund_id=str(refund.id), error=error.code)
        message = error.title
        await database.transact(lambda tx: _fail(tx, refund.id, message=message, now=clock.now()))
        return
    await database.transact(lambda tx: apply_refund(tx, news, now=clock.now()))


async def resume_refunds(database: Database, gateway: PaymentGateway, clock: Clock) -> int:
    """Ask again about refunds that the provider has not answered for; how many there were."""
    before = clock.now() - timedelta(seconds=limits.TOP_UP_CHECK_AFTER_SECONDS)
    async with database.connection() as db:
        pending = await list_pending_refunds(db, created_before=before, limit=limits.PROVIDER_EVENTS_BATCH)
    for refund in pending:
        await send_refund(database, gateway, clock, refund)
    return len(pending)


async def apply_refund(tx: Transaction, news: RefundNews, *, now: datetime) -> Outcome:
    """Post or void one of our refunds. One that was made at the provider arrives as `apply_refunded_total` instead."""
    refund = await find_refund_by_provider(tx, news.provider_refund_id)
    if refund is None and news.refund_id is not None:
        refund = await find_refund(tx, news.refund_id)
    if refund is None:
        if news.status == "failed":
            return Outcome("unknown", "a refund that was not made here has failed")
        return Outcome("ignored", "this refund was not made here")
    await _lock(tx, refund.id)
    await set_refund_sent(tx, refund.id, provider_refund_id=news.provider_refund_id)
    if news.status == "succeeded":
        return await _complete(tx, refund.id, now=now)
    if news.status == "failed":
        return await _fail(tx, refund.id, message="The card did not take the money back", now=now)
    return APPLIED


async def apply_refunded_total(tx: Transaction, news: PaymentNews, *, refunded_minor: int, now: datetime) -> Outcome:
    """The provider has returned `refunded_minor` of a payment in all: book what we did not know of (its own dashboard)."""
    top_up = await lock_top_up_of(tx, news, now=now)
    if not isinstance(top_up, TopUp):
        return top_up
    if top_up.status not in ("completed", "refunded"):
        return Outcome("deferred", "the returned payment has not been credited yet")
    if top_up.currency != news.currency or refunded_minor > top_up.amount_minor:
        return Outcome("mismatch", f"returned {refunded_minor} {news.currency} of {top_up.amount_minor} {top_up.currency}")
    unknown_minor = refunded_minor - top_up.refunded_minor
    if unknown_minor <= 0:
        return REPEATED
    wallet = await lock_wallet(tx, owner_id=top_up.user_id, currency=top_up.currency)
    refund_id = new_id()
    transfer_id = await post_withdrawal(
        tx,
        top_up,
        amount_minor=unknown_minor,
        from_wallet_minor=min(unknown_minor, max(0, wallet.spendable_minor)),
        type_="refund",
        key=f"top_up:{top_up.id}:refunded:{refunded_minor}",
        text="Returned to your card",
        now=now,
    )
    await insert_refund(
        tx,
        TopUpRefund(
            id=refund_id,
            top_up_id=top_up.id,
            amount_minor=unknown_minor,
            reason=MADE_AT_PROVIDER,
            status="completed",
            provider_refund_id=None,
            requested_by=None,
            transfer_id=transfer_id,
            failure_message=None,
            created_at=now,
            resolved_at=now,
        ),
    )
    await _count_refunded(tx, top_up, change_minor=unknown_minor, now=now)
    return APPLIED


async def _begin(tx: Transaction, request: RefundRequest, *, now: datetime) -> TopUpRefund:
    """The pending refund with its pending transfer; the one that is there already when the request is repeated."""
    top_up = await lock_top_up(tx, request.top_up_id)
    if top_up is None:
        raise NotFound
    known = await find_refund(tx, request.refund_id)
    if known is not None:
        return known
    if top_up.status not in ("completed", "refunded"):
        raise TopUpNotPaid
    if request.amount_minor > top_up.amount_minor - top_up.refunded_minor:
        raise TopUpRefundTooLarge
    transfer_id = await post_refund(
        tx, top_up, refund_id=request.refund_id, amount_minor=request.amount_minor, state="pending", now=now
    )
    refund = TopUpRefund(
        id=request.refund_id,
        top_up_id=top_up.id,
        amount_minor=request.amount_minor,
        reason=request.reason,
        status="pending",
        provider_refund_id=None,
        requested_by=request.requested_by,
        transfer_id=transfer_id,
        failure_message=None,
        created_at=now,
        resolved_at=None,
    )
    await insert_refund(tx, refund)
    # Counted at once, so that two refunds never add up to more than was paid; called refunded only when it is.
    refunded_minor = top_up.refunded_minor + request.amount_minor
    await set_top_up_refunded(tx, top_up.id, refunded_minor=refunded_minor, status=top_up.status, now=now)
    return refund


async def _lock(tx: Transaction, refund_id: UUID) -> tuple[TopUp, TopUpRefund]:
    """A refund and its top-up; the top-up's row is the lock of both."""
    refund = await find_refund(tx, refund_id)
    assert refund is not None
    top_up = await lock_top_up(tx, refund.top_up_id)
    refund = await find_refund(tx, refund_id)
    assert top_up is not None
    assert refund is not None
    return top_up, refund


async def _complete(tx: Transaction, refund_id: UUID, *, now: datetime) -> Outcome:
    top_up, refund = await _lock(tx, refund_id)
    if refund.status != "pending":
        return REPEATED if refund.status == "completed" else Outcome("mismatch", "a refund that had failed has succeeded")
    assert refund.transfer_id is not None
    await resolve_pending_transfer(tx, refund.transfer_id, state="posted")
    await set_refund_resolved(tx, refund.id, status="completed", failure_message=None, now=now)
    await _count_refunded(tx, top_up, change_minor=0, now=now)
    return APPLIED


async def _fail(tx: Transaction, refund_id: UUID, *, message: str, now: datetime) -> Outcome:
    """Put the money back into the wallet. A card may refuse days after the provider called the refund done."""
    top_up, refund = await _lock(tx, refund_id)
    if refund.status == "failed":
        return REPEATED
    was_pending = refund.transfer_id is not None and await resolve_pending_transfer(tx, refund.transfer_id, state="voided")
    await post_failed_refund(
        tx,
        top_up,
        refund_id=refund.id,
        amount_minor=refund.amount_minor,
        resolves_id=refund.transfer_id if was_pending else None,
        now=now,
    )
    await set_refund_resolved(tx, refund.id, status="failed", failure_message=message, now=now)
    await _count_refunded(tx, top_up, change_minor=-refund.amount_minor, now=now)
    return APPLIED


async def _count_refunded(tx: Transaction, top_up: TopUp, *, change_minor: int, now: datetime) -> None:
    refunded_minor = top_up.refunded_minor + change_minor
    status = "refunded" if refunded_minor == top_up.amount_minor else "completed"
    await set_top_up_refunded(tx, top_up.id, refunded_minor=refunded_minor, status=status, now=now)

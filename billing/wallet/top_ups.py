"""A person adds money to the wallet: recorded first, then paid for at the provider, credited only by the provider's word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from billing.gateways.payments import (
    Payment,
    PaymentAuthenticationRequired,
    PaymentDeclined,
    PaymentGateway,
    PaymentMethodUnknown,
    PaymentRefused,
)
from billing.wallet.payment_news import PaymentNews, fail_top_up
from config import limits
from config.clock import Clock
from config.errors import AppError, NotFound, RateLimited, invalid
from config.money import format_minor
from storage.database import Database
from storage.top_ups import (
    TopUp,
    count_failed_top_ups,
    find_provider_customer,
    find_top_up,
    insert_top_up,
    set_provider_customer,
    set_provider_payment,
    set_top_up_failed,
)
from storage.transaction import Connection, Transaction

_METHOD_UNKNOWN, _REFUSED = "payment_method_unknown", "payment_refused"


@dataclass(frozen=True, slots=True)
class TopUpRules:
    """How much may be added at once, in which currency."""

    minimum_minor: int
    maximum_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class TopUpRequest:
    """What a person asks for. `top_up_id` is the same on every retry of one request."""

    top_up_id: UUID
    user_id: UUID
    amount_minor: int
    payment_method: str | None


@dataclass(frozen=True, slots=True)
class StartedTopUp:
    """`client_secret` lets the owner's browser, and nobody else, finish the payment at the provider."""

    top_up: TopUp
    client_secret: str | None


async def create_top_up(
    database: Database, gateway: PaymentGateway, clock: Clock, *, rules: TopUpRules, request: TopUpRequest
) -> StartedTopUp:
    """Record the top-up as pending, commit, and have the provider charge the card where one is given.

    It stays pending until the provider's webhook credits it. Raises Unprocessable for an amount outside the rules, RateLimited
    after many failures, and the payment failures; after one that is retryable the same request goes on where it stopped.
    """
    check_amount(rules, request.amount_minor)
    top_up = await database.transact(lambda tx: _record(tx, rules, request, now=clock.now()))
    if top_up.status == "failed":
        raise failure_of(top_up)
    try:
        payment = await _announce(database, gateway, top_up, now=clock.now())
        if request.payment_method is not None and payment.status in ("waiting", "authentication_required"):
            payment = await gateway.confirm_payment(payment.id)
    except (PaymentDeclined, PaymentMethodUnknown, PaymentRefused) as error:
        await _fail(database, top_up, error, now=clock.now())
        raise
    if payment.status in ("failed", "cancelled"):
        await database.transact(lambda tx: fail_top_up(tx, PaymentNews.of(payment), now=clock.now()))
        raise PaymentDeclined.because(payment.decline_code)
    if payment.status == "authentication_required":
        raise PaymentAuthenticationRequired
    return StartedTopUp(await access_top_up_row(database, top_up.id), payment.client_secret)


def check_amount(rules: TopUpRules, amount_minor: int) -> None:
    """Raises Unprocessable unless the amount lies within the rules."""
    if not rules.minimum_minor <= amount_minor <= rules.maximum_minor:
        lowest, highest = (format_minor(edge, rules.currency) for edge in (rules.minimum_minor, rules.maximum_minor))
        raise invalid([("amount_minor", f"must be between {lowest} and {highest}")])


async def access_top_up(db: Connection, *, top_up_id: UUID, user_id: UUID) -> TopUp:
    """One's own top-up. Raises NotFound, also for somebody else's."""
    top_up = await find_top_up(db, top_up_id)
    if top_up is None or top_up.user_id != user_id:
        raise NotFound
    return top_up


async def find_client_secret(gateway: PaymentGateway, top_up: TopUp) -> str | None:
    """What the owner's browser needs to finish a payment that is still open; None when there is nothing to finish."""
    if top_up.status != "pending" or top_up.provider_payment_id is None:
        return None
    payment = await gateway.get_payment(top_up.provider_payment_id)
    return payment.client_secret if payment.status in ("waiting", "authentication_required") else None


def failure_of(top_up: TopUp) -> AppError:
    """Why a failed top-up failed, as it was told the first time."""
    if top_up.failure_code == _METHOD_UNKNOWN:
        return PaymentMethodUnknown()
    return PaymentRefused() if top_up.failure_code == _REFUSED else PaymentDeclined(top_up.failure_message)


async def access_top_up_row(database: Database, top_up_id: UUID) -> TopUp:
    async with database.connection() as db:
        top_up = await find_top_up(db, top_up_id)
    assert top_up is not None
    return top_up


async def _record(tx: Transaction, rules: TopUpRules, request: TopUpRequest, *, now: datetime) -> TopUp:
    """The pending row; the one that is there already when the request is repeated."""
    hour_ago = now - timedelta(hours=1)
    if await count_failed_top_ups(tx, user_id=request.user_id, since=hour_ago) >= limits.FAILED_TOP_UPS_PER_HOUR:
        # Somebody who tries card after card is testing stolen ones.
        raise RateLimited("Too many payments have failed; try again later", retry_after_seconds=600)
    await insert_top_up(
        tx,
        top_up_id=request.top_up_id,
        user_id=request.user_id,
        amount_minor=request.amount_minor,
        currency=rules.currency,
        payment_method=request.payment_method,
        now=now,
    )
    top_up = await find_top_up(tx, request.top_up_id)
    assert top_up is not None
    return top_up


async def _announce(database: Database, gateway: PaymentGateway, top_up: TopUp, *, now: datetime) -> Payment:
    """The provider's payment for a top-up: made once, and known to our row before any money can move."""
    if top_up.provider_payment_id is not None:
        return await gateway.get_payment(top_up.provider_payment_id)
    payment = await gateway.create_payment(
        top_up_id=top_up.id,
        amount_minor=top_up.amount_minor,
        currency=top_up.currency,
        customer_id=await _ensure_customer(database, gateway, top_up.user_id),
        payment_method=top_up.payment_method,
    )
    is_ours = await database.transact(
        lambda tx: set_provider_payment(tx, top_up_id=top_up.id, provider_payment_id=payment.id, now=now)
    )
    if is_ours:
        return payment
    # Two copies of one request raced at a provider without idempotency: the payment that was recorded first is the one.
    recorded = await access_top_up_row(database, top_up.id)
    assert recorded.provider_payment_id is not None
    return await gateway.get_payment(recorded.provider_payment_id)


async def _ensure_customer(database: Database, gateway: PaymentGateway, user_id: UUID) -> str:
    async with database.connection() as db:
        known_id = await find_provider_customer(db, user_id)
    customer_id = await gateway.ensure_customer(user_id=user_id, known_id=known_id)
    if customer_id != known_id:
        await database.transact(lambda tx: set_provider_customer(tx, user_id=user_id, provider_customer_id=customer_id))
    return customer_id


async def _fail(database: Database, top_up: TopUp, error: AppError, *, now: datetime) -> None:
    codes = {PaymentMethodUnknown: _METHOD_UNKNOWN, PaymentRefused: _REFUSED}
    code = codes.get(type(error), "card_declined")
    await database.transact(lambda tx: set_top_up_failed(tx, top_up.id, code=code, message=error.detail, now=now))

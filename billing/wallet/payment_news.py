"""Applies what the provider says about a payment to the top-up it was made for: credited once, failed, or neither.

Webhooks and the sweep that asks the provider both end here, so it does not matter who brings the news, or how often.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from billing.gateways.payments import CANCELLED, Payment, PaymentDeclined
from billing.wallet.outcomes import APPLIED, REPEATED, Outcome
from billing.wallet.postings import post_credit
from storage.top_ups import (
    TopUp,
    lock_top_up,
    lock_top_up_by_payment,
    set_provider_payment,
    set_top_up_completed,
    set_top_up_failed,
)
from storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class PaymentNews:
    """`top_up_id` is what the payment's metadata names; our own row for the payment outranks it."""

    payment_id: str
    top_up_id: UUID | None
    amount_minor: int
    currency: str
    decline_code: str | None = None

    @classmethod
    def of(cls, payment: Payment) -> PaymentNews:
        decline_code = CANCELLED if payment.status == "cancelled" else payment.decline_code
        return cls(payment.id, payment.top_up_id, payment.amount_minor, payment.currency, decline_code)


async def complete_top_up(tx: Transaction, news: PaymentNews, *, now: datetime) -> Outcome:
    """The money has arrived: credit the wallet, once, if payment and top-up agree to the cent."""
    top_up = await lock_top_up_of(tx, news, now=now)
    if not isinstance(top_up, TopUp):
        return top_up
    if top_up.status in ("completed", "refunded"):
        return REPEATED
    if (top_up.amount_minor, top_up.currency) != (news.amount_minor, news.currency):
        return Outcome("mismatch", f"top-up of {top_up.amount_minor} {top_up.currency}, paid {news.amount_minor} {news.currency}")
    await set_top_up_completed(tx, top_up.id, now=now)
    await post_credit(tx, top_up, now=now)
    return APPLIED


async def fail_top_up(tx: Transaction, news: PaymentNews, *, now: datetime) -> Outcome:
    """The card was refused. A top-up that has been credited stays credited, and a failed one can still be paid later."""
    top_up = await lock_top_up_of(tx, news, now=now)
    if not isinstance(top_up, TopUp):
        return top_up
    if top_up.status != "pending":
        return REPEATED if top_up.status == "failed" else Outcome("ignored", "the payment has succeeded already")
    message = PaymentDeclined.because(news.decline_code).detail
    await set_top_up_failed(tx, top_up.id, code=news.decline_code or "card_declined", message=message, now=now)
    return APPLIED


async def lock_top_up_of(tx: Transaction, news: PaymentNews, *, now: datetime) -> TopUp | Outcome:
    """The top-up that a payment was made for, locked; an outcome when there is none or it has another payment."""
    top_up = await lock_top_up_by_payment(tx, news.payment_id)
    if top_up is not None:
        return top_up
    named = None if news.top_up_id is None else await lock_top_up(tx, news.top_up_id)
    if named is None:
        return Outcome("unknown", "no top-up belongs to this payment")
    if named.provider_payment_id is not None:
        return Outcome("mismatch", "a second payment for one top-up")
    await set_provider_payment(tx, top_up_id=named.id, provider_payment_id=news.payment_id, now=now)
    return named

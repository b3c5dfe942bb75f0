"""Card payments through the real Stripe SDK; with the local stand-in, the same code with another base address.

Two steps for each payment, announce and confirm, so that our row knows the payment before any money moves.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import aiohttp
import stripe

from billing.gateways.payments import (
    Payment,
    PaymentMethodUnknown,
    PaymentProviderUnavailable,
    PaymentRefused,
    PaymentStatus,
    PaymentTimedOut,
    PaymentUnknown,
    ProviderRefund,
    RefundStatus,
)
from billing.gateways.stripe_failures import failure_of
from config import limits
from config.errors import FieldError

Answer = TypeVar("Answer")

# PaymentIntent.status, Stripe's API reference. "requires_payment_method" is told apart by whether a card was tried.
_PAYMENT_STATUSES: dict[str, PaymentStatus] = {
    "requires_confirmation": "waiting",
    "requires_action": "authentication_required",
    "requires_capture": "processing",
    "processing": "processing",
    "succeeded": "succeeded",
    "canceled": "cancelled",
}
REFUND_STATUSES: dict[str | None, RefundStatus] = {"succeeded": "succeeded", "failed": "failed", "canceled": "failed"}


@asynccontextmanager
async def open_stripe_client(*, api_key: str, api_base: str | None) -> AsyncIterator[stripe.StripeClient]:
    """One client for the running event loop, closed at the end. No call is made until the first payment."""
    http_client = stripe.AIOHTTPClient(timeout=limits.PROVIDER_TIMEOUT_SECONDS / 2)
    try:
        yield stripe.StripeClient(
            api_key,
            http_client=http_client,
            base_addresses={"api": api_base.rstrip("/")} if api_base else None,
            max_network_retries=limits.PROVIDER_RETRIES,
        )
    finally:
        await http_client.close_async()  # type: ignore[no-untyped-call]


class StripeGateway:
    """A `PaymentGateway`; belongs to the event loop that opened it."""

    def __init__(self, client: stripe.StripeClient, *, is_test_mode: bool) -> None:
        self._client = client
        self._is_test_mode = is_test_mode

    @property
    def is_test_mode(self) -> bool:
        return self._is_test_mode

    async def ensure_customer(self, *, user_id: UUID, known_id: str | None) -> str:
        if known_id is not None and await self._knows_customer(known_id):
            return known_id
        options: stripe.RequestOptions = {"idempotency_key": f"customer:{user_id}:{known_id}"}
        customer = await await_answer(self._client.v1.customers.create_async({"metadata": {"user_id": str(user_id)}}, options))
        return customer.id

    async def _knows_customer(self, customer_id: str) -> bool:
        """Whether the provider still has this customer: one deleted in its dashboard makes every payment fail."""
        try:
            customer = await await_answer(self._client.v1.customers.retrieve_async(customer_id))
        except PaymentUnknown:
            return False
        return not getattr(customer, "deleted", False)

    async def create_payment(
        self, *, top_up_id: UUID, amount_minor: int, currency: str, customer_id: str | None, payment_method: str | None
    ) -> Payment:
        params: dict[str, Any] = {
            "amount": amount_minor,
            "currency": currency.lower(),
            "payment_method_types": ["card"],
            "metadata": {"top_up_id": str(top_up_id)},
        }
        if customer_id is not None:
            params["customer"] = customer_id
        if payment_method is not None:
            params["payment_method"] = payment_method
        try:
            intent = await await_answer(
                self._client.v1.payment_intents.create_async(params, {"idempotency_key": f"top-up:{top_up_id}"})  # type: ignore[arg-type]
            )
        except (PaymentUnknown, PaymentRefused) as error:
            if payment_method is None or error.fields:
                raise
            raise PaymentMethodUnknown(fields=[FieldError("payment_method", "is not known to the payment provider")]) from None
        return payment_of(intent)

    async def confirm_payment(self, payment_id: str) -> Payment:
        try:
            intent = await await_answer(
                self._client.v1.payment_intents.confirm_async(payment_id, options={"idempotency_key": f"confirm:{payment_id}"})
            )
        except PaymentRefused:
            # Confirmed already, by a call whose answer was lost: the payment itself says how that went.
            return await self.get_payment(payment_id)
        return payment_of(intent)

    async def get_payment(self, payment_id: str) -> Payment:
        return payment_of(
            await await_answer(self._client.v1.payment_intents.retrieve_async(payment_id, {"expand": ["latest_charge"]}))
        )

    async def list_payments(self, *, since: datetime) -> AsyncIterator[Payment]:
        try:
            page = await self._list_page({"created": {"gte": int(since.timestamp())}})
        except PaymentRefused:
            page = await self._list_page({})  # the stand-in does not know this filter
        async for intent in _paged(page):
            payment = payment_of(intent)
            if payment.created_at >= since.replace(microsecond=0):
                yield payment

    async def _list_page(self, filters: dict[str, Any]) -> stripe.ListObject[stripe.PaymentIntent]:
        params: dict[str, Any] = {"limit": limits.PAGE_SIZE_MAXIMUM, "expand": ["data.latest_charge"], **filters}
        return await await_answer(self._client.v1.payment_intents.list_async(params))  # type: ignore[arg-type]

    async def refund_payment(self, *, payment_id: str, refund_id: UUID, amount_minor: int) -> ProviderRefund:
        # Stripe forgets an idempotency key after a day, the stand-in at once; the refund's metadata lasts.
        made = await await_answer(
            self._client.v1.refunds.list_async({"payment_intent": payment_id, "limit": limits.PAGE_SIZE_MAXIMUM})
        )
        async for refund in _paged(made):
            if getattr(refund.metadata, "refund_id", None) == str(refund_id):
                return refund_of(refund)
        return refund_of(
            await await_answer(
                self._client.v1.refunds.create_async(
                    {"payment_intent": payment_id, "amount": amount_minor, "metadata": {"refund_id": str(refund_id)}},
                    {"idempotency_key": f"refund:{refund_id}"},
                )
            )
        )


def payment_of(intent: stripe.PaymentIntent) -> Payment:
    """What a PaymentIntent says, in our words."""
    error = getattr(intent, "last_payment_error", None)
    status = _PAYMENT_STATUSES.get(intent.status) or ("failed" if error else "waiting")
    charge = getattr(intent, "latest_charge", None)
    return Payment(
        id=intent.id,
        status=status,
        amount_minor=intent.amount,
        refunded_minor=getattr(charge, "amount_refunded", 0),
        currency=intent.currency.upper(),
        top_up_id=top_up_id_of(intent.metadata),
        client_secret=intent.client_secret,
        created_at=datetime.fromtimestamp(intent.created, UTC),
        decline_code=(getattr(error, "decline_code", None) or getattr(error, "code", None)) if error else None,
    )


def top_up_id_of(metadata: Any) -> UUID | None:
    """The top-up that a payment was made for, when it was made by us."""
    try:
        return UUID(metadata["top_up_id"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def refund_of(refund: stripe.Refund) -> ProviderRefund:
    """What a Refund says, in our words."""
    return ProviderRefund(refund.id, REFUND_STATUSES.get(refund.status, "pending"), refund.amount, refund.currency.upper())


async def await_answer(call: Awaitable[Answer]) -> Answer:
    """Await one call to Stripe, retries included, within the time limit; raises the failures of `payments.py`."""
    try:
        async with asyncio.timeout(limits.PROVIDER_TIMEOUT_SECONDS):
            return await call
    except TimeoutError:
        raise PaymentTimedOut from None
    except stripe.StripeError as error:
        raise failure_of(error) from None
    except (aiohttp.ClientError, OSError):
        raise PaymentProviderUnavailable from None  # the connection broke while the answer's body was read


async def _paged(page: Any) -> AsyncIterator[Any]:
    """Every object of a list and of the pages after it, up to the maximum, each page within the time limit."""
    for _ in range(limits.PROVIDER_PAGES):
        for item in page.data:
            yield item
        if not page.has_more:
            return
        page = await await_answer(page.next_page_async())
    raise PaymentProviderUnavailable("The payment provider's list is longer than one run reads")

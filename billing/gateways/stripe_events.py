"""Stripe's webhook events, verified and reduced to the few facts that we act on; nothing else of them is kept.

Field names follow Stripe's API reference: PaymentIntent, Charge, Refund and Dispute objects.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeVar
from uuid import UUID

import orjson
import stripe
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from billing.gateways.payments import CANCELLED
from billing.gateways.stripe import REFUND_STATUSES
from billing.wallet.disputes import DisputeNews
from billing.wallet.payment_news import PaymentNews
from billing.wallet.top_up_refunds import RefundNews
from config import limits
from config.errors import AppError, BadRequest, Unprocessable
from config.fields import PlainText

TOLERANCE_SECONDS = 300
Fact = TypeVar("Fact")


class WebhookSignatureInvalid(AppError):
    code, status, title = "webhook.signature_invalid", 400, "The webhook's signature is missing, wrong or too old"


def _id_of(value: object) -> object:
    """References come as ids or, expanded, as whole objects."""
    return value.get("id") if isinstance(value, dict) else value


def _id_or_none(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


ProviderId = Annotated[PlainText, Field(min_length=1, max_length=255), BeforeValidator(_id_of)]
Amount = Annotated[int, Field(strict=True, ge=0, le=limits.AMOUNT_MAXIMUM_MINOR)]
Text = Annotated[PlainText, Field(max_length=255)]


class Facts(BaseModel):
    """What is read of an event's object, whatever else it holds, and what is stored of it."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Metadata(Facts):
    top_up_id: Annotated[UUID | None, BeforeValidator(_id_or_none)] = None
    refund_id: Annotated[UUID | None, BeforeValidator(_id_or_none)] = None


class PaymentError(Facts):
    code: Text | None = None
    decline_code: Text | None = None


class ObjectFacts(Facts):
    """The facts of any of the four kinds of object; a kind that lacks a fact leaves it None."""

    id: ProviderId
    amount: Amount | None = None
    amount_received: Amount | None = None
    amount_refunded: Amount | None = None
    currency: Annotated[PlainText, Field(pattern="^[A-Za-z]{3}$")] | None = None
    status: Text | None = None
    payment_intent: ProviderId | None = None
    metadata: Metadata = Metadata()
    last_payment_error: PaymentError | None = None


class _Data(Facts):
    object: dict[str, Any]


class _Envelope(Facts):
    id: ProviderId
    type: Annotated[PlainText, Field(min_length=1, max_length=100)]
    data: _Data


class StripeEvent(Facts):
    """One event that we act on."""

    id: str
    type: str
    facts: ObjectFacts

    @property
    def payment_id(self) -> str | None:
        """The payment that this is about."""
        return self.facts.id if self.type.startswith("payment_intent.") else self.facts.payment_intent

    def stored(self) -> dict[str, Any]:
        """What is kept in the database: our facts, and the payment to find deferred events by."""
        return {"facts": self.facts.model_dump(mode="json", exclude_none=True), "payment_id": self.payment_id}

    @classmethod
    def restore(cls, *, event_id: str, event_type: str, payload: dict[str, Any]) -> StripeEvent:
        return cls(id=event_id, type=event_type, facts=ObjectFacts.model_validate(payload["facts"]))


PAYMENT_SUCCEEDED = "payment_intent.succeeded"
PAYMENT_CANCELLED = "payment_intent.canceled"
PAYMENT_FAILED = frozenset({"payment_intent.payment_failed", PAYMENT_CANCELLED})
CHARGE_REFUNDED = "charge.refunded"
REFUND_CHANGED = frozenset({"refund.created", "refund.updated", "refund.failed", "charge.refund.updated"})
DISPUTE_STEPS = {
    "charge.dispute.created": "opened",
    "charge.dispute.funds_withdrawn": "funds_withdrawn",
    "charge.dispute.funds_reinstated": "funds_reinstated",
    "charge.dispute.closed": "closed",
}
HANDLED = frozenset({PAYMENT_SUCCEEDED, CHARGE_REFUNDED}) | PAYMENT_FAILED | REFUND_CHANGED | DISPUTE_STEPS.keys()


def read_event(body: bytes, signature: str | None, secret: str) -> StripeEvent | None:
    """The event in a webhook's raw bytes; None for a type that we have no use for.

    Raises WebhookSignatureInvalid, BadRequest for what is not an event, Unprocessable for an event without what we need.
    """
    try:
        stripe.WebhookSignature.verify_header(body, signature, secret, TOLERANCE_SECONDS)
    except (stripe.SignatureVerificationError, ValueError, TypeError):
        raise WebhookSignatureInvalid from None
    try:
        envelope = _Envelope.model_validate(orjson.loads(body))
    except (ValueError, ValidationError):
        raise BadRequest("This is not an event") from None
    if envelope.type not in HANDLED:
        return None
    try:
        event = StripeEvent(id=envelope.id, type=envelope.type, facts=ObjectFacts.model_validate(envelope.data.object))
        news_of(event)
    except (ValidationError, _FactMissing):
        raise Unprocessable("This event lacks what its type needs") from None
    return event


def news_of(event: StripeEvent) -> PaymentNews | RefundNews | DisputeNews:
    """The event in billing's words."""
    facts = event.facts
    if event.type in REFUND_CHANGED:
        status = "failed" if event.type == "refund.failed" else REFUND_STATUSES.get(facts.status, "pending")
        return RefundNews(facts.id, facts.metadata.refund_id, status)
    error = facts.last_payment_error or PaymentError()
    reason = CANCELLED if event.type == PAYMENT_CANCELLED else error.decline_code or error.code
    amount_minor = facts.amount if not facts.amount_received else facts.amount_received
    payment = PaymentNews(
        payment_id=_needed(event.payment_id),
        top_up_id=facts.metadata.top_up_id,
        amount_minor=_needed(amount_minor),
        currency=_needed(facts.currency).upper(),
        decline_code=reason,
    )
    step = DISPUTE_STEPS.get(event.type)
    if event.type == CHARGE_REFUNDED:
        _needed(facts.amount_refunded)
    return payment if step is None else DisputeNews(step, facts.id, payment, is_won=facts.status != "lost")  # type: ignore[arg-type]


class _FactMissing(Exception):
    pass


def _needed(value: Fact | None) -> Fact:
    if value is None:
        raise _FactMissing
    return value

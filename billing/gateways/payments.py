"""What billing asks of a card payment provider, and the failures that every provider has in common.

No provider is named here: `stripe.py` speaks to one, and its answers arrive as these records.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from config.errors import AppError

# Our own word among the provider's decline codes.
CANCELLED = "cancelled"

# The decline codes that a person can do something about. Lost and stolen cards are deliberately not told apart from a
# plain decline, as Stripe's page "Decline codes" asks.
_DECLINE_SENTENCES = {
    "insufficient_funds": "The card does not have enough money on it",
    "expired_card": "The card has expired",
    "incorrect_cvc": "The card's security code is wrong",
    "incorrect_number": "The card's number is wrong",
    "card_velocity_exceeded": "The card has reached its limit",
    "currency_not_supported": "The card cannot pay in this currency",
    "processing_error": "The bank could not process the card; try again in a moment",
    "payment_intent_authentication_failure": "The bank did not get your confirmation",
    CANCELLED: "The payment was cancelled",
}

PaymentStatus = Literal["waiting", "authentication_required", "processing", "succeeded", "failed", "cancelled"]
RefundStatus = Literal["pending", "succeeded", "failed"]


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment as the provider sees it. `waiting` = no card given yet; `failed` may still be tried with another card."""

    id: str
    status: PaymentStatus
    amount_minor: int
    refunded_minor: int
    currency: str
    top_up_id: UUID | None
    client_secret: str | None
    created_at: datetime
    decline_code: str | None = None


@dataclass(frozen=True, slots=True)
class ProviderRefund:
    """Money on its way back to a card, as the provider sees it."""

    id: str
    status: RefundStatus
    amount_minor: int
    currency: str


class PaymentGateway(Protocol):
    """A provider that takes money from cards. Each call is one bounded wait and raises only failures declared here."""

    @property
    def is_test_mode(self) -> bool:
        """Whether no real money moves, so that the pages can say so."""

    async def ensure_customer(self, *, user_id: UUID, known_id: str | None) -> str:
        """The provider's id of this person; makes one when none is known."""

    async def create_payment(
        self, *, top_up_id: UUID, amount_minor: int, currency: str, customer_id: str | None, payment_method: str | None
    ) -> Payment:
        """Announce a payment without taking money; repeated for one top-up it gives the same payment."""

    async def confirm_payment(self, payment_id: str) -> Payment:
        """Take the money with the card that the payment holds; safe to repeat."""

    async def get_payment(self, payment_id: str) -> Payment:
        """The payment as it stands now; raises PaymentUnknown."""

    def list_payments(self, *, since: datetime) -> AsyncIterator[Payment]:
        """Every payment made at or after `since`, in no particular order."""

    async def refund_payment(self, *, payment_id: str, refund_id: UUID, amount_minor: int) -> ProviderRefund:
        """Send part of a payment back to its card, once for each refund_id however often it is called."""


class PaymentDeclined(AppError):
    code, status, title = "payment.declined", 402, "The card was declined"

    @classmethod
    def because(cls, decline_code: str | None) -> PaymentDeclined:
        """The decline, in words that say what to do where the provider's code allows it."""
        return cls(_DECLINE_SENTENCES.get(decline_code or "", "The card was declined; try another card or ask your bank"))


class PaymentAuthenticationRequired(AppError):
    code, status, title = "payment.authentication_required", 402, "The bank wants you to confirm this payment"


class PaymentMethodUnknown(AppError):
    code, status, title = "payment.method_unknown", 422, "This payment method cannot be used"


class PaymentRefused(AppError):
    code, status, title = "payment.refused", 422, "The payment provider does not accept this payment"


class PaymentUnknown(AppError):
    code, status, title = "payment.unknown", 409, "The payment provider does not know this payment"


class PaymentTimedOut(AppError):
    code, status, title, retryable = "payment.timed_out", 503, "The payment provider did not answer in time", True


class PaymentProviderUnavailable(AppError):
    code, status, title, retryable = "payment.provider_unavailable", 503, "The payment provider cannot be reached", True

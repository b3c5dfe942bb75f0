"""What the wallet's doors accept."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, Strict

from config import limits
from config.fields import AmountMinor, Payload, PlainText, Reason
from storage.spending_limits import SpendingLimits

PaymentMethod = Annotated[PlainText, Field(pattern="^[A-Za-z0-9_]{3,255}$", description="The provider's id of a card")]
LimitMinor = Annotated[int, Strict(), Field(ge=0, le=limits.AMOUNT_MAXIMUM_MINOR)]


class TopUpPayload(Payload):
    """Without a card, its owner's browser finishes the payment at the provider with the answer's `client_secret`."""

    amount_minor: AmountMinor
    payment_method: PaymentMethod | None = None


class TopUpQuery(Payload):
    with_client_secret: Annotated[bool, Field(description="Ask the provider for what is needed to finish an open payment")] = (
        False
    )


class TestConfirmationPayload(Payload):
    """What the bank would have answered."""

    outcome: Literal["confirmed", "refused"]


class LimitsPayload(Payload):
    """null = no limit."""

    per_consultation_minor: LimitMinor | None = None
    per_day_minor: LimitMinor | None = None
    per_month_minor: LimitMinor | None = None

    def limits(self) -> SpendingLimits:
        return SpendingLimits(self.per_consultation_minor, self.per_day_minor, self.per_month_minor)


class TopUpRefundPayload(Payload):
    amount_minor: AmountMinor
    reason: Reason

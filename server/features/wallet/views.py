"""What the wallet's doors answer."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from billing.wallet.top_ups import StartedTopUp
from config.fields import Instant, View
from server.http.pagination import Page
from storage.ledger import LedgerAccount, WalletLine
from storage.spending_limits import SpendingLimits
from storage.top_up_refunds import TopUpRefund
from storage.top_ups import TopUp
from storage.wallet_history import ConsultationTitle

TransferType = Literal[
    "add_funds", "session_charge", "gift_purchase", "refund", "payout", "purchase", "chargeback", "promotion", "adjustment"
]


class WalletView(View):
    balance_minor: int
    held_minor: Annotated[int, Field(description="Part of the balance that an open dispute keeps from being spent")]
    currency: str


class ReferenceView(View):
    kind: Annotated[str, Field(description="consultation, top_up, gift, order …")]
    id: UUID


class TransferView(View):
    id: UUID
    type: TransferType
    amount_minor: Annotated[int, Field(description="Signed, as the wallet sees it")]
    currency: str
    balance_after_minor: int
    description: str
    reference: ReferenceView
    created_at: Instant


class TransferPage(Page[TransferView]):
    """Newest first."""


class TopUpView(View):
    id: UUID
    status: Literal["pending", "completed", "failed", "refunded"]
    amount_minor: int
    currency: str
    client_secret: Annotated[str | None, Field(description="Lets the owner's browser finish the payment at the provider")]
    refunded_minor: int
    failure: Annotated[str | None, Field(description="Why it failed, for a person")]
    created_at: Instant
    completed_at: Instant | None


class LimitsView(View):
    """null = no limit. Days and months are counted in UTC."""

    per_consultation_minor: int | None
    per_day_minor: int | None
    per_month_minor: int | None


class TopUpRefundView(View):
    id: UUID
    top_up_id: UUID
    amount_minor: int
    currency: str
    reason: str
    status: Annotated[
        Literal["pending", "completed", "failed"], Field(description="pending until the payment provider has answered")
    ]
    failure: str | None
    created_at: Instant


class WebhookReceived(View):
    received: Literal[True] = True


def render_wallet(wallet: LedgerAccount | None, currency: str) -> WalletView:
    if wallet is None:
        return WalletView(balance_minor=0, held_minor=0, currency=currency)
    return WalletView(balance_minor=wallet.balance_minor or 0, held_minor=wallet.held_minor, currency=wallet.currency)


def render_transfer(line: WalletLine, consultation: ConsultationTitle | None) -> TransferView:
    return TransferView(
        id=line.transfer_id,
        type=line.type,
        amount_minor=line.amount_minor,
        currency=line.currency,
        balance_after_minor=line.balance_after_minor,
        description=describe(line, consultation),
        reference=ReferenceView(kind=line.reference_kind, id=line.reference_id),
        created_at=line.created_at,
    )


def describe(line: WalletLine, consultation: ConsultationTitle | None) -> str:
    """What a line was for, in a person's words."""
    if consultation is not None:
        what = f"{consultation.type.title()} with {consultation.other_name}"
        if line.type == "session_charge":
            unit = "minute" if consultation.increment_is_minute else "part"
            return f"{what}, {unit} {line.increment}"
        return f"{line.description or 'Money back'}: {what[:1].lower()}{what[1:]}"
    return line.description or _PLAIN.get(line.type, "Correction")


_PLAIN = {
    "add_funds": "Added by card",
    "gift_purchase": "A gift",
    "refund": "Money back",
    "payout": "Payout",
    "purchase": "Purchase",
    "chargeback": "Disputed payment",
    "promotion": "A present from the house",
}


def render_top_up(top_up: TopUp, client_secret: str | None = None) -> TopUpView:
    return TopUpView(
        id=top_up.id,
        status=top_up.status,
        amount_minor=top_up.amount_minor,
        currency=top_up.currency,
        client_secret=client_secret,
        refunded_minor=top_up.refunded_minor,
        failure=top_up.failure_message,
        created_at=top_up.created_at,
        completed_at=top_up.completed_at,
    )


def render_started(started: StartedTopUp) -> TopUpView:
    return render_top_up(started.top_up, started.client_secret)


def render_limits(found: SpendingLimits | None) -> LimitsView:
    known = found or SpendingLimits(None, None, None)
    return LimitsView(
        per_consultation_minor=known.per_consultation_minor,
        per_day_minor=known.per_day_minor,
        per_month_minor=known.per_month_minor,
    )


def render_refund(refund: TopUpRefund, currency: str) -> TopUpRefundView:
    return TopUpRefundView(
        id=refund.id,
        top_up_id=refund.top_up_id,
        amount_minor=refund.amount_minor,
        currency=currency,
        reason=refund.reason,
        status=refund.status,
        failure=refund.failure_message,
        created_at=refund.created_at,
    )

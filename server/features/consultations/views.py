"""What the consultations' doors answer beyond the snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from config.fields import Instant, View
from realtime.consultations.snapshots import ConsultationView, MessageView, Viewer
from server.features.consultations.statements import StatementLine
from server.http.pagination import Page
from storage.gift_receipts import GiftReceipt


class ConsultationPage(Page[ConsultationView]):
    """Newest first."""


class MessagePage(Page[MessageView]):
    """In order; `next_cursor` is null once nothing newer is stored."""


class StatementLineView(View):
    """`amount_minor` is cost: positive for a charge or a fee, negative for a refund; `transfer_id` the ledger's record of it.
    `seconds`: what a charge pays for, how long a pause was. A `mode` line's `reason` is how they talk from there on.
    `earned_minor` only the reader sees.
    """

    kind: Literal["charge", "fee", "refund", "pause", "resume", "start", "mode", "end"]
    at: Instant
    description: str
    amount_minor: int | None
    earned_minor: int | None
    increment: int | None
    transfer_id: UUID | None
    seconds: float | None
    reason: str | None


class StatementGiftView(View):
    """A gift that the client gave in it. `earned_minor` only the reader sees; one that was given back counts no more."""

    id: UUID
    at: Instant
    description: str
    amount_minor: int
    earned_minor: int | None
    transfer_id: UUID
    is_refunded: bool


class Statement(View):
    """The lines' amounts sum to `total_cost_minor`; gifts are told apart from what the consultation cost."""

    consultation: ConsultationView
    lines: list[StatementLineView]
    total_cost_minor: int
    gifts: list[StatementGiftView]
    gifts_minor: int
    connected_seconds: float
    currency: str


def render_statement(
    consultation: ConsultationView,
    lines: Sequence[StatementLine],
    gifts: Sequence[GiftReceipt],
    *,
    gifts_minor: int,
    viewer: Viewer,
) -> Statement:
    return Statement(
        consultation=consultation,
        lines=[
            StatementLineView(
                kind=line.kind,
                at=line.at,
                description=line.description,
                amount_minor=line.amount_minor,
                earned_minor=line.earned_minor,
                increment=line.increment,
                transfer_id=line.transfer_id,
                seconds=line.seconds,
                reason=line.reason,
            )
            for line in lines
        ],
        total_cost_minor=consultation.total_cost_minor,
        gifts=[
            StatementGiftView(
                id=gift.id,
                at=gift.created_at,
                description=gift.description,
                amount_minor=gift.amount_minor,
                earned_minor=None if viewer == "client" else gift.reader_minor,
                transfer_id=gift.transfer_id,
                is_refunded=gift.refunded_at is not None,
            )
            for gift in gifts
        ],
        gifts_minor=gifts_minor,
        connected_seconds=consultation.connected_seconds,
        currency=consultation.currency,
    )

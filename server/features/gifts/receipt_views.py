"""Receipts of gifts, who gave most, and what a reader earned."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

from pydantic import Field

from config.fields import Instant, View, Withheld
from realtime.livestreams.messages import SpeakerView, render_speaker
from realtime.livestreams.top_senders import TopSenderView, render_top_senders
from server.http.pagination import Page
from storage.earnings import Earnings
from storage.gift_receipts import GiftReceipt
from storage.gift_writes import Giver


class GiftReceiptView(View):
    """For who sent it and who got it; only the reader (and the house) is told what they earned with it."""

    id: UUID
    sender: SpeakerView
    reader: SpeakerView
    livestream_id: UUID | None
    consultation_id: UUID | None
    gift_kind_id: UUID
    name: str
    image_url: str
    animation_url: str | None
    quantity: int
    amount_minor: int
    earned_minor: int | None = Withheld
    currency: str
    message: str
    description: str
    transfer_id: UUID
    created_at: Instant
    refunded_at: Annotated[Instant | None, Field(description="When it was given back, whole")]


class TopSenderPage(Page[TopSenderView]):
    """The most generous first, at most ten."""


class EarningsView(View):
    """total = held + available + in transit + paid. What is available may be negative after a refund, and is recovered first."""

    currency: str
    total_minor: int
    held_minor: Annotated[int, Field(description="Earned too short a time ago to be paid out")]
    available_minor: int
    in_transit_minor: int
    paid_minor: int


def render_receipt(gift: GiftReceipt, *, for_sender: bool) -> GiftReceiptView:
    return GiftReceiptView(
        id=gift.id,
        sender=render_speaker(id=gift.sender_id, display_name=gift.sender_name, avatar_upload_id=gift.sender_avatar_id),
        reader=render_speaker(id=gift.reader_id, display_name=gift.reader_name, avatar_upload_id=gift.reader_avatar_id),
        livestream_id=gift.livestream_id,
        consultation_id=gift.consultation_id,
        gift_kind_id=gift.gift_kind_id,
        name=gift.kind_name,
        image_url=gift.image_url,
        animation_url=gift.animation_url,
        quantity=gift.quantity,
        amount_minor=gift.amount_minor,
        earned_minor=None if for_sender else gift.reader_minor,
        currency=gift.currency,
        message=gift.message,
        description=gift.description,
        transfer_id=gift.transfer_id,
        created_at=gift.created_at,
        refunded_at=gift.refunded_at,
    )


def render_ranking(givers: Iterable[Giver]) -> TopSenderPage:
    return TopSenderPage(items=render_top_senders(givers), next_cursor=None)


def render_earnings(found: Earnings | None, currency: str) -> EarningsView:
    earnings = found or Earnings(0, 0, 0, 0)
    return EarningsView(
        currency=currency,
        total_minor=earnings.balance_minor + earnings.in_transit_minor + earnings.paid_minor,
        held_minor=earnings.held_minor,
        available_minor=earnings.balance_minor - earnings.held_minor,
        in_transit_minor=earnings.in_transit_minor,
        paid_minor=earnings.paid_minor,
    )

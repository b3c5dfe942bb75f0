"""What the gifts' doors answer."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from config.fields import Instant, View
from server.http.pagination import Page
from storage.gift_kinds import GiftKind


class GiftKindView(View):
    id: UUID
    name: str
    description: str
    price_minor: int
    currency: str
    image_url: str
    animation_url: Annotated[str | None, Field(description="null: the app's own style sheet moves it")]


class GiftKindPage(Page[GiftKindView]):
    """In the order in which they are offered, all on one page."""


class AdminGiftKind(GiftKindView):
    sort_order: int
    is_active: bool
    created_at: Instant
    updated_at: Instant


class AdminGiftKindPage(Page[AdminGiftKind]):
    """All of them, also those that are not offered any more, on one page."""


def render_kind(kind: GiftKind) -> GiftKindView:
    return GiftKindView(
        id=kind.id,
        name=kind.name,
        description=kind.description,
        price_minor=kind.price_minor,
        currency=kind.currency,
        image_url=kind.image_url,
        animation_url=kind.animation_url,
    )


def render_kind_for_admin(kind: GiftKind) -> AdminGiftKind:
    return AdminGiftKind(
        **render_kind(kind).model_dump(),
        sort_order=kind.sort_order,
        is_active=kind.is_active,
        created_at=kind.created_at,
        updated_at=kind.updated_at,
    )

"""The doors to the catalogue of gifts."""

from __future__ import annotations

from config import limits
from config.errors import NotFound
from server.features.admin.people_routes import ADMINS
from server.features.gifts.kinds import GiftNameTaken, TooManyGiftKinds, add_gift_kind, change_gift_kind
from server.features.gifts.requests import GiftKindPatch, GiftKindPayload
from server.features.gifts.views import (
    AdminGiftKind,
    AdminGiftKindPage,
    GiftKindPage,
    render_kind,
    render_kind_for_admin,
)
from server.http.routes import Access, Call, Idempotency, Route
from storage.gift_kinds import list_gift_kinds

CHANGE = "gift_kinds.change"


async def list_offered_gift_kinds(call: Call[None, None]) -> GiftKindPage:
    async with call.database.connection() as db:
        kinds = await list_gift_kinds(db, currency=call.settings.billing.currency, is_active=True, limit=limits.GIFT_KINDS)
    return GiftKindPage(items=[render_kind(kind) for kind in kinds], next_cursor=None)


async def list_all_gift_kinds(call: Call[None, None]) -> AdminGiftKindPage:
    async with call.database.connection() as db:
        kinds = await list_gift_kinds(db, currency=call.settings.billing.currency, is_active=None, limit=limits.GIFT_KINDS)
    return AdminGiftKindPage(items=[render_kind_for_admin(kind) for kind in kinds], next_cursor=None)


async def add_kind(call: Call[GiftKindPayload, None]) -> AdminGiftKind:
    currency, now = call.settings.billing.currency, call.clock.now()
    kind = await call.database.transact(
        lambda tx: add_gift_kind(tx, call.caller, call.resource_id, call.payload, currency=currency, now=now)
    )
    return render_kind_for_admin(kind)


async def change_kind(call: Call[GiftKindPatch, None]) -> AdminGiftKind:
    kind = await call.database.transact(
        lambda tx: change_gift_kind(tx, call.caller, call.ids["gift_kind_id"], call.payload, now=call.clock.now())
    )
    return render_kind_for_admin(kind)


KIND_ROUTES = (
    Route(
        method="GET",
        path="/gift-kinds",
        handler=list_offered_gift_kinds,
        summary="The gifts on offer, in their order",
        tag="gifts",
        answer=GiftKindPage,
        access=Access.PUBLIC,
    ),
    Route(
        method="GET",
        path="/admin/gift-kinds",
        handler=list_all_gift_kinds,
        summary="Every kind of gift, also those that are not on offer",
        tag="admin",
        answer=AdminGiftKindPage,
        roles=ADMINS,
        permission=CHANGE,
    ),
    Route(
        method="POST",
        path="/admin/gift-kinds",
        handler=add_kind,
        summary="Add a kind of gift",
        tag="admin",
        payload=GiftKindPayload,
        answer=AdminGiftKind,
        status=201,
        roles=ADMINS,
        permission=CHANGE,
        idempotency=Idempotency.OPTIONAL,
        errors=(GiftNameTaken, TooManyGiftKinds),
    ),
    Route(
        method="PATCH",
        path="/admin/gift-kinds/{gift_kind_id}",
        handler=change_kind,
        summary="Change a kind of gift; what was sent stays what it was",
        tag="admin",
        payload=GiftKindPatch,
        answer=AdminGiftKind,
        roles=ADMINS,
        permission=CHANGE,
        errors=(NotFound, GiftNameTaken),
    ),
)

"""The back office's work on the catalogue of gifts. What was sent keeps the kind and the price it was sent with."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from config import limits
from config.errors import AppError, NotFound, invalid
from realtime.commands import Caller
from realtime.consultations.snapshots import upload_url
from server.features.admin.audit import note
from server.features.gifts.requests import GiftKindPatch, GiftKindPayload
from storage.gift_kinds import (
    GiftKind,
    count_gift_kinds,
    find_gift_kind,
    insert_gift_kind,
    is_gift_name_taken,
    lock_gift_kinds,
    update_gift_kind,
)
from storage.transaction import Transaction
from storage.uploads import find_upload


class GiftNameTaken(AppError):
    code, status, title = "gift.name_taken", 409, "There is a gift of this name already"


class TooManyGiftKinds(AppError):
    code, status, title = "gift.too_many_kinds", 409, "There are as many kinds of gifts as there may be"


async def add_gift_kind(
    tx: Transaction, admin: Caller, kind_id: UUID, payload: GiftKindPayload, *, currency: str, now: datetime
) -> GiftKind:
    """Once for each `kind_id`. Raises GiftNameTaken, TooManyGiftKinds, Unprocessable."""
    await lock_gift_kinds(tx)
    if (added := await find_gift_kind(tx, kind_id)) is not None:
        return added
    if await count_gift_kinds(tx, currency) >= limits.GIFT_KINDS:
        raise TooManyGiftKinds
    image_url = await _choose_picture(tx, admin, payload)
    if image_url is None:
        raise invalid([("image_url", "a gift needs a picture: an image_url or an image_upload_id")])
    kind = GiftKind(
        id=kind_id,
        name=payload.name,
        description=payload.description,
        price_minor=payload.price_minor,
        currency=currency,
        image_url=image_url,
        animation_url=None,
        sort_order=payload.sort_order,
        is_active=payload.is_active,
        created_at=now,
        updated_at=now,
    )
    if not await insert_gift_kind(tx, kind):
        raise GiftNameTaken
    await note(tx, admin, "gift_kind.add", entity_type="gift_kind", entity_id=kind.id, now=now, after=_noted(kind))
    return kind


async def change_gift_kind(tx: Transaction, admin: Caller, kind_id: UUID, patch: GiftKindPatch, *, now: datetime) -> GiftKind:
    """Raises NotFound, GiftNameTaken, Unprocessable."""
    await lock_gift_kinds(tx)
    before = await find_gift_kind(tx, kind_id)
    if before is None:
        raise NotFound("There is no such gift")
    wanted = {name: value for name, value in patch if value is not None and name not in ("image_url", "image_upload_id")}
    image_url = await _choose_picture(tx, admin, patch)
    if image_url is not None:
        wanted["image_url"] = image_url
    after = replace(before, **wanted)
    if after == before:
        return before
    if await is_gift_name_taken(tx, after):
        raise GiftNameTaken
    after = replace(after, updated_at=now)
    await update_gift_kind(tx, after)
    await note(
        tx,
        admin,
        "gift_kind.change",
        entity_type="gift_kind",
        entity_id=kind_id,
        now=now,
        before=_noted(before),
        after=_noted(after),
    )
    return after


async def _choose_picture(tx: Transaction, admin: Caller, wanted: GiftKindPayload | GiftKindPatch) -> str | None:
    """Where the picture lies that is asked for, if any is."""
    if wanted.image_upload_id is None:
        return wanted.image_url
    if wanted.image_url is not None:
        raise invalid([("image_url", "give either an image_url or an image_upload_id")])
    upload = await find_upload(tx, wanted.image_upload_id)
    if upload is None or upload.owner_id != admin.user_id:
        raise invalid([("image_upload_id", "there is no such upload of yours")])
    return upload_url(upload.id)


def _noted(kind: GiftKind) -> dict[str, Any]:
    return {
        "name": kind.name,
        "description": kind.description,
        "price_minor": kind.price_minor,
        "image_url": kind.image_url,
        "sort_order": kind.sort_order,
        "is_active": kind.is_active,
    }

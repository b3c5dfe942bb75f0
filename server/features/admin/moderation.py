"""What admins do to reviews and settings."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from config import limits
from config.errors import NotFound
from realtime.commands import Caller
from server.features.admin.audit import note
from server.features.admin.errors import TooManySettings
from server.features.admin.requests import ReviewModeration, SettingPayload
from storage.reviews import Review, change_rating, lock_review, update_review_status
from storage.settings import Setting, count_settings, find_setting, lock_setting, save_setting
from storage.transaction import Transaction


async def moderate_review(tx: Transaction, admin: Caller, review_id: UUID, payload: ReviewModeration, *, now: datetime) -> Review:
    """A hidden review does not count in the reader's rating. Raises NotFound."""
    review = await lock_review(tx, review_id)
    if review is None:
        raise NotFound("There is no such review")
    if review.status == payload.status:
        return review
    direction = 1 if payload.status == "published" else -1
    await update_review_status(tx, review_id, status=payload.status, now=now)
    await change_rating(tx, review.reader_id, count=direction, sum=direction * review.rating)
    await note(
        tx,
        admin,
        "review.moderate",
        entity_type="review",
        entity_id=review_id,
        before={"status": review.status},
        after={"status": payload.status, "reason": payload.reason},
        now=now,
    )
    changed = await lock_review(tx, review_id)
    assert changed is not None
    return changed


async def change_setting(tx: Transaction, admin: Caller, key: str, payload: SettingPayload, *, now: datetime) -> Setting:
    """Raises TooManySettings."""
    before = await lock_setting(tx, key)
    if before is None and await count_settings(tx) >= limits.SETTINGS_COUNT:
        raise TooManySettings
    await save_setting(tx, key, value=payload.value, description=payload.description, updated_by=admin.user_id, now=now)
    await note(
        tx,
        admin,
        "setting.change",
        entity_type="setting",
        entity_id=key,
        before=None if before is None else {"value": before.value},
        after={"value": payload.value},
        now=now,
    )
    after = await find_setting(tx, key)
    assert after is not None
    return after

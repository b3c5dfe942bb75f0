"""Scheduling a livestream, and changing what is said of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from config import limits
from config.errors import invalid
from realtime.commands import Caller
from realtime.consultations.clock import Moment
from realtime.livestreams.access import access_own_locked
from realtime.livestreams.errors import LivestreamEnded, LivestreamNotScheduled, LivestreamTooMany
from realtime.livestreams.events import emit_livestream, is_announced
from realtime.livestreams.life import cancel_livestream, save_change
from realtime.notifications.jobs import followers_job
from server.features.livestreams.requests import LivestreamDraft, LivestreamPatch
from storage.livestreams import (
    Livestream,
    LivestreamParts,
    count_coming,
    find_livestream,
    insert_livestream,
    lock_reader_standing,
)
from storage.transaction import Connection, Transaction
from storage.uploads import find_upload


async def create_livestream(
    tx: Transaction, caller: Caller, draft: LivestreamDraft, *, livestream_id: UUID, moment: Moment
) -> LivestreamParts:
    """Raises Unprocessable or LivestreamTooMany."""
    # The reader's row keeps two that are made at once from passing the limit together.
    await lock_reader_standing(tx, caller.user_id)
    known = await find_livestream(tx, livestream_id)
    if known is not None:
        # The first answer of this Idempotency-Key was lost.
        return known
    if await count_coming(tx, caller.user_id) >= limits.LIVESTREAMS_COMING:
        raise LivestreamTooMany
    _check_time(draft.scheduled_at, moment)
    await _check_cover(tx, caller, draft.cover_upload_id)
    goal = draft.gift_goal
    row = Livestream(
        id=livestream_id,
        reader_id=caller.user_id,
        title=draft.title,
        description=draft.description,
        category=draft.category,
        cover_upload_id=draft.cover_upload_id,
        scheduled_at=draft.scheduled_at,
        created_at=moment.now,
        is_recorded=draft.is_recorded,
        gift_goal_title=None if goal is None else goal.title,
        gift_goal_minor=None if goal is None else goal.goal_minor,
    )
    await insert_livestream(tx, row)
    parts = await find_livestream(tx, livestream_id)
    assert parts is not None
    if is_announced(parts):
        emit_livestream(tx, parts, "changed", currency=moment.settings.billing.currency, now=moment.now)
        await followers_job(tx, "livestream_coming", row.reader_id, row.id)
    return parts


async def change_livestream(
    tx: Transaction, caller: Caller, livestream_id: UUID, patch: LivestreamPatch, *, moment: Moment
) -> LivestreamParts:
    """Raises NotFound, Unprocessable, LivestreamEnded; LivestreamNotScheduled for what can be changed only before it begins."""
    parts = await access_own_locked(tx, livestream_id, user_id=caller.user_id)
    row = parts.livestream
    if not row.is_open:
        raise LivestreamEnded
    changes = _changes(patch)
    if row.is_live and changes.keys() & {"scheduled_at", "is_recorded"}:
        raise LivestreamNotScheduled
    if "scheduled_at" in changes:
        _check_time(patch.scheduled_at, moment)
    await _check_cover(tx, caller, patch.cover_upload_id)
    after = replace(row, **changes)
    if after == row:
        return parts
    if after.scheduled_at is not None and after.scheduled_at != row.scheduled_at:
        await followers_job(tx, "livestream_coming", row.reader_id, row.id)
    return await save_change(tx, parts, after, "changed", moment)


def _changes(patch: LivestreamPatch) -> dict[str, Any]:
    given = patch.model_fields_set
    changes = {name: getattr(patch, name) for name in given if name != "gift_goal"}
    if "gift_goal" in given:
        goal = patch.gift_goal
        changes |= {
            "gift_goal_title": None if goal is None else goal.title,
            "gift_goal_minor": None if goal is None else goal.goal_minor,
        }
    return changes


async def cancel_own_livestream(tx: Transaction, caller: Caller, livestream_id: UUID, *, moment: Moment) -> LivestreamParts:
    """Raises NotFound or LivestreamNotScheduled."""
    return await cancel_livestream(tx, await access_own_locked(tx, livestream_id, user_id=caller.user_id), moment)


def _check_time(scheduled_at: datetime | None, moment: Moment) -> None:
    if scheduled_at is None:
        return
    if scheduled_at <= moment.now:
        raise invalid([("scheduled_at", "must lie ahead")])
    if scheduled_at > moment.now + timedelta(days=limits.LIVESTREAM_DAYS):
        raise invalid([("scheduled_at", f"must be within {limits.LIVESTREAM_DAYS} days")])


async def _check_cover(db: Connection, caller: Caller, upload_id: UUID | None) -> None:
    if upload_id is None:
        return
    upload = await find_upload(db, upload_id)
    if upload is None or upload.owner_id != caller.user_id:
        raise invalid([("cover_upload_id", "there is no such upload of yours")])

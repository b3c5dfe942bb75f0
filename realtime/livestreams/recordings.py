"""What becomes of a livestream's recording, change by change, under the livestream's row lock; everybody in it is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from config.errors import NotFound
from realtime.commands import Caller
from realtime.consultations.clock import Moment
from realtime.livestreams.life import save_change
from realtime.livestreams.ranks import MODERATE
from realtime.livestreams.recording_errors import LivestreamNotRecorded, LivestreamRecordingUnderWay
from storage.audit import insert_audit_row
from storage.livestream_files import delete_livestream_files, has_livestream_files
from storage.livestreams import Livestream, LivestreamParts, find_livestream, lock_livestream
from storage.transaction import Transaction


async def recording_began(tx: Transaction, parts: LivestreamParts, media_id: UUID, moment: Moment) -> LivestreamParts:
    """From now on what is published there is written; viewers see that it is."""
    row = parts.livestream
    if row.media_id != media_id or row.recording_state == "recording":
        return parts
    return await save_change(tx, parts, replace(row, recording_state="recording"), "changed", moment)


async def recording_refused(tx: Transaction, parts: LivestreamParts, media_id: UUID, moment: Moment) -> LivestreamParts:
    """It cannot be written there. What has been written elsewhere before is kept."""
    row = parts.livestream
    if row.media_id != media_id or row.recording_state is not None:
        return parts
    return await save_change(tx, parts, replace(row, recording_state="failed"), "changed", moment)


async def settle_recording(
    tx: Transaction, livestream_id: UUID, moment: Moment, *, has_more: bool = False, is_given_up: bool = False
) -> None:
    """What a server process had of it is in the store. Once the livestream is over it can be watched, or was in vain.

    `has_more`: there are parts that nobody was told of, also if it counts as stored already.
    """
    parts = await lock_livestream(tx, livestream_id)
    if parts is None or parts.livestream.is_open or parts.livestream.recording_state == "expired":
        return
    row = parts.livestream
    if row.recording_state == "stored" and not has_more:
        return
    if await has_livestream_files(tx, livestream_id):
        after = replace(row, recording_state="stored", recording_expires_at=_expiry(row, moment))
    elif is_given_up and row.recording_state == "storing":
        after = replace(row, recording_state="failed")
    else:
        return
    await save_change(tx, parts, after, "changed", moment)


def _expiry(row: Livestream, moment: Moment) -> datetime | None:
    days = moment.settings.livestreams.retention_days
    return None if days == 0 or row.ended_at is None else row.ended_at + timedelta(days=days)


async def access_recording(tx: Transaction, livestream_id: UUID, caller: Caller) -> LivestreamParts:
    """Locked, for the reader whose it is, and for admins who keep order. Raises NotFound."""
    parts = await lock_livestream(tx, livestream_id)
    if parts is None or not (caller.user_id == parts.livestream.reader_id or MODERATE in caller.permissions):
        raise NotFound("There is no such livestream of yours")
    return parts


async def publish_recording(
    tx: Transaction, parts: LivestreamParts, caller: Caller, *, is_published: bool, moment: Moment
) -> LivestreamParts:
    """Whether anybody may watch it, from now on or once it is stored. Raises LivestreamNotRecorded."""
    row = parts.livestream
    if row.recording_state not in ("recording", "storing", "stored"):
        raise LivestreamNotRecorded
    if row.is_published == is_published:
        return parts
    await note_admin(tx, parts, caller, "livestream.publish_recording", {"is_published": is_published}, moment)
    return await save_change(tx, parts, replace(row, is_published=is_published), "changed", moment)


async def hide_before_deletion(tx: Transaction, parts: LivestreamParts, caller: Caller, moment: Moment) -> None:
    """Nobody is given it any more. Raises LivestreamRecordingUnderWay, LivestreamNotRecorded."""
    row = parts.livestream
    if row.recording_state is None:
        raise LivestreamNotRecorded
    if row.recording_state in ("recording", "storing"):
        raise LivestreamRecordingUnderWay
    if row.recording_state != "expired":
        await note_admin(tx, parts, caller, "livestream.delete_recording", {}, moment)
    if row.is_published:
        await save_change(tx, parts, replace(row, is_published=False), "changed", moment)


async def note_deleted(tx: Transaction, livestream_id: UUID, moment: Moment) -> None:
    """Its files are gone from the store."""
    parts = await lock_livestream(tx, livestream_id)
    if parts is None or parts.livestream.recording_state not in ("stored", "failed"):
        return
    await delete_livestream_files(tx, livestream_id)
    fresh = await find_livestream(tx, livestream_id)
    assert fresh is not None
    after = replace(fresh.livestream, recording_state="expired", is_published=False)
    await save_change(tx, fresh, after, "changed", moment)


async def note_admin(
    tx: Transaction, parts: LivestreamParts, caller: Caller, action: str, after: dict[str, object], moment: Moment
) -> None:
    """What somebody else than the reader does is in the audit log."""
    if caller.user_id == parts.livestream.reader_id:
        return
    await insert_audit_row(
        tx,
        actor_id=caller.user_id,
        action=action,
        entity_type="livestream",
        entity_id=str(parts.livestream.id),
        after=after,
        ip_address=caller.ip_address,
        user_agent=caller.user_agent,
        now=moment.now,
    )

"""The life of a livestream, change by change, all under its row lock: live, paused, resumed, over.

Its row is locked first, its reader's row last: whether the reader is busy is decided under that one, by requests too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from config import limits
from realtime.consultations.clock import Moment
from realtime.consultations.errors import ReaderBusy, ReaderUnverified
from realtime.livestreams.errors import (
    LivestreamAlreadyLive,
    LivestreamEnded,
    LivestreamNotLive,
    LivestreamNotScheduled,
)
from realtime.livestreams.events import LivestreamChange, emit_livestream, is_announced
from realtime.livestreams.first_pictures import tell_first_picture
from realtime.media.engines.interface import Place
from realtime.notifications.jobs import followers_event_job
from realtime.queue.lines import advance_line
from realtime.reader_status import announce_reader_status
from storage.bookings import is_kept_free
from storage.consultations import has_live_consultation
from storage.livestream_viewers import delete_viewers
from storage.livestreams import (
    Livestream,
    LivestreamParts,
    find_live_livestream_id,
    is_node_known,
    lock_reader_standing,
    save_livestream,
)
from storage.transaction import Transaction


async def save_change(
    tx: Transaction, parts: LivestreamParts, after: Livestream, change: LivestreamChange, moment: Moment
) -> LivestreamParts:
    """Save a change that everybody sees who may: the version goes up, the event leaves after the commit."""
    after = replace(after, version=parts.livestream.version + 1)
    await save_livestream(tx, before=parts.livestream, after=after)
    changed = replace(parts, livestream=after)
    # Also when it has just lost its time: it is to leave the list.
    is_listed = is_announced(parts) or is_announced(changed)
    emit_livestream(tx, changed, change, currency=moment.settings.billing.currency, now=moment.now, is_listed=is_listed)
    return changed


async def settle_reader(tx: Transaction, reader_id: UUID, moment: Moment) -> None:
    """The reader is busy or free from here on: the line in front of them moves, and who watches the directory is told."""
    await advance_line(tx, reader_id, moment)
    await announce_reader_status(tx, reader_id, now=moment.now)


def check_goes_on(livestream: Livestream, moment: Moment) -> None:
    """Raises LivestreamEnded also where a pause has run out and nobody has ended it yet."""
    if not livestream.is_open or _has_run_out(livestream, moment):
        raise LivestreamEnded


def _has_run_out(livestream: Livestream, moment: Moment) -> bool:
    return livestream.pause_until_at is not None and livestream.pause_until_at <= moment.now


def grace(moment: Moment) -> timedelta:
    return timedelta(seconds=moment.settings.livestreams.reconnect_grace_seconds)


async def check_may_publish(tx: Transaction, parts: LivestreamParts, moment: Moment) -> LivestreamParts:
    """Before any media are moved: what `publish_at` would raise."""
    check_goes_on(parts.livestream, moment)
    await _check_reader(tx, parts.livestream, moment)
    return parts


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who publishes: with which login, and which of the reader's pages (see `takeovers.py`)."""

    login_id: UUID
    publishing_id: UUID


async def publish_at(
    tx: Transaction, parts: LivestreamParts, place: Place, *, node_id: UUID, publisher: Publisher, moment: Moment
) -> LivestreamParts:
    """The reader publishes at a place: live from now on, for the first time or again; paused until there is a picture.

    Raises LivestreamEnded, LivestreamAlreadyLive, ReaderUnverified, ReaderBusy.
    """
    row = parts.livestream
    check_goes_on(row, moment)
    await _check_reader(tx, row, moment)
    waits = row.is_paused or not row.is_live or row.media_id != place.media_id
    after = replace(
        row,
        status="live",
        started_at=row.started_at or moment.now,
        media_id=place.media_id,
        media_engine=place.engine,
        media_place=place.data,
        media_node_id=node_id,
        publisher_login_id=publisher.login_id,
        publishing_id=publisher.publishing_id,
    )
    if not waits:
        # Taken over from another device: nobody else sees a difference.
        await save_livestream(tx, before=row, after=after)
        return replace(parts, livestream=after)
    # However short the grace is, a connection takes its time to be made.
    after = _waiting_for_connection(after, moment, at_least_seconds=limits.LIVESTREAM_CONNECT_SECONDS)
    if row.pause_reason == "connection":
        after = replace(after, paused_at=row.paused_at)
    change: LivestreamChange = "started" if not row.is_live else "changed" if row.is_paused else "paused"
    parts = await save_change(tx, parts, after, change, moment)
    await settle_reader(tx, row.reader_id, moment)
    return parts


async def _check_reader(tx: Transaction, livestream: Livestream, moment: Moment) -> None:
    is_active, is_verified = await lock_reader_standing(tx, livestream.reader_id)
    if not (is_active and is_verified):
        raise ReaderUnverified("Only verified readers can go live")
    if await has_live_consultation(tx, reader_id=livestream.reader_id):
        raise ReaderBusy("End the consultation first")
    if livestream.is_live:
        return
    if await is_kept_free(tx, livestream.reader_id, now=moment.now):
        raise ReaderBusy("A booked consultation begins in a moment")
    if await find_live_livestream_id(tx, livestream.reader_id) is not None:
        raise LivestreamAlreadyLive


def _waiting_for_connection(livestream: Livestream, moment: Moment, *, at_least_seconds: float = 0) -> Livestream:
    until_at = moment.now + max(grace(moment), timedelta(seconds=at_least_seconds))
    return replace(livestream, is_paused=True, pause_reason="connection", paused_at=moment.now, pause_until_at=until_at)


async def picture_came(tx: Transaction, parts: LivestreamParts, media_id: UUID, moment: Moment) -> LivestreamParts:
    """Packets flow at that place. Nothing changes where its media have moved on meanwhile."""
    row = parts.livestream
    if row.media_id != media_id or (not row.is_paused and row.pictured_at is not None):
        return parts
    after = replace(
        row,
        pictured_at=row.pictured_at or moment.now,
        is_paused=False,
        pause_reason=None,
        paused_at=None,
        pause_until_at=None,
    )
    parts = await save_change(tx, parts, after, "resumed", moment)
    if row.pictured_at is None:
        await tell_first_picture(tx, parts, moment)
    return parts


async def publisher_lost(tx: Transaction, parts: LivestreamParts, media_id: UUID, moment: Moment) -> LivestreamParts:
    """Nobody publishes at that place any more: viewers wait there for as long as the grace lasts."""
    row = parts.livestream
    if row.media_id != media_id or row.is_paused:
        return parts
    return await save_change(tx, parts, _waiting_for_connection(row, moment), "paused", moment)


async def place_lost(tx: Transaction, parts: LivestreamParts, media_id: UUID, moment: Moment) -> LivestreamParts:
    """The place is gone, with everybody's media: the reader has to publish again, at another one."""
    row = parts.livestream
    if row.media_id != media_id:
        return parts
    after = _without_media(row)
    if row.is_paused:
        return await save_change(tx, parts, after, "changed", moment)
    return await save_change(tx, parts, _waiting_for_connection(after, moment), "paused", moment)


def _without_media(livestream: Livestream) -> Livestream:
    return replace(livestream, media_id=None, media_engine=None, media_place=None, media_node_id=None, publisher_login_id=None)


async def pause_privately(tx: Transaction, parts: LivestreamParts, moment: Moment) -> LivestreamParts:
    """The reader leaves for a private consultation and counts as free; a repeated call changes nothing.

    Raises LivestreamNotLive, LivestreamEnded.
    """
    row = parts.livestream
    check_goes_on(row, moment)
    if not row.is_live:
        raise LivestreamNotLive
    if row.pause_reason == "private":
        return parts
    until_at = moment.now + timedelta(seconds=moment.settings.livestreams.pause_seconds)
    after = replace(_without_media(row), is_paused=True, pause_reason="private", paused_at=moment.now, pause_until_at=until_at)
    parts = await save_change(tx, parts, after, "paused", moment)
    await settle_reader(tx, row.reader_id, moment)
    return parts


async def end_livestream(tx: Transaction, parts: LivestreamParts, reason: str, moment: Moment) -> LivestreamParts:
    """It is over for everybody; what is over already stays as it ended.

    Raises LivestreamNotLive for one that has not begun.
    """
    row = parts.livestream
    if not row.is_open:
        return parts
    if not row.is_live:
        raise LivestreamNotLive
    parts = await _close(tx, parts, "ended", reason, moment)
    await settle_reader(tx, row.reader_id, moment)
    return parts


async def cancel_livestream(tx: Transaction, parts: LivestreamParts, moment: Moment) -> LivestreamParts:
    """It will not take place; a repeated call changes nothing. Raises LivestreamNotScheduled once it has begun."""
    if parts.livestream.status == "cancelled":
        return parts
    if parts.livestream.status != "scheduled":
        raise LivestreamNotScheduled
    return await _close(tx, parts, "cancelled", "cancelled", moment)


async def _close(tx: Transaction, parts: LivestreamParts, status: str, reason: str, moment: Moment) -> LivestreamParts:
    after = replace(
        _without_media(parts.livestream),
        status=status,
        end_reason=reason,
        ended_at=moment.now,
        is_paused=False,
        pause_reason=None,
        paused_at=None,
        pause_until_at=None,
        viewer_count=0,
        recording_state="storing" if parts.livestream.recording_state == "recording" else parts.livestream.recording_state,
    )
    await delete_viewers(tx, after.id)
    if parts.livestream.pictured_at is not None:
        await followers_event_job(tx, "ended", after.id)
    return await save_change(tx, parts, after, "ended", moment)


async def carry_out_due(tx: Transaction, parts: LivestreamParts, moment: Moment) -> LivestreamParts:
    """Whatever happens by itself: the reader was shut out, a pause ran out, the place died, it was never started."""
    row = parts.livestream
    if row.status == "scheduled":
        late_at = (row.scheduled_at or row.created_at) + timedelta(seconds=moment.settings.livestreams.late_start_seconds)
        return await _close(tx, parts, "cancelled", "never_started", moment) if late_at <= moment.now else parts
    if not row.is_live:
        return parts
    if not parts.is_reader_listed:
        return await end_livestream(tx, parts, "reader_suspended", moment)
    if _has_run_out(row, moment):
        reason = "publisher_lost" if row.pause_reason == "connection" else "pause_ran_out"
        return await end_livestream(tx, parts, reason, moment)
    if row.media_id is not None and not await is_node_known(tx, row.media_node_id):
        return await place_lost(tx, parts, row.media_id, moment)
    return parts

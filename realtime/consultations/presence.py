"""Joining the room, losing it and coming back: what presence does to the clock. What media do to it is in `media.py`."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from config.clock import milliseconds_between
from realtime.consultations.clock import (
    Moment,
    charge_until,
    connected_ms_until,
    is_running,
    just_before,
    resume_clock,
    running,
    save_change,
    start_clock,
    stopped,
)
from storage.attendances import (
    delete_attendance,
    delete_attendances_through_node,
    find_arrival,
    is_attended_through,
    list_attendants,
    list_attended_by_connection,
    list_attended_through_node,
)
from storage.consultations import Consultation, ConsultationParts, insert_timeline_line, lock_parts
from storage.transaction import Transaction

LostTo = Literal["connection", "node"]


def _with_arrival(consultation: Consultation, user_id: UUID, now: datetime) -> Consultation:
    if user_id == consultation.client_id:
        joined_at = consultation.client_joined_at or now
        came_at = consultation.client_came_at or (now if consultation.status == "in_progress" else None)
        return replace(consultation, client_joined_at=joined_at, client_lost_at=None, client_lost_to=None, client_came_at=came_at)
    joined_at = consultation.reader_joined_at or now
    return replace(consultation, reader_joined_at=joined_at, reader_lost_at=None, reader_lost_to=None)


def _with_loss(consultation: Consultation, user_id: UUID, lost_at: datetime, lost_to: LostTo) -> Consultation:
    if user_id == consultation.client_id:
        return replace(consultation, client_lost_at=lost_at, client_lost_to=lost_to)
    return replace(consultation, reader_lost_at=lost_at, reader_lost_to=lost_to)


def _both_present(consultation: Consultation, attendants: frozenset[UUID]) -> bool:
    return {consultation.client_id, consultation.reader_id} <= attendants


async def participant_arrived(tx: Transaction, parts: ConsultationParts, user_id: UUID, moment: Moment) -> ConsultationParts:
    """A participant is in the room (their attendance is written, the row locked): start or resume once both are."""
    c = parts.consultation
    if not c.has_room:
        return parts
    arrived = with_grace(_with_arrival(c, user_id, moment.now), moment)
    if arrived != c:
        parts = await save_change(tx, parts, arrived, "changed", moment)
    return await run_if_ready(tx, parts, moment)


async def run_if_ready(tx: Transaction, parts: ConsultationParts, moment: Moment) -> ConsultationParts:
    """Start the clock, or resume one that waited for a connection or for media, when nothing is missing any more."""
    c = parts.consultation
    waits_to_start = c.status == "in_progress" and c.started_at is None
    waits_to_resume = c.status == "in_progress" and c.is_paused and c.pause_reason in ("connection", "media")
    if not waits_to_start and not waits_to_resume:
        return parts
    if not _both_present(c, await list_attendants(tx, c.id, now=moment.now)):
        return parts
    if c.lacks_media:
        return await _wait_for_media(tx, parts, moment)
    return await (start_clock if waits_to_start else resume_clock)(tx, parts, moment)


async def _wait_for_media(tx: Transaction, parts: ConsultationParts, moment: Moment) -> ConsultationParts:
    """Both are in the room but somebody's media are not connected: give them their time for it, from the second arrival."""
    c = parts.consultation
    if c.started_at is None:
        assert c.client_joined_at is not None
        assert c.reader_joined_at is not None
        until = max(c.client_joined_at, c.reader_joined_at) + moment.media_wait
        if c.join_until_at is None or c.join_until_at < until:
            return await save_change(tx, parts, replace(c, join_until_at=until), "changed", moment)
        return parts
    if c.pause_reason == "media":
        return parts
    until = moment.now + moment.grace
    if c.grace_until_at is not None:
        until = max(until, c.grace_until_at)
    after = replace(c, pause_reason="media", grace_until_at=until)
    return await save_change(tx, parts, after, "paused", moment, kind="paused", reason="media")


def with_grace(consultation: Consultation, moment: Moment) -> Consultation:
    """While the clock waits for somebody: until when, counted from the first loss that is left; never sooner than before."""
    c = consultation
    if c.pause_reason == "connection":
        missing = [lost_at for lost_at in (c.client_lost_at, c.reader_lost_at) if lost_at is not None]
    elif c.pause_reason == "media":
        missing = [lost_at for lost_at in (c.client_media_lost_at, c.reader_media_lost_at) if lost_at is not None]
    else:
        return c
    if not missing:
        return c
    until = min(missing) + moment.grace
    return replace(c, grace_until_at=until if c.grace_until_at is None else max(c.grace_until_at, until))


async def participant_lost(
    tx: Transaction, consultation_id: UUID, user_id: UUID, *, lost_at: datetime, lost_to: LostTo, moment: Moment
) -> None:
    """A participant's connection is gone (its attendance is deleted): pause, dated at the last proof of presence.

    Increments that fell due before are charged, since they were served; what was charged beyond is kept as paid time.
    """
    parts = await lock_parts(tx, consultation_id)
    if parts is None or not parts.consultation.has_room:
        return
    through = media_through(parts.consultation, user_id)
    took_media = through is not None and not await is_attended_through(tx, consultation_id, connection_id=through)
    if parts.consultation.started_at is None:
        await _left_before_start(tx, parts, user_id, took_media, lost_at, moment)
        return
    if is_running(parts.consultation):
        parts = await charge_until(tx, parts, just_before(lost_at), moment)
    back_at = await find_arrival(tx, consultation_id, user_id, now=moment.now)
    if back_at is not None:
        if took_media:  # the clock stops before they came back: there is no gap left to cut
            await pause_for(tx, parts, without_media(parts.consultation, user_id, lost_at), user_id, lost_at, "media", moment)
        else:
            await _cut_gap(tx, parts, lost_at, back_at, moment)
        return
    c = _with_loss(parts.consultation, user_id, lost_at, lost_to)
    if took_media:
        c = without_media(c, user_id, lost_at)
    await pause_for(tx, parts, c, user_id, lost_at, "connection", moment)


async def pause_for(
    tx: Transaction,
    parts: ConsultationParts,
    lost: Consultation,
    user_id: UUID,
    lost_at: datetime,
    what: Literal["connection", "media"],
    moment: Moment,
) -> ConsultationParts:
    """Save a loss (`lost` is the consultation with it written down) and stop the clock at it, also where it stood since later.

    What fell due before must have been charged. A clock that stands for want of money since before goes on standing for it.
    """
    if lost.is_paused and lost.pause_reason == "balance" and lost.paused_at is not None and lost_at >= lost.paused_at:
        return await save_change(tx, parts, lost, "changed", moment)
    if what == "media" and lost.mode == "chat":
        return await save_change(tx, parts, lost, "changed", moment)
    began_at = min([lost_at] if lost.paused_at is None else [lost_at, lost.paused_at])
    waits_for = "connection" if lost.client_lost_at is not None or lost.reader_lost_at is not None else what
    after = replace(stopped(lost, at=began_at), is_paused=True, pause_reason=waits_for, top_up_until_at=None)
    after = with_grace(after, moment)
    side = "client" if user_id == lost.client_id else "reader"
    reason = side if what == "connection" else f"{side}_media"
    return await save_change(tx, parts, after, "paused", moment, kind="paused", at=after.paused_at, reason=reason)


def media_through(consultation: Consultation, user_id: UUID) -> str | None:
    """The connection that carries a participant's media, as far as they are connected."""
    is_client = user_id == consultation.client_id
    return consultation.client_media_through if is_client else consultation.reader_media_through


def without_media(consultation: Consultation, user_id: UUID, lost_at: datetime) -> Consultation:
    if user_id == consultation.client_id:
        return replace(consultation, client_media_through=None, client_media_lost_at=lost_at)
    return replace(consultation, reader_media_through=None, reader_media_lost_at=lost_at)


async def _left_before_start(
    tx: Transaction, parts: ConsultationParts, user_id: UUID, took_media: bool, lost_at: datetime, moment: Moment
) -> None:
    """Somebody who was in the room before the clock started is not there any more: nothing was paid, nothing is owed."""
    c = parts.consultation
    left = without_media(c, user_id, lost_at) if took_media else c
    if await find_arrival(tx, c.id, user_id, now=moment.now) is None:
        left = replace(left, client_joined_at=None) if user_id == c.client_id else replace(left, reader_joined_at=None)
    if left != c:
        await save_change(tx, parts, left, "changed", moment)


async def _cut_gap(
    tx: Transaction, parts: ConsultationParts, lost_at: datetime, back_at: datetime, moment: Moment
) -> ConsultationParts:
    """Somebody came back through another connection before the first one's loss was known.

    The time between is not connected time: it is cut out, and what was paid for it stays as paid time.
    """
    c = parts.consultation
    assert c.span_started_at is not None
    gap_began_at = max(lost_at, c.span_started_at)
    gap_ended_at = back_at if c.paused_at is None else min(back_at, c.paused_at)
    if gap_ended_at <= gap_began_at:
        return parts
    before_ms = connected_ms_until(c, gap_began_at)
    if is_running(c):
        after = running(replace(c, connected_ms=before_ms), at=gap_ended_at)
    else:
        assert c.paused_at is not None
        since_ms = milliseconds_between(gap_ended_at, c.paused_at)
        after = replace(c, span_started_at=gap_ended_at, span_base_ms=before_ms, connected_ms=before_ms + since_ms)
        if c.pause_reason == "balance":
            # Some of what was paid has not been served: it is the connection that the clock waits for now.
            after = replace(after, pause_reason="connection", top_up_until_at=None, grace_until_at=moment.now + moment.grace)
    parts = await save_change(tx, parts, after, "changed", moment, kind="paused", at=gap_began_at)
    await insert_timeline_line(tx, parts.consultation, kind="resumed", at=gap_ended_at)
    return await run_if_ready(tx, parts, moment)


async def connection_lost(
    tx: Transaction, connection_id: str, user_id: UUID, *, lost_at: datetime, lost_to: LostTo, moment: Moment
) -> None:
    """A connection ended: whoever attended through it alone is missing now."""
    for consultation_id in await list_attended_by_connection(tx, connection_id):
        # The consultation first, then who is in its room: the order in which its end takes them.
        await lock_parts(tx, consultation_id)
        if await delete_attendance(tx, consultation_id, connection_id=connection_id):
            await participant_lost(tx, consultation_id, user_id, lost_at=lost_at, lost_to=lost_to, moment=moment)


async def node_lost(tx: Transaction, node_id: UUID, *, renewed_at: datetime, moment: Moment) -> None:
    """A node died: everybody it held is missing, dated at the last renewal of its lease."""
    for consultation_id in await list_attended_through_node(tx, node_id):
        await lock_parts(tx, consultation_id)
        for user_id in await delete_attendances_through_node(tx, consultation_id, node_id=node_id):
            await participant_lost(tx, consultation_id, user_id, lost_at=renewed_at, lost_to="node", moment=moment)

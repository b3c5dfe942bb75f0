"""Keeping order in a livestream: the live commands of the reader, of who helps them, and of admins who may."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from config import limits
from config.errors import NotFound, invalid
from config.fields import Flag, Id, Instant, Payload, PlainText, View, WholeNumber
from realtime.commands import Caller, Command, EventKind, Live
from realtime.consultations.clock import Moment
from realtime.livestreams.access import access_livestream, check_shown
from realtime.livestreams.audiences import livestream_audience
from realtime.livestreams.commands import LivestreamData
from realtime.livestreams.errors import LivestreamEnded
from realtime.livestreams.life import save_change
from realtime.livestreams.ranks import MODERATE, Rank, check_above, check_keeps_order
from realtime.livestreams.sanctions import Imposed, SanctionKind, SanctionView, Wanted, impose, render_sanction
from realtime.livestreams.snapshots import render_livestream
from storage.audit import insert_audit_row
from storage.livestream_messages import lock_line, mark_line_deleted
from storage.livestream_moderation import (
    list_standings,
)
from storage.livestreams import Livestream, LivestreamParts, lock_livestream
from storage.transaction import Event, Transaction


class SetChat(Payload):
    """What is left out stays as it is."""

    livestream_id: Id
    slow_mode_seconds: Annotated[WholeNumber, Field(ge=0, le=limits.LIVESTREAM_SLOW_MODE_SECONDS)] | None = None
    is_followers_only: Flag | None = None


class DeleteLivestreamMessage(Payload):
    livestream_id: Id
    message_id: Id


class LivestreamMessageDeleted(View):
    pass


class LivestreamMessageDeletedEvent(View):
    livestream_id: UUID
    message_id: UUID
    seq: int
    deleted_by: UUID
    at: Instant


class SanctionViewer(Payload):
    """`none` lifts what holds. Without `seconds` it holds until it is lifted."""

    livestream_id: Id
    user_id: Id
    kind: Literal["muted", "banned", "none"]
    seconds: Annotated[WholeNumber, Field(ge=1, le=limits.LIVESTREAM_SANCTION_SECONDS)] | None = None
    reason: Annotated[PlainText, Field(max_length=limits.REASON_LENGTH)] = ""


class SanctionData(View):
    sanction: SanctionView | None


async def set_chat(live: Live, caller: Caller, payload: SetChat) -> LivestreamData:
    """Raises NotFound, Forbidden, LivestreamEnded."""
    moment = Moment(live.clock.now(), live.settings)

    async def change(tx: Transaction) -> LivestreamParts:
        found = await lock_livestream(tx, payload.livestream_id)
        parts = check_shown(found, user_id=caller.user_id, sees_everything=MODERATE in caller.permissions)
        rank = await _rank_in(tx, parts, caller)
        before = parts.livestream
        if not before.is_open:
            raise LivestreamEnded
        slow_mode, followers_only = payload.slow_mode_seconds, payload.is_followers_only
        after = replace(
            before,
            slow_mode_seconds=before.slow_mode_seconds if slow_mode is None else slow_mode,
            is_followers_only=before.is_followers_only if followers_only is None else followers_only,
        )
        if after == before:
            return parts
        if rank == Rank.ADMIN:
            was, becomes = _describe_chat(before), _describe_chat(after)
            await _note(tx, caller, "livestream.set_chat", before.id, before=was, after=becomes, now=moment.now)
        return await save_change(tx, parts, after, "changed", moment)

    parts = await live.database.transact(change)
    return LivestreamData(livestream=render_livestream(parts, currency=live.settings.billing.currency))


def _describe_chat(livestream: Livestream) -> dict[str, object]:
    return {"slow_mode_seconds": livestream.slow_mode_seconds, "is_followers_only": livestream.is_followers_only}


async def _rank_in(tx: Transaction, parts: LivestreamParts, caller: Caller) -> Rank:
    """Raises Forbidden for viewers."""
    standings = await list_standings(tx, reader_id=parts.livestream.reader_id, user_ids=[caller.user_id])
    return check_keeps_order(standings, caller.user_id)


async def _access(tx: Transaction, livestream_id: UUID, caller: Caller) -> LivestreamParts:
    sees_everything = MODERATE in caller.permissions
    return await access_livestream(tx, livestream_id, user_id=caller.user_id, sees_everything=sees_everything)


async def _note(
    tx: Transaction,
    admin: Caller,
    action: str,
    livestream_id: UUID,
    *,
    before: dict[str, object] | None = None,
    after: dict[str, object],
    now: datetime,
) -> None:
    await insert_audit_row(
        tx,
        actor_id=admin.user_id,
        action=action,
        entity_type="livestream",
        entity_id=str(livestream_id),
        before=before,
        after=after,
        ip_address=admin.ip_address,
        user_agent=admin.user_agent,
        now=now,
    )


async def delete_message(live: Live, caller: Caller, payload: DeleteLivestreamMessage) -> LivestreamMessageDeleted:
    """Nobody is shown any more what it said; a gift stays a gift. Deleted twice is deleted once.

    Raises NotFound, and Forbidden for viewers and about what somebody above has said.
    """
    now = live.clock.now()

    async def delete(tx: Transaction) -> None:
        parts = await _access(tx, payload.livestream_id, caller)
        rank = await _rank_in(tx, parts, caller)
        line = await lock_line(tx, payload.livestream_id, payload.message_id)
        if line is None:
            raise NotFound("There is no such message")
        if line.is_deleted:
            return
        if line.speaker.id != caller.user_id:
            speakers = await list_standings(tx, reader_id=parts.livestream.reader_id, user_ids=[line.speaker.id])
            check_above(rank, speakers.get(line.speaker.id))
        await mark_line_deleted(tx, line.id, by=caller.user_id, now=now)
        if rank == Rank.ADMIN:
            after: dict[str, object] = {"message_id": str(line.id), "sender_id": str(line.speaker.id)}
            await _note(tx, caller, "livestream.delete_message", payload.livestream_id, after=after, now=now)
        event = LivestreamMessageDeletedEvent(
            livestream_id=payload.livestream_id, message_id=line.id, seq=line.seq, deleted_by=caller.user_id, at=now
        )
        tx.emit(Event("livestream.message_deleted", livestream_audience(payload.livestream_id), event))

    await live.database.transact(delete)
    return LivestreamMessageDeleted()


async def sanction(live: Live, caller: Caller, payload: SanctionViewer) -> SanctionData:
    """Mute or ban in all livestreams of the reader, or lift it. Who is banned is out at once, on every node."""
    if payload.kind == "none" and payload.seconds is not None:
        raise invalid([("seconds", "does not go with lifting")])
    kind: SanctionKind | None = None if payload.kind == "none" else payload.kind
    wanted = Wanted(kind, payload.seconds, payload.reason.strip())

    async def write(tx: Transaction) -> Imposed:
        parts = await _access(tx, payload.livestream_id, caller)
        return await impose(
            tx,
            caller,
            reader_id=parts.livestream.reader_id,
            user_id=payload.user_id,
            livestream_id=payload.livestream_id,
            wanted=wanted,
            now=live.clock.now(),
        )

    imposed = await live.database.transact(write)
    await _put_out(live, payload.user_id, imposed)
    return SanctionData(sanction=None if imposed.sanction is None else render_sanction(imposed.sanction))


async def _put_out(live: Live, user_id: UUID, imposed: Imposed) -> None:
    """They hear no more of these livestreams, on whichever node; their media end with the rows that are gone."""
    for livestream_id in imposed.removed_from:
        await live.take_out(user_id, livestream_audience(livestream_id))
    if imposed.removed_from and live.livestreams is not None:
        live.livestreams.wake()


COMMANDS = (
    Command("livestream.set_chat", SetChat, LivestreamData, set_chat, "Set slow mode, and whether only followers may write"),
    Command(
        "livestream.delete_message",
        DeleteLivestreamMessage,
        LivestreamMessageDeleted,
        delete_message,
        "Delete what somebody said in a livestream",
    ),
    Command(
        "livestream.sanction",
        SanctionViewer,
        SanctionData,
        sanction,
        "Mute or ban somebody in all livestreams of the reader, or lift it",
    ),
)
EVENTS = (
    EventKind(
        "livestream.message_deleted",
        LivestreamMessageDeletedEvent,
        "who has joined the livestream, its reader included",
        "something that was said is shown to nobody any more",
    ),
)

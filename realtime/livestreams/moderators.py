"""Who helps a reader to keep order in their livestreams: the reader alone says so."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from config import limits
from config.errors import Forbidden, NotFound, invalid
from config.fields import Flag, Id, Instant, Payload, View
from realtime.commands import Caller, Command, EventKind, Live
from realtime.livestreams.access import access_own_locked
from realtime.livestreams.chat_errors import LivestreamTooManyModerators
from storage.livestream_moderation import count_moderators, delete_moderator, find_sanction, insert_moderator, list_standings
from storage.transaction import Event, Transaction, user_audience


class SetModerator(Payload):
    livestream_id: Id
    user_id: Id
    on: Flag


class ModeratorData(View):
    on: bool


class LivestreamModeratorSetEvent(View):
    """In all livestreams of that reader."""

    livestream_id: UUID
    reader_id: UUID
    user_id: UUID
    on: bool
    at: Instant


async def set_moderator(live: Live, caller: Caller, payload: SetModerator) -> ModeratorData:
    """The reader alone says who helps them. Raises NotFound, Forbidden for who is muted or banned, TooManyModerators."""
    now = live.clock.now()

    async def change(tx: Transaction) -> None:
        parts = await access_own_locked(tx, payload.livestream_id, user_id=caller.user_id)
        reader_id = parts.livestream.reader_id
        if payload.on:
            await _check_may_help(tx, reader_id, payload.user_id, now=now)
            changed = await insert_moderator(tx, reader_id=reader_id, user_id=payload.user_id, now=now)
        else:
            changed = await delete_moderator(tx, reader_id=reader_id, user_id=payload.user_id)
        if changed:
            event = LivestreamModeratorSetEvent(
                livestream_id=payload.livestream_id, reader_id=reader_id, user_id=payload.user_id, on=payload.on, at=now
            )
            tx.emit(Event("livestream.moderator_set", user_audience(payload.user_id), event))

    await live.database.transact(change)
    return ModeratorData(on=payload.on)


async def _check_may_help(tx: Transaction, reader_id: UUID, user_id: UUID, *, now: datetime) -> None:
    if user_id == reader_id:
        raise invalid([("user_id", "you keep order anyway")])
    standing = (await list_standings(tx, reader_id=reader_id, user_ids=[user_id])).get(user_id)
    if standing is None:
        raise NotFound("There is no such person")
    held = await find_sanction(tx, reader_id=reader_id, user_id=user_id)
    if held is not None and held.holds(now):
        raise Forbidden("They are muted or banned; lift that first")
    if not standing.is_moderator and await count_moderators(tx, reader_id) >= limits.LIVESTREAM_MODERATORS:
        raise LivestreamTooManyModerators


COMMANDS = (
    Command(
        "livestream.set_moderator",
        SetModerator,
        ModeratorData,
        set_moderator,
        "Say who helps you to keep order in your livestreams",
        roles=frozenset({"reader"}),
    ),
)
EVENTS = (
    EventKind(
        "livestream.moderator_set",
        LivestreamModeratorSetEvent,
        "the one whom it is about",
        "a reader made them a moderator of their livestreams, or no longer wants them to be one",
    ),
)

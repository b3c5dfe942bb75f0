"""The live commands of who watches: join, answer the offered media, leave; and watching the list of livestreams."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from config import limits
from config.errors import NotFound
from config.fields import Flag, Id, Payload, View, WholeNumber
from realtime.commands import Caller, Command, Live
from realtime.consultations.clock import Moment
from realtime.livestreams.access import access_livestream
from realtime.livestreams.audiences import LIVESTREAMS_AUDIENCE, livestream_audience
from realtime.livestreams.commands import LivestreamReference, host_of
from realtime.livestreams.descriptions import LivestreamAnswer, OfferedMedia, unusable
from realtime.livestreams.errors import (
    LivestreamBanned,
    LivestreamEnded,
    LivestreamMediaGone,
    LivestreamNotJoined,
    LivestreamUnavailable,
)
from realtime.livestreams.life import check_goes_on
from realtime.livestreams.messages import LivestreamMessageView, list_last_messages
from realtime.livestreams.snapshots import LivestreamView, render_livestream
from realtime.livestreams.standings import StandingView, describe_standing
from realtime.livestreams.top_senders import TopSenderView, list_top_senders
from realtime.media.engines.interface import DescriptionRefused, EngineFull, EngineUnavailable, PlaceGone
from storage.livestream_viewers import count_earlier_viewings, delete_viewer, insert_viewer, is_banned, is_viewer
from storage.livestreams import LivestreamParts
from storage.transaction import Transaction

# Whether there is a picture to be had: an offer; not yet; no room for another viewer, or for this person; the engine is away.
MediaState = Literal["offered", "waiting", "full", "unavailable"]


class JoinLivestream(Payload):
    """`after_seq`: the last message that is known already; left out, the last hundred come."""

    livestream_id: Id
    after_seq: Annotated[WholeNumber, Field(ge=0, le=2**31 - 1)] | None = None


class AnswerLivestream(Payload):
    livestream_id: Id
    description: LivestreamAnswer


class LivestreamJoined(View):
    """`description` is to be answered by `livestream.answer`; it is there only where `media` is `offered`."""

    livestream: LivestreamView
    messages: list[LivestreamMessageView]
    top_senders: list[TopSenderView]
    standing: StandingView
    description: OfferedMedia | None
    media: MediaState


class LivestreamAnswered(View):
    pass


class LivestreamLeft(View):
    pass


class WatchLivestreams(Payload):
    on: Flag


class LivestreamsWatched(View):
    on: bool


async def join(live: Live, caller: Caller, payload: JoinLivestream) -> LivestreamJoined:
    """Raises NotFound, LivestreamEnded, LivestreamBanned."""
    moment = Moment(live.clock.now(), live.settings)
    await live.database.transact(lambda tx: _enter(tx, live, caller, payload, moment))
    # From here on events come: what is read afterwards misses nothing.
    await live.enter_room(caller.connection_id, livestream_audience(payload.livestream_id))
    async with live.database.connection() as db:
        parts = await access_livestream(db, payload.livestream_id, user_id=caller.user_id)
        is_still_in = await is_viewer(db, payload.livestream_id, connection_id=caller.connection_id)
        standing = await describe_standing(db, parts.livestream.reader_id, caller.user_id, now=moment.now)
        messages = await list_last_messages(db, payload.livestream_id, after_seq=payload.after_seq)
        top_senders = await list_top_senders(db, payload.livestream_id)
        earlier = await count_earlier_viewings(
            db, payload.livestream_id, connection_id=caller.connection_id, user_id=caller.user_id
        )
    if not is_still_in:
        # It ended, or the caller was banned, before they were in the room that hears of it.
        await live.leave_room(caller.connection_id, livestream_audience(payload.livestream_id))
        raise LivestreamBanned if parts.livestream.is_open else LivestreamEnded
    media, description = await _offer_media(live, caller, parts, earlier=earlier)
    return LivestreamJoined(
        livestream=render_livestream(parts, currency=live.settings.billing.currency),
        messages=messages,
        top_senders=top_senders,
        standing=standing,
        description=description,
        media=media,
    )


async def _enter(tx: Transaction, live: Live, caller: Caller, payload: JoinLivestream, moment: Moment) -> None:
    parts = await access_livestream(tx, payload.livestream_id, user_id=caller.user_id)
    check_goes_on(parts.livestream, moment)
    entered = await insert_viewer(
        tx,
        livestream_id=payload.livestream_id,
        connection_id=caller.connection_id,
        user_id=caller.user_id,
        node_id=live.node.id,
        now=moment.now,
    )
    if not entered:
        raise NotFound("This connection is gone; connect again")
    # The row waits for whoever holds the livestream's: a ban that came first is seen here, a later one finds the row.
    if await is_banned(tx, reader_id=parts.livestream.reader_id, user_id=caller.user_id, now=moment.now):
        raise LivestreamBanned


async def _offer_media(
    live: Live, caller: Caller, parts: LivestreamParts, *, earlier: int
) -> tuple[MediaState, OfferedMedia | None]:
    """Readers are not offered what they publish themselves; of one person's connections only the first few are offered anything,
    so that nobody takes everybody's room, or keeps an engine busy with offers.
    """
    row = parts.livestream
    if row.media_id is None or row.reader_id == caller.user_id:
        return "waiting", None
    if live.livestreams is None:
        return "unavailable", None
    if earlier >= limits.LIVESTREAM_PICTURES_PER_USER:
        return "full", None
    try:
        return "offered", OfferedMedia(sdp=await live.livestreams.places.view(row, caller.connection_id))
    except EngineFull:
        return "full", None
    except EngineUnavailable:
        return "unavailable", None
    except PlaceGone:
        # An event tells once there are other media.
        return "waiting", None


async def answer(live: Live, caller: Caller, payload: AnswerLivestream) -> LivestreamAnswered:
    """Raises NotFound, LivestreamNotJoined, LivestreamMediaGone, LivestreamUnavailable, Unprocessable."""
    async with live.database.connection() as db:
        parts = await access_livestream(db, payload.livestream_id, user_id=caller.user_id)
        has_joined = await is_viewer(db, payload.livestream_id, connection_id=caller.connection_id)
    if not has_joined:
        raise LivestreamNotJoined
    try:
        await host_of(live).places.answer(parts.livestream, caller.connection_id, payload.description.sdp)
    except DescriptionRefused:
        raise unusable() from None
    except PlaceGone:
        raise LivestreamMediaGone from None
    except (EngineUnavailable, EngineFull):
        raise LivestreamUnavailable from None
    return LivestreamAnswered()


async def leave(live: Live, caller: Caller, payload: LivestreamReference) -> LivestreamLeft:
    """Raises NotFound; leaving twice changes nothing."""
    async with live.database.connection() as db:
        parts = await access_livestream(db, payload.livestream_id, user_id=caller.user_id)
    await live.leave_room(caller.connection_id, livestream_audience(payload.livestream_id))
    await live.database.transact(lambda tx: delete_viewer(tx, payload.livestream_id, connection_id=caller.connection_id))
    if live.livestreams is not None and parts.livestream.media_id is not None:
        await live.livestreams.places.leave(parts.livestream, caller.connection_id)
    return LivestreamLeft()


async def watch(live: Live, caller: Caller, payload: WatchLivestreams) -> LivestreamsWatched:
    move = live.enter_room if payload.on else live.leave_room
    await move(caller.connection_id, LIVESTREAMS_AUDIENCE)
    return LivestreamsWatched(on=payload.on)


COMMANDS = (
    Command(
        "livestream.join",
        JoinLivestream,
        LivestreamJoined,
        join,
        "Watch a livestream, or wait for one to begin; again for another offer of its media",
        weight=3,
        is_ordered=True,
    ),
    Command(
        "livestream.answer",
        AnswerLivestream,
        LivestreamAnswered,
        answer,
        "Answer the offer of a livestream's media: the picture comes",
        weight=3,
        is_ordered=True,
    ),
    Command("livestream.leave", LivestreamReference, LivestreamLeft, leave, "Watch no more", is_ordered=True),
    Command(
        "livestreams.watch", WatchLivestreams, LivestreamsWatched, watch, "Start or stop the events of the list of livestreams"
    ),
)

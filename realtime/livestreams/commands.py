"""The live commands of who publishes: start, pause and end a livestream. The media first, what became of them after it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from config.fields import Id, Payload, View
from realtime.commands import Caller, Command, Live
from realtime.consultations.clock import Moment
from realtime.livestreams.access import access_own_locked
from realtime.livestreams.audiences import livestream_audience
from realtime.livestreams.descriptions import AnsweredOffer, LivestreamOffer, unusable
from realtime.livestreams.errors import LivestreamFull, LivestreamUnavailable
from realtime.livestreams.hosting import LivestreamHost, Published
from realtime.livestreams.life import Publisher, check_may_publish, end_livestream, pause_privately, publish_at
from realtime.livestreams.snapshots import LivestreamView, render_livestream
from realtime.livestreams.takeovers import check_not_taken_over, take_over
from realtime.media.engines.interface import DescriptionRefused, EngineFull, EngineUnavailable, PlaceGone
from storage.livestream_viewers import insert_viewer
from storage.livestreams import LivestreamParts
from storage.transaction import Transaction

Action = Callable[[Transaction, LivestreamParts, Moment], Awaitable[LivestreamParts]]


class LivestreamReference(Payload):
    livestream_id: Id


class StartLivestream(Payload):
    """`publishing_id`: of the same page's earlier start, which goes on by itself; left out, this page takes over."""

    livestream_id: Id
    description: LivestreamOffer
    publishing_id: Id | None = None


class LivestreamData(View):
    livestream: LivestreamView


class LivestreamStarted(View):
    livestream: LivestreamView
    description: AnsweredOffer
    publishing_id: UUID


def host_of(live: Live) -> LivestreamHost:
    """Raises LivestreamUnavailable in processes that carry no media."""
    if live.livestreams is None:
        raise LivestreamUnavailable
    return live.livestreams


async def _change(live: Live, caller: Caller, livestream_id: UUID, action: Action) -> LivestreamParts:
    """One change of the reader's own livestream, in a transaction of its own."""
    moment = Moment(live.clock.now(), live.settings)

    async def locked(tx: Transaction) -> LivestreamParts:
        return await action(tx, await access_own_locked(tx, livestream_id, user_id=caller.user_id), moment)

    return await live.database.transact(locked)


def _render(live: Live, parts: LivestreamParts) -> LivestreamView:
    return render_livestream(parts, currency=live.settings.billing.currency)


async def start(live: Live, caller: Caller, payload: StartLivestream) -> LivestreamStarted:
    """Go live; or publish again, from wherever, after a loss or a pause."""
    host = host_of(live)

    async def check(tx: Transaction, parts: LivestreamParts, moment: Moment) -> LivestreamParts:
        check_not_taken_over(parts.livestream, payload.publishing_id)
        return await check_may_publish(tx, parts, moment)

    parts = await _change(live, caller, payload.livestream_id, check)
    try:
        async with host.publishing(parts.livestream, payload.description.sdp) as published:
            parts = await _change(
                live, caller, payload.livestream_id, lambda *now: _write(live, caller, payload, published, *now)
            )
            answer = published.sdp
    except DescriptionRefused:
        raise unusable() from None
    except EngineFull:
        raise LivestreamFull from None
    except (EngineUnavailable, PlaceGone):
        raise LivestreamUnavailable from None
    await live.enter_room(caller.connection_id, livestream_audience(parts.livestream.id))
    publishing_id = parts.livestream.publishing_id
    assert publishing_id is not None
    return LivestreamStarted(livestream=_render(live, parts), description=AnsweredOffer(sdp=answer), publishing_id=publishing_id)


async def _write(
    live: Live,
    caller: Caller,
    payload: StartLivestream,
    published: Published,
    tx: Transaction,
    parts: LivestreamParts,
    moment: Moment,
) -> LivestreamParts:
    publisher = Publisher(caller.login_id, take_over(tx, parts.livestream, payload.publishing_id, moment))
    parts = await publish_at(tx, parts, published.place, node_id=published.node_id, publisher=publisher, moment=moment)
    # The reader is in the livestream as everybody else is who joined, without being counted.
    await insert_viewer(
        tx,
        livestream_id=parts.livestream.id,
        connection_id=caller.connection_id,
        user_id=caller.user_id,
        node_id=live.node.id,
        now=moment.now,
    )
    return parts


async def pause(live: Live, caller: Caller, payload: LivestreamReference) -> LivestreamData:
    parts = await _change(live, caller, payload.livestream_id, pause_privately)
    host_of(live).wake()
    return LivestreamData(livestream=_render(live, parts))


async def end(live: Live, caller: Caller, payload: LivestreamReference) -> LivestreamData:
    async def by_reader(tx: Transaction, parts: LivestreamParts, moment: Moment) -> LivestreamParts:
        return await end_livestream(tx, parts, "reader_ended", moment)

    parts = await _change(live, caller, payload.livestream_id, by_reader)
    host_of(live).wake()
    return LivestreamData(livestream=_render(live, parts))


COMMANDS = (
    Command(
        "livestream.start",
        StartLivestream,
        LivestreamStarted,
        start,
        "Go live, or publish again after a loss or a pause, from any device",
        weight=5,
        is_ordered=True,
    ),
    Command(
        "livestream.pause",
        LivestreamReference,
        LivestreamData,
        pause,
        "Leave the livestream for a private consultation; start it again afterwards",
        is_ordered=True,
    ),
    Command("livestream.end", LivestreamReference, LivestreamData, end, "End the own livestream", is_ordered=True),
)

"""The live commands about media: reports that the clock follows, relay credentials, and the way in which two people talk."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from config import limits
from config.fields import Id, Instant, Payload, View, WholeNumber
from realtime.commands import Caller, Command, Live
from realtime.consultations.access import access_consultation_locked
from realtime.consultations.clock import Moment
from realtime.consultations.commands import ConsultationData, ConsultationReference
from realtime.consultations.deadlines import carry_out_due
from realtime.consultations.errors import ConsultationClockStopped, ConsultationNotInProgress
from realtime.consultations.media import change_mode
from realtime.consultations.snapshots import ConsultationType, MediaState, render_consultation, viewer_of
from realtime.media.signals import check_media_seat
from realtime.media.turn import IceServerView, IceTransportPolicy, ice_transport_policy, mint_ice
from realtime.media.watch import MediaCounts, MediaKey
from storage.consultations import ConsultationParts
from storage.media import find_media_seat
from storage.transaction import Transaction

Count = Annotated[WholeNumber, Field(ge=0, le=limits.MEDIA_COUNT_MAXIMUM)]


class MediaStats(Payload):
    """Packets since the peer connection was made, all streams together; what a client does not count may be left out."""

    packets_sent: Count | None = None
    packets_received: Count | None = None
    round_trip_ms: Annotated[float, Field(ge=0, le=600_000, allow_inf_nan=False)] | None = None


class ReportMedia(Payload):
    consultation_id: Id
    state: Literal["connected", "disconnected", "failed"]
    stats: MediaStats | None = None


class MediaData(View):
    """What the clock now takes the reporter's media for."""

    state: MediaState


class RenewedIceServers(View):
    ice_servers: list[IceServerView]
    ice_servers_expire_at: Instant | None
    ice_transport_policy: IceTransportPolicy


class ChangeMode(Payload):
    """`agreed_rate_per_minute_minor`: the client agrees to this price, where it is higher than before."""

    consultation_id: Id
    mode: ConsultationType
    agreed_rate_per_minute_minor: Annotated[WholeNumber, Field(ge=1, le=limits.RATE_PER_MINUTE_MAXIMUM_MINOR)] | None = None


async def report(live: Live, caller: Caller, payload: ReportMedia) -> MediaData:
    """The first report of connected media may start the clock, a loss stops it; all others are only watched.

    Raises NotFound, ConsultationNotInProgress, ConsultationNotJoined, ConsultationHasNoMedia, Unprocessable.
    """
    now = live.clock.now()
    async with live.database.connection() as db:
        seat = await find_media_seat(db, payload.consultation_id, user_id=caller.user_id, connection_id=caller.connection_id)
    is_counted = check_media_seat(seat).media_through == caller.connection_id
    key = MediaKey(payload.consultation_id, caller.user_id, caller.connection_id)
    if payload.state != "connected":
        lost_at = live.media_watch.last_proof(key, now)
        live.media_watch.forget(key)
        if is_counted:
            await live.media_watch.write_loss(key, lost_at)
        return MediaData(state="lost")
    stats = payload.stats or MediaStats()
    if live.media_watch.hear(key, MediaCounts(stats.packets_sent, stats.packets_received), now):
        if not is_counted and not await live.media_watch.write_connected(key):
            raise ConsultationNotInProgress
        return MediaData(state="connected")
    if is_counted:
        await live.media_watch.write_loss(key, live.media_watch.last_proof(key, now), goes_on=True)
    return MediaData(state="lost")


async def renew(live: Live, caller: Caller, payload: ConsultationReference) -> RenewedIceServers:
    """Fresh relay credentials for a participant whose consultation goes on and is not held up by want of money."""
    now = live.clock.now()
    async with live.database.connection() as db:
        seat = await find_media_seat(db, payload.consultation_id, user_id=caller.user_id, connection_id=caller.connection_id)
    if check_media_seat(seat).pause_reason == "balance":
        raise ConsultationClockStopped
    ice = mint_ice(live.settings.turn, user_id=caller.user_id, now=now)
    return RenewedIceServers(
        ice_servers=ice.servers,
        ice_servers_expire_at=ice.expire_at,
        ice_transport_policy=ice_transport_policy(live.settings.turn),
    )


async def set_mode(live: Live, caller: Caller, payload: ChangeMode) -> ConsultationData:
    moment = Moment(live.clock.now(), live.settings)

    async def change(tx: Transaction) -> ConsultationParts:
        parts = await access_consultation_locked(tx, payload.consultation_id, user_id=caller.user_id)
        return await change_mode(
            tx,
            await carry_out_due(tx, parts, moment),
            user_id=caller.user_id,
            mode=payload.mode,
            agreed_rate_minor=payload.agreed_rate_per_minute_minor,
            moment=moment,
        )

    parts = await live.database.transact(change)
    viewer = viewer_of(parts.consultation, caller.user_id)
    return ConsultationData(consultation=render_consultation(parts, viewer=viewer, now=moment.now))


COMMANDS = (
    Command(
        "media.report", ReportMedia, MediaData, report, "Say how your media are; at least every five seconds", is_ordered=True
    ),
    Command("media.renew", ConsultationReference, RenewedIceServers, renew, "Get fresh credentials for the relay servers"),
    Command("consultation.set_mode", ChangeMode, ConsultationData, set_mode, "Go on by chat, call or video"),
)

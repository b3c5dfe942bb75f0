"""The live commands of consultations: parse, one action in one transaction, render."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from config import limits
from config.errors import NotFound
from config.fields import Id, Instant, Nonce, Payload, Reason, View, WholeNumber
from realtime.commands import Caller, Command, Live
from realtime.consultations.access import WATCH, access_consultation_locked
from realtime.consultations.bookings import cancel_before_start, check_room_is_open
from realtime.consultations.clock import Moment
from realtime.consultations.deadlines import carry_out_due
from realtime.consultations.endings import end_by_participant
from realtime.consultations.events import watchers_audience
from realtime.consultations.presence import participant_arrived
from realtime.consultations.requests import (
    RequestDraft,
    accept_consultation,
    decline_consultation,
    request_consultation,
)
from realtime.consultations.snapshots import (
    ConsultationType,
    ConsultationView,
    MessageView,
    render_consultation,
    render_message,
    viewer_of,
)
from realtime.media.signals import take_seat
from realtime.media.turn import NO_ICE_SERVERS, IceServerView, IceTransportPolicy, ice_transport_policy, mint_ice
from storage.attendances import insert_attendance
from storage.audit import insert_audit_row
from storage.consultations import ConsultationParts, find_parts
from storage.messages import list_messages
from storage.transaction import Transaction


class RequestConsultation(Payload):
    reader_id: Id
    type: ConsultationType
    nonce: Nonce


class ConsultationReference(Payload):
    consultation_id: Id


class AnswerConsultation(Payload):
    consultation_id: Id
    reason: Reason | None = None


class JoinConsultation(Payload):
    consultation_id: Id
    after_seq: Annotated[WholeNumber, Field(ge=0, le=2**31 - 1)] = 0


class ConsultationData(View):
    consultation: ConsultationView


class ConsultationJoined(View):
    """The snapshot, the messages after `after_seq` (the oldest first; more may follow over HTTP), and relay servers."""

    consultation: ConsultationView
    messages: list[MessageView]
    ice_servers: list[IceServerView]
    ice_servers_expire_at: Instant | None
    ice_transport_policy: IceTransportPolicy


def moment_of(live: Live) -> Moment:
    return Moment(live.clock.now(), live.settings)


def _answer(parts: ConsultationParts, caller: Caller, moment: Moment) -> ConsultationData:
    viewer = viewer_of(parts.consultation, caller.user_id)
    return ConsultationData(consultation=render_consultation(parts, viewer=viewer, now=moment.now))


async def request(live: Live, caller: Caller, payload: RequestConsultation) -> ConsultationData:
    moment = moment_of(live)
    draft = RequestDraft(payload.reader_id, payload.type, payload.nonce)
    parts = await live.database.transact(
        lambda tx: request_consultation(tx, client_id=caller.user_id, role=caller.role, draft=draft, moment=moment)
    )
    return _answer(parts, caller, moment)


async def _on_locked(
    live: Live,
    caller: Caller,
    consultation_id: UUID,
    action: Callable[[Transaction, ConsultationParts, Moment], Awaitable[ConsultationParts]],
) -> ConsultationData:
    moment = moment_of(live)

    async def locked(tx: Transaction) -> ConsultationParts:
        parts = await access_consultation_locked(tx, consultation_id, user_id=caller.user_id)
        return await action(tx, await carry_out_due(tx, parts, moment), moment)

    return _answer(await live.database.transact(locked), caller, moment)


async def accept(live: Live, caller: Caller, payload: AnswerConsultation) -> ConsultationData:
    return await _on_locked(
        live,
        caller,
        payload.consultation_id,
        lambda tx, parts, moment: accept_consultation(tx, parts, user_id=caller.user_id, moment=moment),
    )


async def decline(live: Live, caller: Caller, payload: AnswerConsultation) -> ConsultationData:
    return await _on_locked(
        live,
        caller,
        payload.consultation_id,
        lambda tx, parts, moment: decline_consultation(tx, parts, user_id=caller.user_id, moment=moment),
    )


async def cancel(live: Live, caller: Caller, payload: AnswerConsultation) -> ConsultationData:
    return await _on_locked(
        live,
        caller,
        payload.consultation_id,
        lambda tx, parts, moment: cancel_before_start(tx, parts, user_id=caller.user_id, reason=payload.reason, moment=moment),
    )


async def end(live: Live, caller: Caller, payload: ConsultationReference) -> ConsultationData:
    return await _on_locked(
        live,
        caller,
        payload.consultation_id,
        lambda tx, parts, moment: end_by_participant(
            tx, parts, by_client=caller.user_id == parts.consultation.client_id, moment=moment
        ),
    )


async def join(live: Live, caller: Caller, payload: JoinConsultation) -> ConsultationJoined:
    """A participant is in the room from here on, through this connection; an admin may watch, and the audit log says so."""
    moment = moment_of(live)

    async def enter(tx: Transaction) -> tuple[ConsultationParts, datetime | None, list[MessageView]]:
        parts, absent_since = await _enter(tx, live, caller, payload.consultation_id, moment)
        messages = await list_messages(tx, payload.consultation_id, after_seq=payload.after_seq, limit=limits.ROOM_MESSAGES_PAGE)
        return parts, absent_since, [render_message(message) for message in messages]

    parts, absent_since, messages = await live.database.transact(enter)
    c = parts.consultation
    is_watching = viewer_of(c, caller.user_id) == "admin"
    if is_watching:
        await live.enter_room(caller.connection_id, watchers_audience(c.id))
    elif c.has_room and c.type != "chat":
        await take_seat(live, caller, c.id, missed_since=absent_since)
    needs_relay = c.has_room and not is_watching and c.pause_reason != "balance"
    ice = mint_ice(live.settings.turn, user_id=caller.user_id, now=moment.now) if needs_relay else NO_ICE_SERVERS
    return ConsultationJoined(
        consultation=_answer(parts, caller, moment).consultation,
        messages=messages,
        ice_servers=ice.servers,
        ice_servers_expire_at=ice.expire_at,
        ice_transport_policy=ice_transport_policy(live.settings.turn),
    )


async def _enter(
    tx: Transaction, live: Live, caller: Caller, consultation_id: UUID, moment: Moment
) -> tuple[ConsultationParts, datetime | None]:
    """The consultation, and since when the participant was away (None when they were not)."""
    if WATCH in caller.permissions:
        watched = await find_parts(tx, consultation_id)
        if watched is not None and viewer_of(watched.consultation, caller.user_id) == "admin":
            await insert_audit_row(
                tx,
                actor_id=caller.user_id,
                action="consultation.watch",
                entity_type="consultation",
                entity_id=str(consultation_id),
                ip_address=caller.ip_address,
                user_agent=caller.user_agent,
                now=moment.now,
            )
            return watched, None
    parts = await access_consultation_locked(tx, consultation_id, user_id=caller.user_id)
    parts = await carry_out_due(tx, parts, moment)
    c = parts.consultation
    check_room_is_open(c, moment)
    if not c.has_room:
        return parts, None
    is_client = caller.user_id == c.client_id
    joined_at, lost_at = (c.client_joined_at, c.client_lost_at) if is_client else (c.reader_joined_at, c.reader_lost_at)
    attends = await insert_attendance(
        tx,
        consultation_id=consultation_id,
        user_id=caller.user_id,
        connection_id=caller.connection_id,
        node_id=live.node.id,
        now=moment.now,
    )
    if not attends:
        raise NotFound("This connection is gone; connect again")
    return await participant_arrived(tx, parts, caller.user_id, moment), lost_at if joined_at is not None else c.created_at


def _command(name: str, payload: type[Any], handler: Any, summary: str, *, roles: frozenset[str] = frozenset()) -> Command:
    return Command(name, payload, ConsultationData, handler, summary, roles)


COMMANDS = (
    _command("consultation.request", RequestConsultation, request, "Ring at a reader", roles=frozenset({"client"})),
    _command("consultation.accept", AnswerConsultation, accept, "Take a request"),
    _command("consultation.decline", AnswerConsultation, decline, "Refuse a request"),
    _command("consultation.cancel", AnswerConsultation, cancel, "Withdraw a request, or give up a booking before its time"),
    _command("consultation.end", ConsultationReference, end, "End a consultation"),
    Command("consultation.join", JoinConsultation, ConsultationJoined, join, "Enter the room, or come back to it"),
)

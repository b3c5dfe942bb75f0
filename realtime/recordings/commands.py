"""The live commands about recordings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from config import limits
from config.errors import invalid
from config.fields import Id, Payload, PlainText, View
from realtime.commands import Caller, Command, Live
from realtime.consultations.access import access_consultation, access_consultation_locked
from realtime.consultations.clock import Moment
from realtime.consultations.commands import ConsultationData, ConsultationReference
from realtime.consultations.endings import end_if_due
from realtime.consultations.errors import ConsultationClockStopped
from realtime.consultations.snapshots import render_consultation, viewer_of
from realtime.media.signals import check_media_seat, check_session_description
from realtime.recordings.consent import agree_to_record, ask_to_record, check_askable, decline_to_record, stop_recording
from realtime.recordings.errors import RecordingNotAgreed, RecordingUnavailable
from realtime.recordings.hosting import RecordingHost
from realtime.recordings.offers import clean_offer
from storage.consultations import ConsultationParts
from storage.media import find_media_seat
from storage.transaction import Transaction

Action = Callable[[Transaction, ConsultationParts, Caller, Moment], Awaitable[ConsultationParts]]
Sdp = Annotated[PlainText, Field(min_length=1, max_length=limits.SDP_LENGTH), AfterValidator(check_session_description)]


class OfferDescription(Payload):
    """RTCSessionDescriptionInit of an offer whose candidates are gathered: audio once, and video at most once."""

    type: Literal["offer"]
    sdp: Sdp


class ConnectRecording(Payload):
    consultation_id: Id
    description: OfferDescription


class AnswerDescription(View):
    type: Literal["answer"] = "answer"
    sdp: str


class RecordingConnected(View):
    """The relay's answer, candidates included; the other participant's media come with it."""

    description: AnswerDescription


def _host_of(live: Live) -> RecordingHost:
    if live.recordings is None:
        raise RecordingUnavailable
    return live.recordings


async def _carry_out(live: Live, caller: Caller, consultation_id: UUID, action: Action) -> ConsultationData:
    moment = Moment(live.clock.now(), live.settings)

    async def locked(tx: Transaction) -> ConsultationParts:
        parts = await access_consultation_locked(tx, consultation_id, user_id=caller.user_id)
        return await action(tx, await end_if_due(tx, parts, moment), caller, moment)

    return _render(await live.database.transact(locked), caller, moment)


def _render(parts: ConsultationParts, caller: Caller, moment: Moment) -> ConsultationData:
    viewer = viewer_of(parts.consultation, caller.user_id)
    return ConsultationData(consultation=render_consultation(parts, viewer=viewer, now=moment.now))


async def ask(live: Live, caller: Caller, payload: ConsultationReference) -> ConsultationData:
    return await _carry_out(live, caller, payload.consultation_id, ask_to_record)


async def agree(live: Live, caller: Caller, payload: ConsultationReference) -> ConsultationData:
    """The relay first, the consent after it: what is agreed to can begin. Where it cannot, the question stays open."""
    async with live.database.connection() as db:
        parts = await access_consultation(db, payload.consultation_id, user_id=caller.user_id)
    if parts.recording is not None and parts.recording.is_under_way and parts.recording.asked_by != caller.user_id:
        # The answer to the first time was lost.
        moment = Moment(live.clock.now(), live.settings)
        return _render(parts, caller, moment)
    recording = check_askable(parts, caller.user_id)
    host = _host_of(live)
    await host.open(recording.id, parts.consultation.id)

    async def write(tx: Transaction, parts: ConsultationParts, caller: Caller, moment: Moment) -> ConsultationParts:
        return await agree_to_record(tx, parts, caller, moment, recording_id=recording.id, node_id=live.node.id)

    try:
        data = await _carry_out(live, caller, payload.consultation_id, write)
        await host.keep(recording.id, parts.consultation.id)
    finally:
        await host.release(recording.id)
    return data


async def decline(live: Live, caller: Caller, payload: ConsultationReference) -> ConsultationData:
    return await _carry_out(live, caller, payload.consultation_id, decline_to_record)


async def stop(live: Live, caller: Caller, payload: ConsultationReference) -> ConsultationData:
    data = await _carry_out(live, caller, payload.consultation_id, stop_recording)
    if live.recordings is not None:
        live.recordings.wake()
    return data


async def connect(live: Live, caller: Caller, payload: ConnectRecording) -> RecordingConnected:
    """Raises RecordingNotAgreed, RecordingUnavailable, Unprocessable, and what `check_media_seat` does."""
    async with live.database.connection() as db:
        seat = await find_media_seat(db, payload.consultation_id, user_id=caller.user_id, connection_id=caller.connection_id)
        seat = check_media_seat(seat)
        parts = await access_consultation(db, payload.consultation_id, user_id=caller.user_id)
    recording = parts.recording
    if seat.pause_reason == "balance":
        raise ConsultationClockStopped
    if recording is None or not recording.is_under_way:
        raise RecordingNotAgreed
    answer = await _host_of(live).pass_offer(
        recording.id,
        side="client" if caller.user_id == parts.consultation.client_id else "reader",
        sdp=clean_offer(payload.description.sdp),
        with_video=seat.mode == "video",
        login_id=caller.login_id,
    )
    if answer is None:
        raise invalid([("description.sdp", "the relay cannot use this offer")])
    return RecordingConnected(description=AnswerDescription(sdp=answer))


COMMANDS = (
    Command("recording.ask", ConsultationReference, ConsultationData, ask, "Ask the other side to have the call recorded"),
    Command("recording.agree", ConsultationReference, ConsultationData, agree, "Agree to a recording: it begins"),
    Command("recording.decline", ConsultationReference, ConsultationData, decline, "Refuse a recording"),
    Command(
        "recording.stop", ConsultationReference, ConsultationData, stop, "End a recording at once, or take the question back"
    ),
    Command(
        "recording.connect",
        ConnectRecording,
        RecordingConnected,
        connect,
        "Connect your media to the relay that records them",
        weight=5,
        is_ordered=True,
    ),
)

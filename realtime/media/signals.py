"""Signalling: what two browsers tell each other to connect their media, checked for size and shape and passed on in order.

The shapes are the browsers' own (RTCSessionDescriptionInit, RTCIceCandidateInit). Nothing of them is executed or logged.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from orjson import Fragment
from pydantic import AfterValidator, Field, model_validator

from config import limits
from config.errors import NotFound
from config.fields import Id, Instant, Payload, PlainText, View, WholeNumber, render_instant
from realtime.commands import Caller, Command, EventKind, Live
from realtime.consultations.errors import (
    ConsultationClockStopped,
    ConsultationHasNoMedia,
    ConsultationNotInProgress,
    ConsultationNotJoined,
    TooManySignals,
)
from storage.media import MediaSeat, Signal, SignalLimits, insert_signal, list_signals
from storage.transaction import Event

_LINE = re.compile(r"[a-z]=[^\x00-\x1f\x7f]*\Z")
_MEDIA = re.compile(r"m=(audio|video|application) ")
_CANDIDATE = re.compile(r"(a=)?candidate:[!-~]+( [!-~]+){7,}\Z")


def check_session_description(sdp: str) -> str:
    """Refuse what is no WebRTC session description (RFC 8866, RFC 8829): lines, sections, and the keys that DTLS needs."""
    lines = sdp.replace("\r\n", "\n").rstrip("\n").split("\n")
    if len(lines) > limits.SDP_LINES or not all(_LINE.match(line) for line in lines):
        raise ValueError("must be lines of the form x=…")
    if lines[0] != "v=0":
        raise ValueError("must begin with v=0")
    sections = [line for line in lines if line.startswith("m=")]
    if not 1 <= len(sections) <= limits.SDP_MEDIA or not all(_MEDIA.match(section) for section in sections):
        raise ValueError("must describe audio or video")
    for needed in ("a=fingerprint:", "a=ice-ufrag:", "a=ice-pwd:"):
        if not any(line.startswith(needed) for line in lines):
            raise ValueError(f"must have a line {needed}…")
    return sdp


def _check_candidate(candidate: str) -> str:
    if candidate and not _CANDIDATE.match(candidate):
        raise ValueError("must be a candidate line (RFC 8839), or empty")
    return candidate


class SessionDescription(Payload):
    """RTCSessionDescriptionInit. A rollback carries no text."""

    type: Literal["offer", "answer", "pranswer", "rollback"]
    sdp: Annotated[PlainText, Field(max_length=limits.SDP_LENGTH)] = ""

    @model_validator(mode="after")
    def _check_text(self) -> SessionDescription:
        if self.type != "rollback":
            check_session_description(self.sdp)
        return self


class IceCandidate(Payload):
    """RTCIceCandidateInit; an empty `candidate` ends those of its generation."""

    candidate: Annotated[PlainText, Field(max_length=limits.CANDIDATE_LENGTH), AfterValidator(_check_candidate)] = ""
    sdpMid: Annotated[PlainText, Field(max_length=64)] | None = None  # noqa: N815  (the browsers' name)
    sdpMLineIndex: Annotated[WholeNumber, Field(ge=0, lt=limits.SDP_MEDIA)] | None = None  # noqa: N815
    usernameFragment: Annotated[PlainText, Field(max_length=256)] | None = None  # noqa: N815


class SendSignal(Payload):
    """Exactly one of the two; a null `candidate` says that there are no more."""

    consultation_id: Id
    description: SessionDescription | None = None
    candidate: IceCandidate | None = None

    @model_validator(mode="after")
    def _check_one(self) -> SendSignal:
        given = self.model_fields_set & {"description", "candidate"}
        if len(given) != 1 or (self.description is None and "description" in given):
            raise ValueError("either a description or a candidate is required")
        return self

    def content(self) -> dict[str, Any]:
        if self.description is not None:
            return {"description": self.description.model_dump(mode="json")}
        return {"candidate": None if self.candidate is None else self.candidate.model_dump(mode="json", exclude_unset=True)}


class SignalData(View):
    """`seq` rises with each signal of a consultation; there may be gaps."""

    seq: int


class SignalReceivedEvent(View):
    """Either `description` or `candidate`, as the other side sent it. The same `seq` may come twice after a reconnect."""

    consultation_id: UUID
    seq: int
    sender_id: UUID
    description: SessionDescription | None = None
    candidate: IceCandidate | None = None
    at: Instant


def seat_audience(consultation_id: UUID, user_id: UUID) -> str:
    """The room of the devices through which a participant joined a consultation."""
    return f"seat:{consultation_id}:{user_id}"


async def send(live: Live, caller: Caller, payload: SendSignal) -> SignalData:
    """Raises NotFound, ConsultationNotInProgress, ConsultationNotJoined, ConsultationHasNoMedia, ConsultationClockStopped,
    TooManySignals."""
    now = live.clock.now()
    content = orjson.dumps(payload.content()).decode()
    async with live.database.connection() as db:
        seat, seq = await insert_signal(
            db,
            payload.consultation_id,
            user_id=caller.user_id,
            connection_id=caller.connection_id,
            content=content,
            bounds=_bounds(),
            now=now,
        )
    seat = check_media_seat(seat)
    if seat.pause_reason == "balance":
        raise ConsultationClockStopped
    if seq is None:
        raise TooManySignals
    audience = seat_audience(payload.consultation_id, seat.recipient_id)
    await live.deliver([_event(payload.consultation_id, audience, Signal(seq, caller.user_id, content, now))])
    return SignalData(seq=seq)


def _bounds() -> SignalLimits:
    """Fewer bytes at once than a connection may leave unread: nobody can be driven out of the room by what is sent to them."""
    return SignalLimits(
        waiting=limits.SIGNALS_WAITING,
        kept_for=timedelta(seconds=limits.SIGNALS_KEPT_SECONDS),
        burst_bytes=limits.SIGNALS_BURST_BYTES,
        burst_for=timedelta(seconds=limits.SIGNALS_BURST_SECONDS),
    )


def check_media_seat(seat: MediaSeat | None) -> MediaSeat:
    """The seat, if its media may be spoken of. Raises NotFound, ConsultationNotInProgress, -NotJoined, -HasNoMedia."""
    if seat is None:
        raise NotFound("There is no such consultation")
    if seat.status != "in_progress":
        raise ConsultationNotInProgress
    if not seat.has_joined:
        raise ConsultationNotJoined
    if seat.mode == "chat":
        raise ConsultationHasNoMedia
    return seat


async def take_seat(live: Live, caller: Caller, consultation_id: UUID, *, missed_since: datetime | None) -> None:
    """A participant joined through this connection: from here on it gets signals, beginning with what they missed."""
    since = missed_since or live.clock.now() - timedelta(seconds=limits.SIGNALS_RECENT_SECONDS)
    seen = await _send_again(live, caller, consultation_id, since, after_seq=0)
    await live.enter_room(caller.connection_id, seat_audience(consultation_id, caller.user_id))
    # What was sent while the first ones were read.
    await _send_again(live, caller, consultation_id, since, after_seq=seen)


async def _send_again(live: Live, caller: Caller, consultation_id: UUID, since: datetime, *, after_seq: int) -> int:
    async with live.database.connection() as db:
        signals = await list_signals(
            db,
            consultation_id,
            recipient_id=caller.user_id,
            since=since,
            limit=limits.SIGNALS_WAITING,
            limit_bytes=limits.SIGNALS_BURST_BYTES,
        )
    missed = [signal for signal in signals if signal.seq > after_seq]
    await live.deliver([_event(consultation_id, caller.connection_id, signal) for signal in missed])
    return max([after_seq, *(signal.seq for signal in missed)])


def _event(consultation_id: UUID, audience: str, signal: Signal) -> Event:
    """A SignalReceivedEvent, around the part that is encoded already."""
    payload = {
        # The database driver's UUIDs are a type of their own, which the encoder does not know.
        "consultation_id": str(consultation_id),
        "seq": signal.seq,
        "sender_id": str(signal.sender_id),
        **{name: Fragment(orjson.dumps(part)) for name, part in orjson.loads(signal.content).items()},
        "at": render_instant(signal.created_at),
    }
    return Event("signal.received", audience, payload)


COMMANDS = (
    Command(
        "signal.send",
        SendSignal,
        SignalData,
        send,
        "Tell the other participant's devices how to connect media",
        is_ordered=True,
    ),
)
EVENTS = (
    EventKind(
        "signal.received",
        SignalReceivedEvent,
        audience="the other participant's devices that have joined",
        when="a participant sent a signal; again after a join, when it was missed",
    ),
)

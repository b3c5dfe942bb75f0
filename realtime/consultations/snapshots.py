"""What a consultation looks like from outside: the snapshot each participant may see, and messages."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import orjson
from orjson import Fragment

from config.clock import milliseconds_between
from config.fields import Instant, View, Withheld, render_instant
from realtime.recordings.views import RecordingView, render_recording
from storage.consultations import Consultation, ConsultationParts, Person
from storage.messages import Message

ConsultationType = Literal["chat", "call", "video"]
MediaState = Literal["none", "connected", "lost"]
ConsultationStatus = Literal["scheduled", "requested", "in_progress", "completed", "disconnected", "cancelled", "no_show"]
EndReason = Literal[
    "client_ended", "reader_ended", "balance_exhausted", "ended_by_admin", "reader_silent", "participant_suspended",
    "client_disconnected", "reader_disconnected", "both_disconnected", "server_interrupted",
    "declined", "expired", "withdrawn", "client_no_show", "reader_no_show", "both_no_show",
]  # fmt: skip
Viewer = Literal["client", "reader", "admin"]


class ParticipantView(View):
    id: UUID
    display_name: str
    avatar_url: str | None
    is_demonstration: bool


class ConsultationReviewView(View):
    id: UUID
    rating: int
    comment: str | None
    created_at: Instant
    updated_at: Instant


class FrozenRate(View):
    rate_per_minute_minor: int


class FrozenRates(View):
    """What each way of talking costs in this consultation; null where the reader does not offer it."""

    chat: FrozenRate | None
    call: FrozenRate | None
    video: FrozenRate | None


class ConsultationView(View):
    """The snapshot. `type` is what was asked for, `mode` how they talk now; `rate_per_minute_minor` is what the next
    increment costs. `version` goes up by one with each change both sides see; `earnings_minor` only the reader gets."""

    id: UUID
    type: ConsultationType
    mode: ConsultationType
    proposed_mode: Literal["call", "video"] | None
    status: ConsultationStatus
    end_reason: EndReason | None
    client: ParticipantView
    reader: ParticipantView
    rate_per_minute_minor: int
    rates: FrozenRates
    currency: str
    settlement: Literal["minute", "second"]
    minute_seconds: float
    increment_seconds: float
    free_seconds: float
    scheduled_at: Instant | None
    scheduled_minutes: int | None
    waiting_room_opens_at: Instant | None
    no_show_minutes: int
    requested_at: Instant | None
    ring_until_at: Instant | None
    accepted_at: Instant | None
    join_until_at: Instant | None
    started_at: Instant | None
    ended_at: Instant | None
    is_paused: bool
    pause_reason: Literal["connection", "media", "balance"] | None
    client_present: bool
    reader_present: bool
    client_media: MediaState
    reader_media: MediaState
    grace_until_at: Instant | None
    top_up_until_at: Instant | None
    paid_until_at: Instant | None
    paid_seconds_left: float
    connected_seconds: float
    billed_increments: int
    total_cost_minor: int
    earnings_minor: int | None = Withheld
    last_seq: int
    client_read_seq: int
    reader_read_seq: int
    version: int
    recording: RecordingView | None
    review: ConsultationReviewView | None


class MessageView(View):
    """`sender_id` is one of the participants; an image's `content` is the upload's id and `upload_url` where it is."""

    id: UUID
    consultation_id: UUID
    seq: int
    sender_id: UUID
    kind: Literal["text", "image", "system"]
    content: str
    upload_url: str | None
    nonce: str
    created_at: Instant


def upload_url(upload_id: UUID | str | None) -> str | None:
    return None if upload_id is None else f"/api/v1/uploads/{upload_id}"


def render_person(person: Person) -> ParticipantView:
    return ParticipantView(
        id=person.id,
        display_name=person.display_name,
        avatar_url=upload_url(person.avatar_upload_id),
        is_demonstration=person.is_demonstration,
    )


def _message_fields(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "consultation_id": message.consultation_id,
        "seq": message.seq,
        "sender_id": message.sender_id,
        "kind": message.kind,
        "content": message.content,
        "upload_url": upload_url(message.content) if message.kind == "image" else None,
        "nonce": message.nonce,
        "created_at": message.created_at,
    }


def render_message(message: Message) -> MessageView:
    return MessageView(**_message_fields(message))


def encode_message(message: Message) -> Fragment:
    """The JSON of `render_message`, for the path that every message takes, at a quarter of its cost."""
    fields = _message_fields(message) | {"created_at": render_instant(message.created_at)}
    return Fragment(orjson.dumps(fields, default=str))  # str: the database driver's UUIDs are a type of their own


def connected_ms_at(consultation: Consultation, now: datetime) -> int:
    """Joint connected time so far; never more than what is paid while the clock runs."""
    if consultation.paid_until_at is None or consultation.span_started_at is None:
        return consultation.connected_ms
    until = min(now, consultation.paid_until_at)
    return consultation.span_base_ms + max(0, milliseconds_between(consultation.span_started_at, until))


def _paid_ms_left(consultation: Consultation, now: datetime) -> int:
    if consultation.status != "in_progress":
        return 0
    return max(0, consultation.billed_increments * consultation.increment_ms - connected_ms_at(consultation, now))


def _media_state(through: str | None, lost_at: datetime | None) -> MediaState:
    if through is not None:
        return "connected"
    return "none" if lost_at is None else "lost"


def _render_rates(consultation: Consultation) -> FrozenRates:
    c = consultation
    rates = {"chat": c.chat_rate_minor, "call": c.call_rate_minor, "video": c.video_rate_minor}
    return FrozenRates(**{kind: None if rate is None else FrozenRate(rate_per_minute_minor=rate) for kind, rate in rates.items()})


def viewer_of(consultation: Consultation, user_id: UUID) -> Viewer:
    """How a person looks at a consultation; anyone but the participants has been let in as an admin."""
    if user_id == consultation.client_id:
        return "client"
    return "reader" if user_id == consultation.reader_id else "admin"


def render_consultation(parts: ConsultationParts, *, viewer: Viewer, now: datetime) -> ConsultationView:
    """The snapshot as `viewer` may see it at `now`."""
    c = parts.consultation
    return ConsultationView(
        id=c.id,
        type=c.type,
        mode=c.mode,
        proposed_mode=c.proposed_mode,
        status=c.status,
        end_reason=c.end_reason,
        client=render_person(parts.client),
        reader=render_person(parts.reader),
        rate_per_minute_minor=c.rate_per_minute_minor,
        rates=_render_rates(c),
        currency=c.currency,
        settlement=c.settlement,
        minute_seconds=c.minute_ms / 1000,
        increment_seconds=c.increment_ms / 1000,
        free_seconds=c.free_ms / 1000,
        scheduled_at=c.scheduled_at,
        scheduled_minutes=c.scheduled_minutes,
        waiting_room_opens_at=c.waiting_room_opens_at,
        no_show_minutes=c.no_show_minutes,
        requested_at=c.requested_at,
        ring_until_at=c.ring_until_at,
        accepted_at=c.accepted_at,
        join_until_at=c.join_until_at,
        started_at=c.started_at,
        ended_at=c.ended_at,
        is_paused=c.is_paused,
        pause_reason=c.pause_reason,
        client_present=c.client_joined_at is not None and c.client_lost_at is None,
        reader_present=c.reader_joined_at is not None and c.reader_lost_at is None,
        client_media=_media_state(c.client_media_through, c.client_media_lost_at),
        reader_media=_media_state(c.reader_media_through, c.reader_media_lost_at),
        grace_until_at=c.grace_until_at,
        top_up_until_at=c.top_up_until_at,
        paid_until_at=c.paid_until_at,
        paid_seconds_left=_paid_ms_left(c, now) / 1000,
        connected_seconds=connected_ms_at(c, now) / 1000,
        billed_increments=c.billed_increments,
        total_cost_minor=c.total_cost_minor,
        earnings_minor=None if viewer == "client" else c.earnings_minor,
        last_seq=c.last_seq,
        client_read_seq=c.client_read_seq,
        reader_read_seq=c.reader_read_seq,
        version=c.version,
        recording=render_recording(parts.recording),
        review=None
        if parts.review is None
        else ConsultationReviewView(
            id=parts.review.id,
            rating=parts.review.rating,
            comment=parts.review.comment,
            created_at=parts.review.created_at,
            updated_at=parts.review.updated_at,
        ),
    )

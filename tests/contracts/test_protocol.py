"""The protocol that other people's apps rely on, written down once more by hand: names, fields, codes and defaults.

What is here may be added to, never renamed or reshaped; only what has been built so far is listed.
"""

from __future__ import annotations

import typing
from typing import Any

import pytest
from pydantic import BaseModel

from config.errors import error_classes
from config.settings import load_settings
from realtime.closing import CLOSINGS
from realtime.consultations.snapshots import ConsultationStatus, ConsultationView, EndReason
from realtime.livestreams.messages import GiftView, LivestreamMessageView
from realtime.livestreams.snapshots import (
    LivestreamEndReason,
    LivestreamPauseReason,
    LivestreamRecordingState,
    LivestreamStatus,
    LivestreamView,
)
from realtime.queue.snapshots import QueueEndReason, QueueEntryView, QueueState, SkipReason
from server.live_catalogue import COMMANDS, EVENTS
from storage.database import Database

SNAPSHOT = """id type status end_reason client reader rate_per_minute_minor currency settlement scheduled_at scheduled_minutes
    waiting_room_opens_at no_show_minutes requested_at
    accepted_at started_at ended_at is_paused pause_reason paid_until_at paid_seconds_left billed_increments total_cost_minor
    last_seq version recording review earnings_minor mode proposed_mode rates client_media reader_media"""

# By status, with the reasons it may have been reached for.
ENDINGS = {
    "scheduled": "",
    "requested": "",
    "in_progress": "",
    "completed": "client_ended reader_ended balance_exhausted ended_by_admin reader_silent participant_suspended",
    "disconnected": "client_disconnected reader_disconnected both_disconnected server_interrupted",
    "cancelled": "declined expired withdrawn",
    "no_show": "client_no_show reader_no_show both_no_show",
}

# Command: the fields of its payload (a ? may be left out), and what its acknowledgement's data holds.
COMMANDS_BUILT = {
    "reader.set_status": ("status", "status"),
    "consultation.request": ("reader_id type nonce", "consultation"),
    "consultation.accept": ("consultation_id reason?", "consultation"),
    "consultation.decline": ("consultation_id reason?", "consultation"),
    "consultation.cancel": ("consultation_id reason?", "consultation"),
    "consultation.join": (
        "consultation_id after_seq?",
        "consultation messages ice_servers ice_servers_expire_at ice_transport_policy",
    ),
    "consultation.end": ("consultation_id", "consultation"),
    "consultation.set_mode": ("consultation_id mode agreed_rate_per_minute_minor?", "consultation"),
    "signal.send": ("consultation_id description? candidate?", "seq"),
    "media.report": ("consultation_id state stats?", "state"),
    "media.renew": ("consultation_id", "ice_servers ice_servers_expire_at ice_transport_policy"),
    "recording.ask": ("consultation_id", "consultation"),
    "recording.agree": ("consultation_id", "consultation"),
    "recording.decline": ("consultation_id", "consultation"),
    "recording.stop": ("consultation_id", "consultation"),
    "recording.connect": ("consultation_id description", "description"),
    "message.send": ("consultation_id content kind? nonce", "message"),
    "message.read": ("consultation_id up_to_seq", ""),
    "typing.set": ("consultation_id is_typing", ""),
    "readers.watch": ("on", ""),
    "queue.join": ("reader_id type nonce", "entry"),
    "queue.leave": ("reader_id", "left"),
    "livestream.start": ("livestream_id description publishing_id?", "livestream description publishing_id"),
    "livestream.pause": ("livestream_id", "livestream"),
    "livestream.end": ("livestream_id", "livestream"),
    "livestream.join": ("livestream_id after_seq?", "livestream messages top_senders standing description media"),
    "livestream.answer": ("livestream_id description", ""),
    "livestream.leave": ("livestream_id", ""),
    "livestreams.watch": ("on", "on"),
    "gift.send": ("livestream_id? consultation_id? gift_kind_id quantity message? nonce amount_minor?", "gift balance_minor"),
    "livestream.say": ("livestream_id content nonce", "message"),
    "livestream.set_chat": ("livestream_id slow_mode_seconds? is_followers_only?", "livestream"),
    "livestream.delete_message": ("livestream_id message_id", ""),
    "livestream.sanction": ("livestream_id user_id kind seconds? reason?", "sanction"),
    "livestream.set_moderator": ("livestream_id user_id on", "on"),
}

STATE = "consultation_id version consultation at"
LIVESTREAM_STATE = "livestream_id version livestream at"
EVENTS_BUILT = {
    "consultation.scheduled": STATE,
    "consultation.requested": STATE,
    "consultation.accepted": STATE,
    "consultation.declined": STATE,
    "consultation.cancelled": STATE,
    "consultation.started": STATE,
    "consultation.paused": STATE,
    "consultation.resumed": STATE,
    "consultation.ended": STATE,
    "consultation.changed": STATE,
    "consultation.charged": "consultation_id version increment amount_minor total_cost_minor paid_until_at balance_minor"
    " earnings_minor at",
    "consultation.balance_low": "consultation_id minutes_left at",
    "consultation.balance_exhausted": "consultation_id version top_up_until_at at",
    "consultation.booking_near": "consultation_id user_id scheduled_at at",
    "message.sent": "consultation_id message at",
    "message.read": "consultation_id up_to_seq at",
    "typing.changed": "consultation_id is_typing at",
    "signal.received": "consultation_id seq sender_id description candidate at",
    "wallet.changed": "balance_minor currency at",
    "reader.status_changed": "reader_id status waiting_count at",
    "queue.changed": "reader_id entry ended at",
    "queue.line_changed": "items at",
    "livestream.started": LIVESTREAM_STATE,
    "livestream.ended": LIVESTREAM_STATE,
    "livestream.paused": LIVESTREAM_STATE,
    "livestream.resumed": LIVESTREAM_STATE,
    "livestream.changed": LIVESTREAM_STATE,
    "livestream.taken_over": "livestream_id publishing_id at",
    "livestream.viewers_changed": "livestream_id viewer_count peak at",
    "gift.sent": "livestream_id consultation_id gift message top_senders gift_goal at",
    "earnings.changed": "balance_minor currency at",
    "notification.created": "notification at",
    "notification.read": "up_to_id unread_count at",
    "livestream.said": "livestream_id message at",
    "livestream.message_deleted": "livestream_id message_id seq deleted_by at",
    "livestream.sanctioned": "livestream_id kind until_at reason at",
    "livestream.moderator_set": "livestream_id user_id on at",
    "connection.closing": "code retryable reconnect_after_ms",
}

ERRORS = {
    "idempotency.key_missing": 400,
    "auth.invalid_credentials": 401,
    "wallet.balance_too_low": 402,
    "payment.declined": 402,
    "payment.authentication_required": 402,
    "reader.busy": 409,
    "reader.offline": 409,
    "reader.unverified": 409,
    "reader.time_taken": 409,
    "reader.time_not_offered": 409,
    "client.busy": 409,
    "queue.reader_free": 409,
    "gift.kind_unknown": 404,
    "gift.price_changed": 409,
    "gift.refunded": 409,
    "gift.name_taken": 409,
    "gift.too_many_kinds": 409,
    "wallet.spending_limit_reached": 402,
    "queue.full": 409,
    "queue.too_many_lines": 409,
    "client.time_taken": 409,
    "client.too_many_bookings": 409,
    "consultation.too_early": 409,
    "consultation.not_scheduled": 409,
    "consultation.clock_stopped": 409,
    "consultation.not_joined": 409,
    "consultation.not_in_progress": 409,
    "consultation.no_media": 409,
    "consultation.mode_not_available": 409,
    "consultation.rate_not_agreed": 409,
    "auth.email_taken": 409,
    "limit.payload_too_large": 413,
    "nonce.reused": 422,
    "idempotency.key_reused": 422,
    "auth.locked": 423,
    "limit.rate": 429,
    "recording.not_asked": 409,
    "recording.not_agreed": 409,
    "recording.under_way": 409,
    "recording.disabled": 409,
    "recording.expired": 410,
    "recording.unavailable": 503,
    "livestream.banned": 403,
    "livestream.ended": 409,
    "livestream.already_live": 409,
    "livestream.taken_over": 409,
    "livestream.not_live": 409,
    "livestream.not_scheduled": 409,
    "livestream.not_joined": 409,
    "livestream.media_gone": 409,
    "livestream.too_many": 409,
    "livestream.unavailable": 503,
    "livestream.full": 503,
    "livestream.muted": 403,
    "livestream.followers_only": 403,
    "livestream.slow_mode": 429,
    "livestream.too_many_moderators": 409,
    "livestream.not_recorded": 409,
    "livestream.recording_under_way": 409,
    "recording.full": 503,
    "follow.oneself": 409,
    "follow.too_many": 409,
    "push.subscription_taken": 409,
}

DEFAULTS = {
    "billing.minute_seconds": 60,
    "billing.increment_seconds": None,
    "billing.settlement": "minute",
    "billing.free_seconds": 10,
    "billing.top_up_window_seconds": 120,
    "billing.minimum_minutes_to_start": 1,
    "billing.reader_share_bps": 7000,
    "consultations.ring_seconds": 45,
    "consultations.join_seconds": 60,
    "consultations.media_seconds": 120,
    "consultations.reconnect_grace_seconds": 60,
    "consultations.silent_reader_seconds": 60,
    "consultations.booking_minutes": 30,
    "consultations.booking_notice_seconds": 900,
    "consultations.waiting_room_seconds": 600,
    "consultations.keep_free_seconds": 300,
    "consultations.no_show_seconds": 600,
    "consultations.client_no_show_minutes": 0,
    "consultations.reminder_minutes": (1440, 15),
    "queue.reserved_seconds": 120,
    "queue.kept_seconds": 600,
    "queue.reader_gone_seconds": 1800,
    "nodes.lease_seconds": 10,
    "nodes.renew_seconds": 2,
    "wallet.top_up_minimum_minor": 500,
    "wallet.top_up_maximum_minor": 50_000,
    "payouts.minimum_minor": 2000,
    "payouts.hold_days": 7,
    "payouts.approval_above_minor": 0,
    "payouts.second_approval_above_minor": 100_000,
    "limits.registrations_per_hour": 20,
    "limits.logins_per_minute": 60,
    "limits.failed_logins": 10,
    "limits.lockout_seconds": 900,
    "turn.ttl_seconds": 600,
    "recording.enabled": True,
    "recording.retention_days": 30,
    "livestreams.engine": "embedded",
    "livestreams.maximum": 10,
    "livestreams.viewers_maximum": 50,
    "livestreams.bitrate_kbps": 1500,
    "livestreams.reconnect_grace_seconds": 60,
    "livestreams.pause_seconds": 3600,
    "livestreams.late_start_seconds": 86_400,
    "livestreams.retention_days": 90,
    "push.contact": None,
    "push.allow_private": False,
}


LIVESTREAM = """id reader title description category cover_url status end_reason scheduled_at created_at started_at ended_at
    is_paused pause_reason pause_until_at media_id viewer_count peak slow_mode_seconds is_followers_only gift_goal currency
    gifts_minor last_seq version is_recorded recording"""

# A place in a reader's line, as its client sees it.
QUEUE_ENTRY = "id reader type state position waiting_count joined_at reserved_until_at"


# What is said in a livestream, or given.
LIVESTREAM_MESSAGE = "id seq kind sender badges content gift is_deleted created_at"


def fields(model: type[BaseModel]) -> set[str]:
    return set(model.model_fields)


def test_the_snapshot_has_every_field() -> None:
    assert set(SNAPSHOT.split()) <= fields(ConsultationView)
    person = ConsultationView.model_fields["client"].annotation
    assert person is ConsultationView.model_fields["reader"].annotation
    assert person is not None
    assert {"id", "display_name", "avatar_url"} <= fields(person)
    reasons = typing.get_args(ConsultationView.model_fields["pause_reason"].annotation)
    assert {"connection", "media", "balance"} == set(typing.get_args(reasons[0]))


async def test_a_place_in_a_line_has_every_field_and_state(empty_database: Database) -> None:
    assert set(QUEUE_ENTRY.split()) <= fields(QueueEntryView)
    assert {"waiting", "reserved", "served", "passed", "left"} <= set(typing.get_args(QueueState))
    async with empty_database.connection() as db:
        rows = await db.fetch(
            "SELECT pg_get_constraintdef(oid) AS text FROM pg_constraint"
            " WHERE conrelid = 'queue_entries'::regclass AND contype = 'c'"
        )
    checked = " ".join(row["text"] for row in rows)
    words = {*typing.get_args(QueueState), *typing.get_args(QueueEndReason), *typing.get_args(SkipReason)}
    assert {word for word in words if f"'{word}'" not in checked} == set()


def test_a_livestreams_message_has_every_field() -> None:
    assert set(LIVESTREAM_MESSAGE.split()) <= fields(LivestreamMessageView)
    assert {"id", "sender", "gift_kind_id", "quantity", "amount_minor", "message", "currency"} <= fields(GiftView)


async def test_a_livestream_has_every_field_and_state(empty_database: Database) -> None:
    assert set(LIVESTREAM.split()) <= fields(LivestreamView)
    async with empty_database.connection() as db:
        rows = await db.fetch(
            "SELECT pg_get_constraintdef(oid) AS text FROM pg_constraint"
            " WHERE conrelid = 'livestreams'::regclass AND contype = 'c'"
        )
    checked = " ".join(row["text"] for row in rows)
    kinds = (LivestreamStatus, LivestreamEndReason, LivestreamPauseReason, LivestreamRecordingState)
    words = {word for kind in kinds for word in typing.get_args(kind)}
    assert {word for word in words if f"'{word}'" not in checked} == set()


async def test_statuses_and_end_reasons_are_these_in_the_models_and_in_the_database(empty_database: Database) -> None:
    reasons = {reason for words in ENDINGS.values() for reason in words.split()}
    assert set(typing.get_args(ConsultationStatus)) == set(ENDINGS)
    assert set(typing.get_args(EndReason)) == reasons
    async with empty_database.connection() as db:
        rows = await db.fetch(
            "SELECT pg_get_constraintdef(oid) AS text FROM pg_constraint"
            " WHERE conrelid = 'consultations'::regclass AND contype = 'c'"
        )
    checked = " ".join(row["text"] for row in rows)
    assert {word for word in reasons | set(ENDINGS) if f"'{word}'" not in checked} == set()


@pytest.mark.parametrize("name", COMMANDS_BUILT)
def test_a_command_takes_and_answers_what_is_promised(name: str) -> None:
    payload, data = COMMANDS_BUILT[name]
    command = {command.name: command for command in COMMANDS}[name]
    assert {word.rstrip("?") for word in payload.split()} == fields(command.payload)
    required = {field for field, info in command.payload.model_fields.items() if info.is_required()}
    assert required == {word for word in payload.split() if not word.endswith("?")}
    assert set(data.split()) <= fields(command.data)


@pytest.mark.parametrize("name", EVENTS_BUILT)
def test_an_event_tells_what_is_promised(name: str) -> None:
    event = {event.name: event for event in EVENTS}[name]
    assert set(EVENTS_BUILT[name].split()) <= fields(event.payload)


def test_what_exists_is_listed_here() -> None:
    assert {command.name for command in COMMANDS} == set(COMMANDS_BUILT)
    assert {event.name for event in EVENTS} == set(EVENTS_BUILT)


def test_the_reasons_for_closing_a_connection_are_these() -> None:
    assert set(CLOSINGS) == {"server.restarting", "auth.expired", "auth.revoked", "limit.flood"}


def test_error_codes_have_their_status() -> None:
    known = {error.code: error.status for error in error_classes()}
    assert {code: known.get(code) for code in ERRORS} == ERRORS


def test_settings_begin_with_the_promised_values() -> None:
    settings = load_settings(environment={}, env_file=None).model_dump()
    found: dict[str, Any] = {}
    for name in DEFAULTS:
        section, key = name.split(".")
        found[name] = settings[section][key]
    assert found == DEFAULTS

"""The events of a consultation and who gets them: both participants, each with the snapshot they may see."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from billing.wallet.events import WalletChangedEvent, emit_wallet_changed
from config.fields import Instant, View, Withheld
from realtime.commands import EventKind
from realtime.consultations.snapshots import ConsultationView, MessageView, render_consultation
from storage.consultations import Consultation, ConsultationParts
from storage.meter import ChargedIncrement, ExhaustedClock
from storage.transaction import Event, Transaction, user_audience

StateChange = Literal[
    "scheduled", "requested", "accepted", "declined", "cancelled", "started", "paused", "resumed", "ended", "changed"
]  # fmt: skip


class ConsultationStateEvent(View):
    """Every event named `consultation.` and a `StateChange`."""

    consultation_id: UUID
    version: int
    consultation: ConsultationView
    at: Instant


class ConsultationChargedEvent(View):
    """One increment was paid. `balance_minor` is for the client, `earnings_minor` for the reader."""

    consultation_id: UUID
    version: int
    increment: int
    amount_minor: int
    total_cost_minor: int
    paid_until_at: Instant
    balance_minor: int | None = Withheld
    earnings_minor: int | None = Withheld
    at: Instant


class ConsultationBalanceLowEvent(View):
    consultation_id: UUID
    minutes_left: int
    at: Instant


class ConsultationBalanceExhaustedEvent(View):
    """The clock stands; the reader is kept until `top_up_until_at`."""

    consultation_id: UUID
    version: int
    top_up_until_at: Instant
    consultation: ConsultationView
    at: Instant


class ConsultationBookingNearEvent(View):
    """A participant of this consultation, who goes on talking, is booked for another one that begins soon."""

    consultation_id: UUID
    user_id: UUID
    scheduled_at: Instant
    at: Instant


class MessageSentEvent(View):
    consultation_id: UUID
    message: MessageView
    at: Instant


class MessageReadEvent(View):
    consultation_id: UUID
    user_id: UUID
    up_to_seq: int
    at: Instant


class TypingChangedEvent(View):
    consultation_id: UUID
    user_id: UUID
    is_typing: bool
    at: Instant


def watchers_audience(consultation_id: UUID) -> str:
    """The room of admins who watch a consultation, unseen by its participants."""
    return f"watch:{consultation_id}"


def emit_state(tx: Transaction, parts: ConsultationParts, change: StateChange, *, now: datetime) -> None:
    """Tell both participants and watching admins that the state changed; a request rings at the reader alone."""
    c = parts.consultation
    audiences = {"reader": user_audience(c.reader_id)}
    if change != "requested":
        audiences |= {"client": user_audience(c.client_id), "admin": watchers_audience(c.id)}
    for viewer, audience in audiences.items():
        snapshot = render_consultation(parts, viewer=viewer, now=now)  # type: ignore[arg-type]  # the keys above
        payload = ConsultationStateEvent(consultation_id=c.id, version=c.version, consultation=snapshot, at=now)
        tx.emit(Event(f"consultation.{change}", audience, payload))


def emit_charged(tx: Transaction, charged: ChargedIncrement, *, currency: str, now: datetime) -> None:
    """Tell both of a charge, and the client when the money runs low."""
    shared = {
        "consultation_id": charged.consultation_id,
        "version": charged.version,
        "increment": charged.increment,
        "amount_minor": charged.amount_minor,
        "total_cost_minor": charged.total_cost_minor,
        "paid_until_at": charged.paid_until_at,
        "at": now,
    }
    client, reader = user_audience(charged.client_id), user_audience(charged.reader_id)
    for_client = ConsultationChargedEvent(**shared, balance_minor=charged.balance_minor)
    for_reader = ConsultationChargedEvent(**shared, earnings_minor=charged.earnings_minor)
    tx.emit(Event("consultation.charged", client, for_client))
    tx.emit(Event("consultation.charged", reader, for_reader))
    tx.emit(Event("consultation.charged", watchers_audience(charged.consultation_id), for_reader))
    if charged.amount_minor:
        emit_wallet_changed(tx, owner_id=charged.client_id, balance_minor=charged.balance_minor, currency=currency, now=now)
    if charged.tells_balance_low:
        low = ConsultationBalanceLowEvent(consultation_id=charged.consultation_id, minutes_left=charged.minutes_left, at=now)
        tx.emit(Event("consultation.balance_low", client, low))


def emit_exhausted(tx: Transaction, parts: ConsultationParts, clock: ExhaustedClock, *, now: datetime) -> None:
    """Tell both, and watching admins, that the money ended and how long the reader is kept."""
    c = parts.consultation
    assert c.top_up_until_at is not None
    audiences = (
        ("client", user_audience(c.client_id)),
        ("reader", user_audience(c.reader_id)),
        ("admin", watchers_audience(c.id)),
    )
    for viewer, audience in audiences:
        payload = ConsultationBalanceExhaustedEvent(
            consultation_id=c.id,
            version=clock.version,
            top_up_until_at=c.top_up_until_at,
            consultation=render_consultation(parts, viewer=viewer, now=now),  # type: ignore[arg-type]  # the words above
            at=now,
        )
        tx.emit(Event("consultation.balance_exhausted", audience, payload))


def emit_booking_near(tx: Transaction, live: Consultation, *, user_id: UUID, scheduled_at: datetime, now: datetime) -> None:
    """Tell both who talk that one of them, `user_id`, is booked for another consultation that begins soon."""
    payload = ConsultationBookingNearEvent(consultation_id=live.id, user_id=user_id, scheduled_at=scheduled_at, at=now)
    for participant_id in (live.client_id, live.reader_id):
        tx.emit(Event("consultation.booking_near", user_audience(participant_id), payload))


_PARTICIPANTS = "both participants, on all their devices"
_BOTH = f"{_PARTICIPANTS}, and watching admins"


def _state(change: StateChange, when: str, audience: str = _BOTH) -> EventKind:
    return EventKind(f"consultation.{change}", ConsultationStateEvent, audience, when)


EVENTS = (
    _state("scheduled", "a client booked the reader for later"),
    _state("requested", "a client rings at the reader", "the reader"),
    _state("accepted", "the reader took the request, or the time of a booked consultation has come"),
    _state("declined", "the reader refused the request"),
    _state("cancelled", "the request or booking was withdrawn or expired, or somebody did not join in time"),
    _state("started", "both are in the room and the clock runs"),
    _state("paused", "the clock stopped because somebody's connection was lost; nothing is charged meanwhile"),
    _state("resumed", "the clock runs again"),
    _state("ended", "it ended, settled"),
    _state("changed", "somebody came or went without moving the clock, or money of it was refunded, or it was reviewed"),
    EventKind("consultation.charged", ConsultationChargedEvent, _BOTH, "an increment was charged, at its start"),
    EventKind(
        "consultation.balance_low",
        ConsultationBalanceLowEvent,
        "the client",
        "the balance pays two whole minutes or fewer beyond what is paid, and fewer than last told",
    ),
    EventKind(
        "consultation.balance_exhausted",
        ConsultationBalanceExhaustedEvent,
        _BOTH,
        "the next increment could not be paid: the clock stands until a top-up, or until the held time ends",
    ),
    EventKind(
        "consultation.booking_near",
        ConsultationBookingNearEvent,
        _PARTICIPANTS,
        "one of them is booked for another consultation, which begins in a few minutes and cannot while this one goes on",
        ("consultation_id", "user_id"),
    ),
    EventKind("message.sent", MessageSentEvent, _BOTH, "a message was stored"),
    EventKind("message.read", MessageReadEvent, _PARTICIPANTS, "somebody read up to a message"),
    EventKind(
        "typing.changed",
        TypingChangedEvent,
        _PARTICIPANTS,
        "somebody began or stopped typing",
        ("consultation_id", "user_id"),
    ),
    EventKind("wallet.changed", WalletChangedEvent, "the wallet's owner", "the balance changed"),
)

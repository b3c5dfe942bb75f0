"""Every live command and event of the product. A feature adds its `COMMANDS` and `EVENTS` here."""

from __future__ import annotations

from pydantic import BaseModel

from billing.wallet.events import WalletChangedEvent
from realtime import reader_status
from realtime.commands import Command, EventKind
from realtime.consultations import commands as consultation_commands
from realtime.consultations import talk
from realtime.consultations.events import (
    ConsultationBalanceExhaustedEvent,
    ConsultationBalanceLowEvent,
    ConsultationChargedEvent,
    ConsultationStateEvent,
    MessageReadEvent,
    MessageSentEvent,
    TypingChangedEvent,
)

COMMANDS: tuple[Command, ...] = (*reader_status.COMMANDS, *consultation_commands.COMMANDS, *talk.COMMANDS)
_BOTH, _CLIENT = "both participants", "the client"

EVENTS: tuple[EventKind, ...] = (
    *reader_status.EVENTS,
    EventKind("consultation.requested", ConsultationStateEvent, "the reader", "a client asks for a consultation; it rings"),
    EventKind("consultation.accepted", ConsultationStateEvent, _BOTH, "the reader has accepted"),
    EventKind("consultation.declined", ConsultationStateEvent, _BOTH, "the reader has declined"),
    EventKind("consultation.cancelled", ConsultationStateEvent, _BOTH, "it was withdrawn, nobody answered, or nobody came"),
    EventKind("consultation.started", ConsultationStateEvent, _BOTH, "both are here, the clock runs"),
    EventKind("consultation.paused", ConsultationStateEvent, _BOTH, "a connection was lost, the clock stands"),
    EventKind("consultation.resumed", ConsultationStateEvent, _BOTH, "the clock runs again"),
    EventKind("consultation.ended", ConsultationStateEvent, _BOTH, "it has ended"),
    EventKind("consultation.changed", ConsultationStateEvent, _BOTH, "something changed after the end: a refund, a review"),
    EventKind("consultation.charged", ConsultationChargedEvent, _BOTH, "an increment was paid"),
    EventKind("consultation.balance_low", ConsultationBalanceLowEvent, _CLIENT, "the balance pays few minutes more"),
    EventKind(
        "consultation.balance_exhausted", ConsultationBalanceExhaustedEvent, _BOTH, "the money has ended, the clock stands"
    ),
    EventKind("message.sent", MessageSentEvent, _BOTH, "a message was stored"),
    EventKind("message.read", MessageReadEvent, _BOTH, "somebody has read up to a message"),
    EventKind("typing.changed", TypingChangedEvent, _BOTH, "somebody begins or stops typing"),
    EventKind("wallet.changed", WalletChangedEvent, "the wallet's owner", "the balance has changed"),
)


def live_models() -> dict[str, list[type[BaseModel]]]:
    """`payloads` that come in; `answers` and `events` that go out."""
    return {
        "payloads": [command.payload for command in COMMANDS],
        "answers": [command.data for command in COMMANDS],
        "events": [event.payload for event in EVENTS],
    }

"""Every live command and event of the product. A feature adds its `COMMANDS` and `EVENTS` here."""

from __future__ import annotations

from pydantic import BaseModel

from realtime import closing, reader_status
from realtime.commands import Command, EventKind
from realtime.consultations import commands as consultation_commands
from realtime.consultations import events as consultation_events
from realtime.consultations import talk
from realtime.gifts import commands as gift_commands
from realtime.gifts import events as gift_events
from realtime.livestreams import chat as livestream_chat
from realtime.livestreams import commands as livestream_commands
from realtime.livestreams import events as livestream_events
from realtime.livestreams import moderation as livestream_moderation
from realtime.livestreams import moderators as livestream_moderators
from realtime.livestreams import sanctions as livestream_sanctions
from realtime.livestreams import takeovers as livestream_takeovers
from realtime.livestreams import viewing as livestream_viewing
from realtime.media import commands as media_commands
from realtime.media import signals
from realtime.notifications import events as notification_events
from realtime.queue import commands as queue_commands
from realtime.queue import events as queue_events
from realtime.recordings import commands as recording_commands

COMMANDS: tuple[Command, ...] = (
    *reader_status.COMMANDS,
    *consultation_commands.COMMANDS,
    *talk.COMMANDS,
    *signals.COMMANDS,
    *media_commands.COMMANDS,
    *queue_commands.COMMANDS,
    *recording_commands.COMMANDS,
    *livestream_commands.COMMANDS,
    *livestream_viewing.COMMANDS,
    *gift_commands.COMMANDS,
    *livestream_chat.COMMANDS,
    *livestream_moderation.COMMANDS,
    *livestream_moderators.COMMANDS,
)
EVENTS: tuple[EventKind, ...] = (
    *closing.EVENTS,
    *reader_status.EVENTS,
    *consultation_events.EVENTS,
    *signals.EVENTS,
    *queue_events.EVENTS,
    *livestream_events.EVENTS,
    *gift_events.EVENTS,
    *livestream_takeovers.EVENTS,
    *notification_events.EVENTS,
    *livestream_chat.EVENTS,
    *livestream_moderation.EVENTS,
    *livestream_moderators.EVENTS,
    *livestream_sanctions.EVENTS,
)


def live_models() -> dict[str, list[type[BaseModel]]]:
    """`payloads` that come in; `answers` and `events` that go out."""
    return {
        "payloads": [command.payload for command in COMMANDS],
        "answers": [command.data for command in COMMANDS],
        "events": [event.payload for event in EVENTS],
    }

"""What a live command is: a name, the model of its payload, the model of its answer, and the handler behind it.

One registry and one dispatch path (realtime/gateway.py) serve every command; features list theirs in `COMMANDS`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import BaseModel

from config.clock import Clock
from config.settings import Settings
from storage.database import Database
from storage.transaction import Event

if TYPE_CHECKING:
    from realtime.gifts.writer import GiftWriter
    from realtime.livestreams.chat import LivestreamMessageWriter
    from realtime.livestreams.hosting import LivestreamHost
    from realtime.media.watch import MediaWatch
    from realtime.messages import MessageWriter
    from realtime.presence import Node
    from realtime.recordings.hosting import RecordingHost


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a command or a request, as proven by the access token."""

    user_id: UUID
    login_id: UUID
    role: str
    permissions: frozenset[str]
    display_name: str
    # The live connection; empty for a caller over HTTP.
    connection_id: str = ""
    ip_address: str | None = None
    user_agent: str | None = None


@dataclass(slots=True)
class Live:
    """What command handlers work with: one per process, made by the composition root."""

    settings: Settings
    database: Database
    clock: Clock
    node: Node
    messages: MessageWriter
    media_watch: MediaWatch
    # Puts a connection into a room of the Socket.IO server, or takes it out.
    enter_room: Callable[[str, str], Awaitable[None]]
    leave_room: Callable[[str, str], Awaitable[None]]
    # Takes all of a person's connections out of a room, whichever nodes they are on.
    take_out: Callable[[UUID, str], Awaitable[None]]
    # Sends events that belong to no transaction (typing), or whose commit has been awaited already (messages).
    deliver: Callable[[Sequence[Event]], Awaitable[None]]
    # None in processes that take no gifts.
    gifts: GiftWriter | None = None
    # None in processes that hold no media.
    recordings: RecordingHost | None = None
    livestreams: LivestreamHost | None = None
    # None in processes without livestreams.
    livestream_messages: LivestreamMessageWriter | None = None
    extras: dict[str, Any] = field(default_factory=dict)


# JSON put together by hand around parts that are encoded already; says the same as the command's `data` model.
Rendered = dict[str, Any]
Handler = Callable[[Live, Caller, Any], Awaitable[BaseModel | Rendered]]


@dataclass(frozen=True, slots=True)
class Command:
    """`roles`: who may send it at all (empty = anybody logged in). `data` is acknowledged as `{ok: true, data}`."""

    name: str
    payload: type[BaseModel]
    data: type[BaseModel]
    handler: Handler
    summary: str
    roles: frozenset[str] = frozenset()
    # How much of the connection's rate limit one of these takes.
    weight: int = 1
    # Those of one connection are carried out one after the other, in the order they were sent.
    is_ordered: bool = False


@dataclass(frozen=True, slots=True)
class EventKind:
    """What clients are told of: the model of the payload, who gets it, and when. Features list theirs in `EVENTS`."""

    name: str
    payload: type[BaseModel]
    audience: str
    when: str
    # Fields of the payload: a newer event in which they are equal says all that an older one says, so that a connection that
    # reads slowly may be sent the newest alone.
    coalesces_by: tuple[str, ...] = ()

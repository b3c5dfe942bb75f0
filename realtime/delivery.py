"""From an event to the connections of its audience: here at once, and through the backplane on every other node."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import orjson
from orjson import Fragment
from pydantic import BaseModel

from config.logging import get_logger
from realtime.commands import EventKind
from realtime.dispatch import encode_once
from storage.backplane import Backplane
from storage.transaction import Event

log = get_logger(__name__)

# (name, data, room, connection left out, key): writes one event to every connection of this node in the room.
# A newer event of the same key says all that this one says.
EmitHere = Callable[[str, Any, str, str | None, str | None], Awaitable[None]]


class Delivery:
    """Delivers at most once; whoever misses something finds it in the state. Failures are logged, never raised."""

    def __init__(self, emit_here: EmitHere, *, backplane: Backplane | None = None, events: Sequence[EventKind] = ()) -> None:
        self._emit_here = emit_here
        self._backplane = backplane
        self._coalesced = {kind.name: kind.coalesces_by for kind in events if kind.coalesces_by}

    async def deliver(self, events: Sequence[Event]) -> None:
        """In order. A payload that several audiences get is encoded once."""
        payload: Any = None
        data: Any = None
        for event in events:
            try:
                if event.payload is not payload or data is None:
                    payload, data = event.payload, _encode(event.payload)
                key = self._key_of(event)
                if self._backplane is not None:
                    self._backplane.publish(
                        {"event": event.name, "room": event.audience, "skip": event.skip_connection, "key": key, "data": data}
                    )
                await self._emit_here(event.name, data, event.audience, event.skip_connection, key)
            except Exception:
                log.exception("event.undelivered", event_name=event.name)

    def _key_of(self, event: Event) -> str | None:
        fields = self._coalesced.get(event.name)
        if fields is None or not isinstance(event.payload, BaseModel):
            return None
        return " ".join((event.name, *(str(getattr(event.payload, name)) for name in fields)))


def _encode(payload: Any) -> Fragment:
    encoded = encode_once(payload)
    return encoded if isinstance(encoded, Fragment) else Fragment(orjson.dumps(encoded))

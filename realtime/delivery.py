"""From an event to the connections of its audience: here at once, and through the backplane on every other node."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from config.logging import get_logger
from realtime.dispatch import encode_once
from storage.backplane import Backplane
from storage.transaction import Event

log = get_logger(__name__)

# (name, data, room, connection left out): writes one event to every connection of this node in the room.
EmitHere = Callable[[str, Any, str, str | None], Awaitable[None]]


class Delivery:
    """Delivers at most once; whoever misses something finds it in the state. Failures are logged, never raised."""

    def __init__(self, emit_here: EmitHere, *, backplane: Backplane | None = None) -> None:
        self._emit_here = emit_here
        self._backplane = backplane

    async def deliver(self, events: Sequence[Event]) -> None:
        """In order. A payload that several audiences get is encoded once."""
        payload: Any = None
        data: Any = None
        for event in events:
            try:
                if event.payload is not payload or data is None:
                    payload, data = event.payload, encode_once(event.payload)
                if self._backplane is not None:
                    self._backplane.publish(
                        {"event": event.name, "room": event.audience, "skip": event.skip_connection, "data": data}
                    )
                await self._emit_here(event.name, data, event.audience, event.skip_connection)
            except Exception:
                log.exception("event.undelivered", event_name=event.name)

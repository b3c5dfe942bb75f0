"""Why the server ends connections, and what it tells the client before it does."""

from __future__ import annotations

from typing import Literal

from config import limits
from config.fields import View
from realtime.commands import EventKind

ClosingCode = Literal["server.restarting", "auth.expired", "auth.revoked", "limit.flood"]

# Whether connecting again with the same login can help, and after how long.
CLOSINGS: dict[str, tuple[bool, int]] = {
    "server.restarting": (True, limits.RECONNECT_AFTER_MS),
    "auth.expired": (False, 0),
    "auth.revoked": (False, 0),
    "limit.flood": (True, limits.FLOOD_RECONNECT_AFTER_MS),
}


class ConnectionClosingEvent(View):
    """Sent just before the server closes the connection."""

    code: ClosingCode
    retryable: bool
    reconnect_after_ms: int

    @classmethod
    def describe(cls, code: str, *, place: int = 0) -> ConnectionClosingEvent:
        """`place` spreads those that are closed together, so that they do not all come back in one instant."""
        retryable, wait_ms = CLOSINGS[code]
        spread_ms = (place % limits.RECONNECT_SPREAD) * wait_ms // limits.RECONNECT_SPREAD
        return cls(code=code, retryable=retryable, reconnect_after_ms=wait_ms + spread_ms)


EVENTS = (
    EventKind(
        "connection.closing",
        ConnectionClosingEvent,
        audience="the connection that is about to be closed",
        when="the server restarts, the login no longer holds, or the client sent far too much",
    ),
)

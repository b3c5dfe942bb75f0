"""The relay as the server sees it: the process that recordings are made in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from realtime.media.processes import MediaProcess
from realtime.media.relay.options import RelayOptions

# Told of every event of a room: the room, and the event's name with its fields. `lost` without a room: the process died.
OnRoomEvent = Callable[[str, dict[str, Any]], Awaitable[None]]


class RelayProcess(MediaProcess):
    """What it refuses with: `full`, `no_such_room`, `description_refused`, `failed`."""

    def __init__(self, options: RelayOptions, on_event: OnRoomEvent) -> None:
        async def tell(message: dict[str, Any]) -> None:
            await on_event(message.get("room", ""), message)

        super().__init__("realtime.media.relay", options.model_dump_json(), tell)

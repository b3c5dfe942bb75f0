"""How many viewers the nodes have at one Janus. Janus counts publishers only, so each node says its own count as the name under
which it is in a room of theirs."""

from __future__ import annotations

from typing import Any

from realtime.media.engines.janus_client import Handle, JanusClient, JanusRefused
from realtime.media.engines.janus_keys import derive_keys, derive_load_room

_ROOM_EXISTS = 427


class SharedLoad:
    """Kept up to date by events, and entered anew with each session."""

    def __init__(self, client: JanusClient, api_secret: str, admin_key: str) -> None:
        self._client = client
        self._keys = derive_keys(api_secret, derive_load_room(api_secret))
        self._admin_key = admin_key
        self._handle: Handle | None = None
        self._told = 0
        self._own_number = 0
        self._counts: dict[int, int] = {}

    @property
    def others(self) -> int:
        return sum(self._counts.values())

    def forget(self) -> None:
        self._handle = None
        self._counts = {}

    async def tell(self, count: int) -> None:
        """Raises whatever the client does."""
        if self._handle is None:
            await self._enter(count)
        elif count != self._told:
            await self._handle.ask("configure", display=str(count))
            self._told = count

    async def _enter(self, count: int) -> None:
        handle = await self._client.attach(self._take)
        keys = self._keys
        room = {"room": keys.room, "pin": keys.pin, "token": keys.token}
        try:
            await handle.ask(
                "create",
                room=keys.room,
                secret=keys.secret,
                pin=keys.pin,
                allowed=[keys.token],
                is_private=True,
                description="SoulSeer viewers",
                admin_key=self._admin_key,
            )
        except JanusRefused as refused:
            if refused.code != _ROOM_EXISTS:
                await handle.detach()
                raise
        joined = await handle.ask("join", ptype="publisher", display=str(count), **room)
        self._own_number = joined.data["id"]
        listed = await handle.ask("listparticipants", room=keys.room, secret=keys.secret)
        for participant in listed.data["participants"]:
            self._note(participant)
        self._handle, self._told = handle, count

    def _take(self, message: dict[str, Any]) -> None:
        data = message.get("plugindata", {}).get("data", {})
        if "display" in data:
            self._note(data)
        self._counts.pop(data.get("leaving", 0), None)

    def _note(self, participant: dict[str, Any]) -> None:
        display = str(participant.get("display", ""))
        if participant["id"] != self._own_number and display.isdecimal():
            self._counts[participant["id"]] = int(display)

"""What the server may ask the relay for, over a socket of which both hold an end: a JSON object a line, each answered.

`open {room, folder}` · `connect {room, side, sdp, with_video}` → `{sdp}` · `hold {room, is_held}` · `leave {room, side}` ·
`close {room}` once all files are complete. Unasked it says `{event, room, …}`: `ready`, `started`, `gone {side}`, `failed`. When
the server's end closes, whatever took the server, everything is completed and the process ends.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from config import limits
from realtime.media.recording.disk import Disk
from realtime.media.relay.network import tell_public_address
from realtime.media.relay.options import RelayOptions
from realtime.media.relay.rooms import SIDES, Room
from realtime.media.serving import Refusal, RequestService, Send


class Service(RequestService):
    """All rooms of this process."""

    described_by_strangers = frozenset({"connect"})
    tick_seconds = limits.RECORDING_TICK_SECONDS

    def __init__(self, options: RelayOptions, send: Send) -> None:
        super().__init__(send)
        self._options = options
        self._disk = Disk()
        self._rooms: dict[str, Room] = {}

    def tick(self, now: float) -> None:
        for room in list(self._rooms.values()):
            room.tick(now)

    async def carry_out(self, request: dict[str, Any]) -> dict[str, Any]:
        name = request["room"]
        if request["do"] == "open":
            self._open(name, Path(request["folder"]))
            return {}
        room = self._rooms.get(name)
        if room is None:
            raise Refusal("no_such_room")
        if request["do"] == "connect":
            assert request["side"] in SIDES
            sdp = await room.connect(request["side"], request["sdp"], with_video=request["with_video"])
            return {"sdp": tell_public_address(sdp, self._options)}
        if request["do"] == "hold":
            room.hold(request["is_held"])
        elif request["do"] == "leave":
            await room.leave(request["side"])
        elif request["do"] == "close":
            del self._rooms[name]
            await room.close()
        else:
            raise Refusal("unknown")
        return {}

    def _open(self, name: str, folder: Path) -> None:
        if name in self._rooms:
            return
        if len(self._rooms) >= self._options.rooms_maximum:
            raise Refusal("full")

        def tell(event: str, fields: dict[str, Any]) -> None:
            self.send({"event": event, "room": name, **fields})

        self._rooms[name] = Room(folder=folder, disk=self._disk, tell=tell)

    async def close_all(self) -> None:
        rooms, self._rooms = list(self._rooms.values()), {}
        await asyncio.gather(*(room.close() for room in rooms), return_exceptions=True)
        await asyncio.to_thread(self._disk.close)

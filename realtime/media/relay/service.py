"""What the server may ask the relay for, over a socket of which both hold an end: a JSON object a line, each answered.

`open {room, folder}` · `connect {room, side, sdp, with_video}` → `{sdp}` · `hold {room, is_held}` · `leave {room, side}` ·
`close {room}` once all files are complete. Unasked it says `{event, room, …}`: `ready`, `started`, `gone {side}`, `failed`. When
the server's end closes, whatever took the server, everything is completed and the process ends.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from config import limits
from config.logging import get_logger
from realtime.media.recording.disk import Disk
from realtime.media.relay.network import tell_public_address
from realtime.media.relay.options import RelayOptions
from realtime.media.relay.rooms import SIDES, Room

log = get_logger(__name__)


class Refusal(Exception):
    """The text is the code that the server knows it by."""


class Service:
    """All rooms of this process."""

    def __init__(self, options: RelayOptions, send: Callable[[dict[str, Any]], None]) -> None:
        self._options = options
        self._send = send
        self._disk = Disk()
        self._rooms: dict[str, Room] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader) -> None:
        """Until the other end closes."""
        ticking = asyncio.ensure_future(self._tick())
        try:
            while line := await reader.readline():
                if len(self._tasks) >= limits.MEDIA_PROCESS_REQUESTS:
                    await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
                task = asyncio.ensure_future(self._answer(orjson.loads(line)))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        finally:
            ticking.cancel()
            await self._close_all()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(limits.RECORDING_TICK_SECONDS)
            for room in list(self._rooms.values()):
                room.tick(time.monotonic())

    async def _answer(self, request: dict[str, Any]) -> None:
        try:
            answer: dict[str, Any] = {"answer": await self._carry_out(request)}
        except Refusal as refusal:
            answer = {"refusal": str(refusal)}
        except Exception as error:
            # An offer is a stranger's text; whatever the library makes of a bad one is that offer's fault alone.
            log.warning("relay.request_failed", request=request["do"], error=type(error).__name__)
            answer = {"refusal": "description_refused" if request["do"] == "connect" else "failed"}
        self._send({"number": request["number"], **answer})

    async def _carry_out(self, request: dict[str, Any]) -> dict[str, Any]:
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
            self._send({"event": event, "room": name, **fields})

        self._rooms[name] = Room(folder=folder, disk=self._disk, tell=tell)

    async def _close_all(self) -> None:
        rooms, self._rooms = list(self._rooms.values()), {}
        await asyncio.gather(*(room.close() for room in rooms), return_exceptions=True)
        await asyncio.to_thread(self._disk.close)

"""Who is in which room, and writing one event to all of them: encoded once, one write for each, no task for any."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
from orjson import Fragment
from socketio import AsyncManager

from config import limits
from realtime.direct.direct_wires import DirectWire
from realtime.direct.frames import text_frame


class DirectRooms(AsyncManager):  # type: ignore[misc]  # the library has no types
    """python-socketio's client manager; remembers each client's rooms instead of searching all rooms of the server."""

    def __init__(self) -> None:
        super().__init__()
        self._rooms_of: dict[str, set[str | None]] = {}
        # Who is in each room of the default namespace, by Socket.IO id.
        self._wires_in: dict[str, dict[str, DirectWire]] = {}
        # The last event that was encoded: one that several rooms get is encoded once.
        self._last: tuple[str, Any, bytes] = ("", None, b"")

    async def emit(
        self,
        event: str,
        data: Any,
        namespace: str,
        room: Any = None,
        skip_sid: Any = None,
        callback: Any = None,
        to: Any = None,
        **options: Any,
    ) -> None:
        audience = to or room
        is_simple = isinstance(audience, str) and (skip_sid is None or isinstance(skip_sid, str)) and namespace == "/"
        if callback is not None or not is_simple or isinstance(data, tuple | bytes):
            await super().emit(event, data, namespace, room=audience, skip_sid=skip_sid, callback=callback, **options)
            return
        await self.write_to_room(event, data, audience, skip_sid)

    async def write_to_room(self, event: str, data: Any, room: str, skip_sid: str | None, key: str | None = None) -> None:
        """Yields to the event loop every few hundred receivers. `key`: see `DirectWire.write_event`."""
        wires = self._wires_in.get(room)
        if not wires or (len(wires) == 1 and skip_sid in wires):
            return
        frame = self._encode(event, data)
        if len(wires) <= limits.RECEIVERS_AT_ONCE:
            for sid, wire in wires.items():
                if sid != skip_sid:
                    wire.write_event(frame, key)
            return
        for count, (sid, wire) in enumerate(list(wires.items()), 1):
            if sid != skip_sid:
                wire.write_event(frame, key)
            if count % limits.RECEIVERS_AT_ONCE == 0:
                await asyncio.sleep(0)

    def _encode(self, event: str, data: Any) -> bytes:
        last_event, last_data, frame = self._last
        # Only what can no longer change may be the same as the last time.
        if type(data) is not Fragment or data is not last_data or event != last_event:
            frame = text_frame(b"42" + orjson.dumps([event] if data is None else [event, data]))
            self._last = (event, data, frame)
        return frame

    def basic_enter_room(self, sid: str, namespace: str, room: str | None, eio_sid: str | None = None) -> None:
        super().basic_enter_room(sid, namespace, room, eio_sid=eio_sid)
        self._rooms_of.setdefault(sid, set()).add(room)
        wire = self.server.eio.sockets.get(self.eio_sid_from_sid(sid, namespace))
        if namespace == "/" and room is not None and wire is not None:
            self._wires_in.setdefault(room, {})[sid] = wire

    def basic_leave_room(self, sid: str, namespace: str, room: str | None) -> None:
        super().basic_leave_room(sid, namespace, room)
        wires = self._wires_in.get(room) if namespace == "/" and room is not None else None
        if wires is not None and room is not None:
            wires.pop(sid, None)
            if not wires:
                del self._wires_in[room]
        rooms = self._rooms_of.get(sid)
        if rooms is not None:
            rooms.discard(room)
            if not rooms:
                del self._rooms_of[sid]

    def basic_disconnect(self, sid: str, namespace: str, **_options: Any) -> None:
        for room in list(self._rooms_of.get(sid, ())):
            self.basic_leave_room(sid, namespace, room)
        self.callbacks.pop(sid, None)
        for pending in (self.pending_connect, self.pending_disconnect):
            waiting = pending.get(namespace)
            if waiting is not None and sid in waiting:
                waiting.remove(sid)
                if not waiting:
                    del pending[namespace]

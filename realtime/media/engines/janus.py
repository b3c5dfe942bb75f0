"""The large engine: rooms of one or several Janus (VideoRoom), each livestream in one of them; nothing of their media comes here.

What Janus 1.1.2 does and does not was found out by trying; `janus_viewing.py` and `janus_load.py` say how that is met.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from config import limits
from config.ids import new_id
from config.logging import get_logger
from config.media_settings import LivestreamsSettings
from realtime.media.broadcast.options import BroadcastOptions, broadcast_options
from realtime.media.engines.interface import (
    EngineFull,
    EngineName,
    EngineUnavailable,
    MediaEvent,
    OnMediaEvent,
    Place,
    PlaceGone,
)
from realtime.media.engines.janus_client import JanusRefused, JanusUnreachable
from realtime.media.engines.janus_descriptions import cap_bitrate, read_answer, read_offer
from realtime.media.engines.janus_probe import probe_janus
from realtime.media.engines.janus_recording import Recordings
from realtime.media.engines.janus_rooms import NO_SUCH_ROOM, Room
from realtime.media.engines.janus_server import JanusServer

log = get_logger(__name__)


class JanusEngine:
    """A place's data: `url` of its Janus and the `room` there. Any node that knows the secrets can act on it."""

    name: EngineName = "janus"

    def __init__(self, settings: LivestreamsSettings, on_event: OnMediaEvent, *, log_level: str = "info") -> None:
        self._settings = settings
        self._on_event = on_event
        self._servers = {url: JanusServer(url, settings, tell=self._tell) for url in settings.janus_urls}
        self._recordings = Recordings(_recorder_options(settings, log_level))
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, livestream_id: UUID) -> Place:
        """At the Janus with the fewest viewers, then the fewest rooms; one that does not answer is passed over."""
        for server in self._servers.values():
            server.start()
        # Where all are away, one may just be coming back.
        there = [server for server in self._servers.values() if not server.is_away] or list(self._servers.values())
        counts = await asyncio.gather(*(self._count(server) for server in there))
        found = sorted((count for count in counts if count is not None), key=lambda count: count[:2])
        if not found:
            raise EngineUnavailable("no Janus answers")
        for _viewers, _rooms, server in found:
            if server.is_full:
                continue
            place = Place(new_id(), "janus", {"url": server.url, "room": secrets.randbelow(2**48 - 1) + 1})
            try:
                await server.open(place.data["room"], place.media_id)
            except (JanusUnreachable, JanusRefused) as error:
                server.forget_room(place.data["room"])
                log.warning("janus.room_not_made", url=server.url, livestream=str(livestream_id), error=str(error))
                continue
            return place
        if all(server.is_full for _viewers, _rooms, server in found):
            raise EngineFull
        raise EngineUnavailable("no Janus makes a room")

    async def publish(self, place: Place, sdp: str) -> str:
        offer = read_offer(sdp)
        async with self._at(place) as room:
            return cap_bitrate(await room.publish(offer), self._settings.bitrate_kbps)

    async def unpublish(self, place: Place) -> None:
        try:
            async with self._at(place) as room:
                await room.unpublish()
        except PlaceGone:
            return

    async def view(self, place: Place, viewer: str) -> str:
        async with self._at(place) as room:
            await room.leave(viewer)
            if self._find_server(place).is_full:
                raise EngineFull
            return await room.view(viewer)

    async def answer(self, place: Place, viewer: str, sdp: str) -> None:
        async with self._at(place) as room:
            room.check_offer_waits(viewer)
            await room.answer(viewer, read_answer(sdp))

    async def leave(self, place: Place, viewer: str) -> None:
        server = self._servers.get(place.data.get("url", ""))
        room = None if server is None else server.find_known_room(place.data["room"])
        if room is not None:
            await room.leave(viewer)

    async def close(self, place: Place) -> None:
        await self._recordings.end(place.media_id)
        server = self._servers.get(place.data.get("url", ""))
        if server is None:
            return
        try:
            await server.destroy(place.data["room"])
        except (JanusUnreachable, JanusRefused) as error:
            raise EngineUnavailable(str(error)) from error

    async def record(self, place: Place, folder: str) -> None:
        async with self._at(place) as room:
            try:
                await self._recordings.begin(room, folder)
            except EngineFull:
                raise EngineUnavailable("too many recordings") from None

    async def stop_recording(self, place: Place) -> None:
        await self._recordings.end(place.media_id)

    async def check(self) -> list[str]:
        return [f"{finding.url} {finding.text}" for finding in await probe_janus(self._settings) if not finding.is_well]

    async def shut_down(self) -> None:
        await self._recordings.shut_down()
        await asyncio.gather(*(server.close() for server in self._servers.values()))
        for task in list(self._tasks):
            task.cancel()

    @asynccontextmanager
    async def _at(self, place: Place) -> AsyncIterator[Room]:
        """What fails there, in the interface's words."""
        server = self._find_server(place)
        try:
            yield server.find_room(place.data["room"], place.media_id)
        except JanusUnreachable as error:
            raise EngineUnavailable(str(error)) from error
        except JanusRefused as refused:
            if refused.code == NO_SUCH_ROOM:
                server.forget_room(place.data["room"])
                raise PlaceGone from refused
            log.warning("janus.refused", url=server.url, code=refused.code, reason=refused.reason)
            raise EngineUnavailable(refused.reason) from refused

    def _find_server(self, place: Place) -> JanusServer:
        server = self._servers.get(place.data.get("url", ""))
        if server is None:
            raise PlaceGone
        return server

    async def _count(self, server: JanusServer) -> tuple[int, int, JanusServer] | None:
        try:
            rooms = await server.count_rooms()
        except (JanusUnreachable, JanusRefused):
            return None
        return server.viewer_count, rooms, server

    def _tell(self, event: MediaEvent) -> None:
        async def tell() -> None:
            try:
                await self._on_event(event)
            except Exception:
                log.exception("janus.event_failed", kind=event.kind)

        self._spawn(tell())
        if event.kind == "lost":
            self._spawn(self._recordings.end(event.media_id))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _recorder_options(settings: LivestreamsSettings, log_level: str) -> BroadcastOptions:
    """Janus comes to any address of ours that it reaches; nobody else is told of them."""
    options = broadcast_options(settings, log_level=log_level)
    return options.model_copy(update={"public_address": None, "broadcasts_maximum": limits.JANUS_RECORDINGS})

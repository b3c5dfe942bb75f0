"""Recording what a Janus carries: the process of the embedded engine watches it like anybody, and writes what comes.

To Janus it is a viewer; to that process Janus is a publisher, whose offer it answers. So files are the same with either engine.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from uuid import UUID

from config import limits
from config.logging import get_logger
from realtime.media.broadcast.options import BroadcastOptions
from realtime.media.engines.embedded import EmbeddedEngine
from realtime.media.engines.interface import DescriptionRefused, EngineFull, EngineUnavailable, MediaEvent, Place, PlaceGone
from realtime.media.engines.janus_client import JanusRefused, JanusUnreachable
from realtime.media.engines.janus_rooms import RECORDER, Room

log = get_logger(__name__)
_FAILURES = (EngineUnavailable, EngineFull, PlaceGone, DescriptionRefused, JanusUnreachable, JanusRefused)


class Copy:
    """The recording of one room: a part for each publisher, begun again after whatever failed."""

    def __init__(self, recorder: EmbeddedEngine, room: Room, folder: str) -> None:
        self._recorder = recorder
        self._room = room
        self._folder = folder
        self.place: Place | None = None
        # The number of the feed that is being written.
        self._copied: int | None = None
        self._changed = asyncio.Event()
        room.on_feed = self._changed.set
        self._running: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Raises EngineFull, EngineUnavailable, RecordingUnsupported, and whatever the client does."""
        await self._room.enter()
        await self._open()
        self._running = asyncio.ensure_future(self._run())
        self._changed.set()

    def start_again(self, *, is_process_lost: bool) -> None:
        """What was being written is not any more."""
        if is_process_lost:
            self.place = None
        self._copied = None
        self._changed.set()

    async def close(self) -> None:
        """Returns once the files are complete."""
        self._room.on_feed = None
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        if self.place is not None:
            with suppress(EngineUnavailable):
                await self._recorder.close(self.place)
        await self._room.leave(RECORDER)

    async def _open(self) -> Place:
        if self.place is None:
            place = await self._recorder.open(self._room.media_id)
            await self._recorder.record(place, self._folder)
            self.place = place
        return self.place

    async def _run(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await self._keep_up()
            except _FAILURES as error:
                log.warning("livestream.not_recorded", error=type(error).__name__)
                self._copied = None
                await asyncio.sleep(limits.JANUS_RETRY_SECONDS)
                self._changed.set()

    async def _keep_up(self) -> None:
        feed = self._room.feed_number
        if feed == self._copied:
            return
        place = await self._open()
        await self._recorder.unpublish(place)
        self._copied = None
        if feed is None:
            await self._room.leave(RECORDER)
            return
        answer = await self._recorder.publish(place, await self._room.view(RECORDER))
        await self._room.answer(RECORDER, answer)
        self._copied = feed


class Recordings:
    """All that are under way on this node, by the place that is recorded."""

    def __init__(self, options: BroadcastOptions) -> None:
        self._recorder = EmbeddedEngine(options, self._take)
        self._copies: dict[UUID, Copy] = {}
        self._ending: dict[UUID, asyncio.Task[None]] = {}

    async def begin(self, room: Room, folder: str) -> None:
        """Raises as `Copy.begin`; one that is recorded already goes on."""
        if room.media_id in self._copies:
            return
        copy = self._copies[room.media_id] = Copy(self._recorder, room, folder)
        try:
            await copy.begin()
        except BaseException:
            self._copies.pop(room.media_id, None)
            await copy.close()
            raise

    async def end(self, media_id: UUID) -> None:
        """Returns once the files are complete."""
        copy = self._copies.pop(media_id, None)
        if copy is not None:
            self._ending[media_id] = task = asyncio.ensure_future(copy.close())
            task.add_done_callback(lambda _task: self._ending.pop(media_id, None))
        if (ending := self._ending.get(media_id)) is not None:
            await asyncio.shield(ending)

    async def shut_down(self) -> None:
        await asyncio.gather(*(self.end(media_id) for media_id in [*self._copies, *self._ending]))
        await self._recorder.shut_down()

    async def _take(self, event: MediaEvent) -> None:
        if event.kind not in ("lost", "publisher_gone"):
            return
        for copy in self._copies.values():
            if copy.place is not None and copy.place.media_id == event.media_id:
                copy.start_again(is_process_lost=event.kind == "lost")

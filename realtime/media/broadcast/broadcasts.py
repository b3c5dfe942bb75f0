"""One livestream in this process: whoever publishes, everybody who watches, and its recording."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from config import limits
from realtime.media.broadcast.feeds import Feed
from realtime.media.broadcast.options import BroadcastOptions
from realtime.media.broadcast.publishers import Publisher
from realtime.media.broadcast.recordings import Recording
from realtime.media.broadcast.viewers import Viewer
from realtime.media.recording.disk import Disk
from realtime.media.recording.streams import Packet
from realtime.media.recording.webm import Kind
from realtime.media.serving import Refusal


class Broadcast:
    """`tell(event, fields)`: `publishing`, `publisher_gone`, `viewer_gone {viewer, reason}`."""

    def __init__(self, options: BroadcastOptions, disk: Disk, tell: Callable[[str, dict[str, Any]], None]) -> None:
        self._options = options
        self._disk = disk
        self._tell = tell
        self._publisher: Publisher | None = None
        self._has_flowed = False
        self._publishing = asyncio.Lock()
        self._viewers: dict[str, Viewer] = {}
        self._recording: Recording | None = None
        kinds: tuple[Kind, ...] = ("audio", "video")
        self._feeds: dict[Kind, Feed] = {kind: Feed(kind, options.codec, self._ask_keyframe) for kind in kinds}
        self._asked_for_the_slow_at = 0.0
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def viewer_names(self) -> frozenset[str]:
        return frozenset(self._viewers)

    async def publish(self, sdp: str) -> str:
        """Whoever published before goes on until this offer has been understood."""
        publisher = Publisher(self._options, self)
        async with self._publishing:
            try:
                answer = await publisher.answer(sdp)
            except BaseException:
                await publisher.close()
                raise
            await self._drop_publisher()
            self._publisher, self._has_flowed = publisher, False
        return answer

    async def unpublish(self) -> None:
        async with self._publishing:
            await self._drop_publisher()

    async def view(self, name: str) -> str:
        viewer, former = Viewer(self._options, self._feeds, functools.partial(self._lose_viewer, name)), self._viewers.get(name)
        self._viewers[name] = viewer
        if former is not None:
            await former.close()
        try:
            return await viewer.offer()
        except BaseException:
            await self._drop_viewer(name, viewer)
            raise

    async def answer(self, name: str, sdp: str) -> None:
        viewer = self._viewers.get(name)
        if viewer is None or not viewer.awaits_answer:
            raise Refusal("no_offer")
        try:
            await viewer.answer(sdp)
        except BaseException:
            await self._drop_viewer(name, viewer)
            raise

    async def leave(self, name: str) -> None:
        if (viewer := self._viewers.get(name)) is not None:
            await self._drop_viewer(name, viewer)

    def record(self, folder: Path) -> None:
        if self._recording is None:
            self._recording = Recording(folder, self._disk, self._ask_keyframe)
            self._ask_keyframe()

    async def stop_recording(self) -> None:
        recording, self._recording = self._recording, None
        if recording is not None:
            await recording.close()

    def tick(self, now: float) -> None:
        if self._publisher is not None:
            self._publisher.tick(now)
        if self._recording is not None:
            self._recording.tick(now)
        self._feeds["audio"].tick(now)
        full_bits, keyframe_bits = self._feeds["video"].tick(now)
        for viewer in list(self._viewers.values()):
            viewer.tick(now, full_bits=full_bits, keyframe_bits=keyframe_bits)
        if any(viewer.is_thinned for viewer in self._viewers.values()):
            self._ask_for_the_slow(now)

    async def close(self) -> None:
        """Returns once the files are complete."""
        await self.unpublish()
        viewers, self._viewers = list(self._viewers.values()), {}
        await asyncio.gather(*(viewer.close() for viewer in viewers), return_exceptions=True)
        if self._closing:
            await asyncio.gather(*self._closing, return_exceptions=True)
        await self.stop_recording()

    # What the publisher says.

    def take(self, publisher: Publisher, kind: Kind, packet: Packet) -> None:
        if publisher is not self._publisher:
            return
        if not self._has_flowed:
            self._has_flowed = True
            self._tell("publishing", {})
        self._feeds[kind].push(packet)
        if self._recording is not None:
            self._recording.push(kind, packet)

    def report(self, publisher: Publisher, kind: Kind, timestamp: int, seconds: float) -> None:
        if publisher is not self._publisher:
            return
        self._feeds[kind].report(timestamp, seconds)
        if self._recording is not None:
            self._recording.report(kind, timestamp, seconds)

    def lose_publisher(self, publisher: Publisher) -> None:
        if publisher is self._publisher:
            self._tell("publisher_gone", {})
            # At once: whoever publishes next must not be taken for the one who is gone.
            self._forget_publisher()
            self._let_go(publisher.close())

    def _lose_viewer(self, name: str, viewer: Viewer, reason: str) -> None:
        if self._viewers.get(name) is viewer:
            self._tell("viewer_gone", {"viewer": name, "reason": reason})
            self._let_go(self._drop_viewer(name, viewer))

    def _let_go(self, closing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(closing)
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _drop_publisher(self) -> None:
        publisher = self._publisher
        if publisher is not None:
            self._forget_publisher()
            await publisher.close()

    def _forget_publisher(self) -> None:
        self._publisher = None
        if self._recording is not None:
            self._recording.interrupt()
        for feed in self._feeds.values():
            feed.begin_anew()

    async def _drop_viewer(self, name: str, viewer: Viewer) -> None:
        if self._viewers.get(name) is viewer:
            del self._viewers[name]
        await viewer.close()

    def _ask_keyframe(self) -> None:
        if self._publisher is not None:
            self._publisher.ask_keyframe()

    def _ask_for_the_slow(self, now: float) -> None:
        if now - self._asked_for_the_slow_at >= limits.LIVESTREAM_SLOW_KEYFRAME_SECONDS:
            self._asked_for_the_slow_at = now
            self._ask_keyframe()

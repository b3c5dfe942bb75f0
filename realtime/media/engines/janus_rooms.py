"""One place at a Janus, as this node knows it: who publishes there, and the publisher and the viewers that came through us."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

from realtime.media.engines.interface import MediaEvent, PlaceGone
from realtime.media.engines.janus_client import Handle, JanusClient, JanusRefused, JanusUnreachable
from realtime.media.engines.janus_keys import RoomKeys
from realtime.media.engines.janus_publishing import Publisher
from realtime.media.engines.janus_viewing import Feed, Viewer

NO_SUCH_ROOM = 426
# The name of the viewer that writes what it sees; no connection has it.
RECORDER = "recorder"


class Room:
    """A handle of its own is in the room all the time: it hears who publishes, through whatever node, and that the room ended.

    `spawn` runs what nobody waits for.
    """

    def __init__(
        self,
        client: JanusClient,
        keys: RoomKeys,
        media_id: UUID,
        *,
        tell: Callable[[MediaEvent], None],
        spawn: Callable[[Coroutine[Any, Any, None]], None],
        on_destroyed: Callable[[], None],
    ) -> None:
        self._client = client
        self._keys = keys
        self.media_id = media_id
        self._tell = tell
        self._spawn = spawn
        self._on_destroyed = on_destroyed
        self._entering = asyncio.Lock()
        self._publishing = asyncio.Lock()
        self._watcher: Handle | None = None
        self._dummy: Feed | None = None
        self._feed: Feed | None = None
        self._publisher: Publisher | None = None
        self._viewers: dict[str, Viewer] = {}
        self._untold: list[MediaEvent] = []
        # Called whenever another feed, or none, is to be recorded, or its recording failed.
        self.on_feed: Callable[[], None] | None = None

    @property
    def viewer_count(self) -> int:
        return len(self._viewers) - (RECORDER in self._viewers)

    @property
    def feed_number(self) -> int | None:
        """Who publishes; None = nobody."""
        return None if self._feed is None else self._feed.number

    async def enter(self) -> None:
        """Raises whatever the client does."""
        async with self._entering:
            if self._watcher is not None:
                return
            handle = await self._client.attach(self._take)
            try:
                joined = await handle.ask(
                    "join", ptype="publisher", room=self._keys.room, pin=self._keys.pin, token=self._keys.token
                )
            except BaseException:
                await handle.detach()
                raise
            self._watcher = handle
            for publisher in joined.data.get("publishers", ()):
                if publisher.get("dummy"):
                    self._dummy = Feed.read(publisher)
                else:
                    self._see(Feed.read(publisher))

    async def publish(self, sdp: str) -> str:
        """Raises DescriptionRefused, and whatever the client does."""
        await self.enter()
        async with self._publishing:
            publisher = Publisher(
                on_publishing=lambda: self._tell(MediaEvent("publishing", self.media_id)),
                on_gone=lambda: self._lose_publisher(publisher),
            )
            answer = await publisher.begin(self._client, self._keys, sdp, make_room=self._end_others)
            previous, self._publisher = self._publisher, publisher
            self._untold = [event for event in self._untold if event.kind != "publisher_gone"]
            if previous is not None:
                await previous.close()
            await self._end_others(publisher.number)
            return answer

    async def unpublish(self) -> None:
        await self.enter()
        publisher, self._publisher = self._publisher, None
        if publisher is not None:
            await publisher.close()
        await self._end_others(0)

    async def view(self, name: str) -> str:
        await self.enter()
        await self.leave(name)
        assert self._dummy is not None
        viewer = Viewer(self._dummy, functools.partial(self._lose_viewer, name))
        self._viewers[name] = viewer
        self._untold = [event for event in self._untold if event.viewer != name]
        try:
            return await viewer.begin(self._client, self._keys)
        except BaseException:
            if self._viewers.get(name) is viewer:
                del self._viewers[name]
            raise

    def check_offer_waits(self, name: str) -> None:
        """Raises PlaceGone."""
        viewer = self._viewers.get(name)
        if viewer is None or not viewer.awaits_answer:
            raise PlaceGone

    async def answer(self, name: str, sdp: str) -> None:
        """Raises PlaceGone when no offer waits, DescriptionRefused, and whatever the client does."""
        self.check_offer_waits(name)
        viewer = self._viewers[name]
        await viewer.answer(sdp)
        if self._feed is not None:
            await viewer.point(self._feed)

    async def leave(self, name: str) -> None:
        viewer = self._viewers.pop(name, None)
        if viewer is not None:
            await viewer.close()

    async def close(self) -> None:
        """Every connection that came through us ends, and nobody is told."""
        watcher, publisher, viewers = self._watcher, self._publisher, list(self._viewers.values())
        self.forget()
        people: list[Viewer | Publisher] = [*viewers, *([] if publisher is None else [publisher])]
        await asyncio.gather(*(person.close() for person in people))
        if watcher is not None:
            await watcher.detach()

    def forget(self) -> None:
        """Its handles are gone with their session. What that ended is told once it is known whether the place is still there."""
        self._watcher = None
        self._set_feed(None)
        publisher, self._publisher = self._publisher, None
        viewers, self._viewers = self._viewers, {}
        if publisher is not None:
            publisher.forget()
            self._untold.append(MediaEvent("publisher_gone", self.media_id))
        for name, viewer in viewers.items():
            viewer.forget()
            if name != RECORDER:
                self._untold.append(MediaEvent("viewer_gone", self.media_id, name, "failed"))

    async def look_again(self) -> None:
        """After a broken connection: what happened in the room meanwhile was told to nobody. Raises as `enter`."""
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            await watcher.detach()
        self._set_feed(None)
        await self.enter()
        untold, self._untold = self._untold, []
        for event in untold:
            self._tell(event)
        publisher = self._publisher
        if publisher is not None and publisher.has_published and not self._is_seen(publisher):
            publisher.forget()
            self._lose_publisher(publisher)

    def _is_seen(self, publisher: Publisher) -> bool:
        return self._feed is not None and self._feed.number == publisher.number

    async def _end_others(self, number: int) -> None:
        """End every publisher's connection but the one with this number."""
        watcher = self._watcher
        if watcher is None:
            raise JanusUnreachable("the connection broke")
        room = {"room": self._keys.room, "secret": self._keys.secret}
        for participant in (await watcher.ask("listparticipants", **room)).data["participants"]:
            if participant["publisher"] and not participant.get("dummy") and participant["id"] != number:
                try:
                    await watcher.ask("kick", id=participant["id"], **room)
                except JanusRefused:
                    # Gone meanwhile.
                    continue

    def _take(self, message: dict[str, Any]) -> None:
        data = message.get("plugindata", {}).get("data", {})
        if data.get("videoroom") == "destroyed":
            self._on_destroyed()
        for publisher in data.get("publishers", ()):
            if not publisher.get("dummy"):
                self._see(Feed.read(publisher))
        if self._feed is not None and self._feed.number in (data.get("unpublished"), data.get("leaving"), data.get("kicked")):
            self._set_feed(None)

    def _see(self, feed: Feed) -> None:
        self._set_feed(feed)
        for viewer in self._viewers.values():
            self._spawn(viewer.point(feed))

    def _set_feed(self, feed: Feed | None) -> None:
        self._feed = feed
        if self.on_feed is not None:
            self.on_feed()

    def _lose_publisher(self, publisher: Publisher) -> None:
        if self._publisher is publisher:
            self._publisher = None
            self._tell(MediaEvent("publisher_gone", self.media_id))
        self._spawn(publisher.close())

    def _lose_viewer(self, name: str, reason: str) -> None:
        viewer = self._viewers.pop(name, None)
        if viewer is None:
            return
        self._spawn(viewer.close())
        if name != RECORDER:
            self._tell(MediaEvent("viewer_gone", self.media_id, name, reason))

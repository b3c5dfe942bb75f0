"""One Janus as this node uses it: the rooms it knows there, how full it is, and what becomes of rooms that nobody knows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

from config import limits
from config.logging import get_logger
from config.media_settings import LivestreamsSettings, VideoCodec
from realtime.media.engines.interface import MediaEvent, PlaceGone
from realtime.media.engines.janus_client import Handle, JanusClient, JanusRefused, JanusUnreachable
from realtime.media.engines.janus_keys import DESCRIPTION, derive_keys
from realtime.media.engines.janus_load import SharedLoad
from realtime.media.engines.janus_rooms import NO_SUCH_ROOM, Room

log = get_logger(__name__)


class JanusServer:
    """`tell` passes on what happens at its rooms. Everything raises JanusUnreachable or JanusRefused."""

    def __init__(self, url: str, settings: LivestreamsSettings, *, tell: Callable[[MediaEvent], None]) -> None:
        self.url = url
        self._settings = settings
        self._tell = tell
        self._api_secret, self._admin_key = settings.janus_secrets
        self.client = JanusClient(url, api_secret=self._api_secret, on_session=self._take_session)
        self._load = SharedLoad(self.client, self._api_secret, self._admin_key)
        self._rooms: dict[int, Room] = {}
        self._desk: Handle | None = None
        self._attaching = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ticking: asyncio.Task[None] | None = None
        # Rooms that nobody was in when last looked at.
        self._empty: set[int] = set()
        # The newest last.
        self._lost: dict[int, None] = {}

    def start(self) -> None:
        if self._ticking is None:
            self.client.start()
            self._ticking = asyncio.ensure_future(self._tick())

    async def close(self) -> None:
        if self._ticking is not None:
            self._ticking.cancel()
        for task in list(self._tasks):
            task.cancel()
        for room in self._rooms.values():
            room.forget()
        await self.client.close()

    @property
    def viewer_count(self) -> int:
        """Through all nodes, as they told about a second ago; ours are exact."""
        return self._load.others + self._own_viewers

    @property
    def is_full(self) -> bool:
        return self.viewer_count >= self._settings.viewers_maximum

    @property
    def is_away(self) -> bool:
        """For so long that nobody need wait for it."""
        since = self.client.unreachable_since
        return since is not None and asyncio.get_running_loop().time() - since > limits.JANUS_WAIT_SECONDS

    async def count_rooms(self) -> int:
        return len(await self._list_rooms())

    async def open(self, number: int, media_id: UUID) -> None:
        await self._ask(
            "create",
            room=number,
            secret=derive_keys(self._api_secret, number).secret,
            pin=derive_keys(self._api_secret, number).pin,
            allowed=[derive_keys(self._api_secret, number).token],
            description=f"{DESCRIPTION} {media_id}",
            is_private=True,
            permanent=False,
            publishers=limits.JANUS_PUBLISHERS,
            bitrate=self._settings.bitrate_kbps * 1000,
            bitrate_cap=True,
            fir_freq=limits.JANUS_KEYFRAME_SECONDS,
            **_describe_codecs(self._settings.codec),
            dummy_publisher=True,
            notify_joining=False,
            lock_record=True,
            admin_key=self._admin_key,
        )
        await self.find_room(number, media_id).enter()

    def find_known_room(self, number: int) -> Room | None:
        return self._rooms.get(number)

    def find_room(self, number: int, media_id: UUID) -> Room:
        """From now on its loss is told, also before anything was asked of it. Raises PlaceGone once that was told."""
        if number in self._lost:
            raise PlaceGone
        self.start()
        room = self._rooms.get(number)
        if room is None:
            room = self._rooms[number] = Room(
                self.client,
                derive_keys(self._api_secret, number),
                media_id,
                tell=self._tell,
                spawn=self._spawn,
                on_destroyed=lambda: self._lose(number),
            )
        return room

    def forget_room(self, number: int) -> None:
        room = self._rooms.pop(number, None)
        if room is not None:
            room.forget()

    async def destroy(self, number: int) -> None:
        """Whether or not it is there."""
        self.start()
        room = self._rooms.pop(number, None)
        if room is not None:
            await room.close()
        try:
            await self._ask("destroy", room=number, secret=derive_keys(self._api_secret, number).secret)
        except JanusRefused as refused:
            if refused.code != NO_SUCH_ROOM:
                raise

    @property
    def _own_viewers(self) -> int:
        return sum(room.viewer_count for room in self._rooms.values())

    async def _ask(self, request: str, **body: Any) -> dict[str, Any]:
        async with self._attaching:
            if self._desk is None:
                self._desk = await self.client.attach(lambda _message: None)
            desk = self._desk
        return (await desk.ask(request, **body)).data

    async def _list_rooms(self) -> list[dict[str, Any]]:
        rooms: list[dict[str, Any]] = (await self._ask("list", admin_key=self._admin_key))["list"]
        return [room for room in rooms if str(room.get("description", "")).startswith(DESCRIPTION)]

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _take_session(self, is_same: bool) -> None:
        if not is_same:
            self._desk = None
            self._load.forget()
            for room in self._rooms.values():
                room.forget()
        self._spawn(self._look_again())

    async def _look_again(self) -> None:
        for number, room in list(self._rooms.items()):
            try:
                await room.look_again()
            except (JanusUnreachable, JanusRefused) as error:
                if isinstance(error, JanusRefused) and error.code == NO_SUCH_ROOM:
                    self._lose(number)
                    continue
                log.warning("janus.room_not_entered", url=self.url, error=str(error))

    def _lose(self, number: int) -> None:
        room = self._rooms.pop(number, None)
        if room is None:
            return
        self._lost[number] = None
        if len(self._lost) > limits.JANUS_LOST_REMEMBERED:
            del self._lost[next(iter(self._lost))]
        self._tell(MediaEvent("lost", room.media_id))
        if self.client.is_connected:
            self._spawn(room.close())
        else:
            room.forget()

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        swept_at = -limits.JANUS_SWEEP_SECONDS
        while True:
            await asyncio.sleep(limits.JANUS_TICK_SECONDS)
            since = self.client.unreachable_since
            if since is not None and loop.time() - since >= limits.JANUS_LOST_SECONDS:
                for number in list(self._rooms):
                    self._lose(number)
                self.client.abandon()
            if not self.client.is_connected:
                continue
            try:
                await self._load.tell(self._own_viewers)
                if loop.time() - swept_at >= limits.JANUS_SWEEP_SECONDS:
                    swept_at = loop.time()
                    await self._sweep()
            except (JanusUnreachable, JanusRefused) as error:
                log.warning("janus.tick_failed", url=self.url, error=str(error))

    async def _sweep(self) -> None:
        """End rooms in which no node is, twice in a row: of livestreams whose nodes all died."""
        # The source that never sends counts as somebody.
        empty = {room["room"] for room in await self._list_rooms() if room["num_participants"] <= 1}
        abandoned, self._empty = empty & self._empty, empty
        for number in sorted(abandoned - self._rooms.keys())[: limits.JANUS_ROOMS_SWEPT_AT_ONCE]:
            log.info("janus.room_abandoned", url=self.url, room=number)
            await self.destroy(number)


def _describe_codecs(codec: VideoCodec) -> dict[str, Any]:
    """One for pictures and one for sound; viewers are offered them before anybody publishes."""
    codecs: dict[str, Any] = {"audiocodec": "opus", "videocodec": codec}
    if codec == "h264":
        # Constrained baseline, which every browser that knows H.264 at all can decode.
        fmtp = "profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1"
        codecs |= {"h264_profile": "42e01f", "dummy_streams": [{"codec": "opus"}, {"codec": "h264", "fmtp": fmtp}]}
    return codecs

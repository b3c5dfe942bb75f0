"""One viewer's connection at a Janus. It begins with a source that never sends, and is pointed at whoever publishes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from config import limits
from config.logging import get_logger
from realtime.media.engines.interface import DescriptionRefused
from realtime.media.engines.janus_client import Handle, JanusClient, JanusRefused, JanusUnreachable
from realtime.media.engines.janus_keys import RoomKeys
from realtime.media.engines.janus_publishing import NOT_ITS_FAULT

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Feed:
    """Something published in a room: its number there, and of each kind of medium the section that carries it."""

    number: int
    mids: dict[str, str]

    @classmethod
    def read(cls, publisher: dict[str, Any]) -> Feed:
        return cls(publisher["id"], {stream["type"]: stream["mid"] for stream in publisher.get("streams", ())})


class Viewer:
    """`on_gone` is called once at most, with the reason, and never after `close`.

    When a publisher goes, Janus takes the sections of its viewers out of use and wants a new answer for whoever comes next. The
    offer is the old one but for its version, so the viewer's old answer is given again, and their browser need not know.
    """

    def __init__(self, dummy: Feed, on_gone: Callable[[str], None]) -> None:
        self._dummy = dummy
        self._on_gone = on_gone
        self._handle: Handle | None = None
        self._sections: dict[str, str] = {}
        self._answer: str | None = None
        self._pointing = asyncio.Lock()
        self._feed: int | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._is_over = False
        # When Janus said that packets do not arrive: the first time of a row, and the last.
        self._slow_since = self._slow_at = -limits.JANUS_SLOW_GAP_SECONDS
        self._confirming: set[asyncio.Task[None]] = set()

    async def begin(self, client: JanusClient, keys: RoomKeys) -> str:
        """The offer. Raises whatever the client does."""
        self._handle = await client.attach(self._take)
        try:
            attached = await self._handle.ask(
                "join",
                ptype="subscriber",
                room=keys.room,
                pin=keys.pin,
                token=keys.token,
                autoupdate=False,
                streams=[{"feed": self._dummy.number}],
            )
        except BaseException:
            await self.close()
            raise
        assert attached.sdp is not None
        self._sections = {stream["type"]: stream["mid"] for stream in attached.data["streams"]}
        self._timer = asyncio.get_running_loop().call_later(limits.JANUS_CONNECT_MEDIA_SECONDS, self._lose, "failed")
        return attached.sdp

    @property
    def awaits_answer(self) -> bool:
        return bool(self._sections) and not self._is_over and self._answer is None

    async def answer(self, sdp: str) -> None:
        """To be called while one is awaited. Raises DescriptionRefused, and whatever the client does."""
        assert self._handle is not None
        self._answer = sdp
        try:
            await self._handle.negotiate("start", sdp, kind="answer")
        except JanusRefused as refused:
            self._answer = None
            if refused.code in NOT_ITS_FAULT:
                raise
            raise DescriptionRefused(refused.reason) from refused

    async def point(self, feed: Feed) -> None:
        """Let them see this from here on; what the feed lacks stays empty. Raises nothing: another feed or session comes."""
        async with self._pointing:
            if self._handle is None or self._is_over or self._answer is None or self._feed == feed.number:
                return
            streams = []
            for kind, section in self._sections.items():
                source = feed if kind in feed.mids else self._dummy
                streams.append({"feed": source.number, "mid": source.mids[kind], "sub_mid": section})
            try:
                answer = await self._handle.ask("switch", streams=streams)
                self._feed = feed.number
                if answer.sdp is not None:
                    await self._confirm()
            except (JanusRefused, JanusUnreachable) as error:
                log.info("janus.not_switched", error=str(error))

    async def close(self) -> None:
        self.forget()
        if self._handle is not None:
            await self._handle.detach()

    def forget(self) -> None:
        """Nothing is said of them any more."""
        self._is_over = True
        for task in self._confirming:
            task.cancel()
        if self._timer is not None:
            self._timer.cancel()

    def _take(self, message: dict[str, Any]) -> None:
        kind = message.get("janus")
        if self._is_over:
            return
        if kind == "webrtcup" and self._timer is not None:
            self._timer.cancel()
        elif kind in ("hangup", "detached"):
            self._lose("failed")
        elif kind == "slowlink":
            self._note_slowness(asyncio.get_running_loop().time())
        elif message.get("jsep", {}).get("type") == "offer" and self._answer is not None:
            task = asyncio.ensure_future(self._confirm())
            self._confirming.add(task)
            task.add_done_callback(self._confirming.discard)

    def _note_slowness(self, now: float) -> None:
        """Nobody else suffers from a slow viewer; but what they get is no picture, and they can be told so."""
        if now - self._slow_at > limits.JANUS_SLOW_GAP_SECONDS:
            self._slow_since = now
        self._slow_at = now
        if now - self._slow_since >= limits.JANUS_SLOW_SECONDS:
            self._lose("slow")

    async def _confirm(self) -> None:
        assert self._handle is not None
        assert self._answer is not None
        with suppress(JanusRefused, JanusUnreachable):
            await self._handle.negotiate("start", self._answer, kind="answer")

    def _lose(self, reason: str) -> None:
        if not self._is_over:
            self.forget()
            self._on_gone(reason)

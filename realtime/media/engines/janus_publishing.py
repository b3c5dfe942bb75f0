"""The publisher's connection at a Janus: whether its packets flow, and when it counts as gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from config import limits
from realtime.media.engines.interface import DescriptionRefused
from realtime.media.engines.janus_client import Handle, JanusClient, JanusRefused
from realtime.media.engines.janus_keys import RoomKeys

_PUBLISHERS_FULL = 432
# Nothing about the description: the place, the session, the handle or our secret.
NOT_ITS_FAULT = frozenset({403, 426, 433, 458, 459})


class Publisher:
    """`on_publishing` and `on_gone` are called once each at most; the second neither after `close` nor when another took over."""

    def __init__(self, *, on_publishing: Callable[[], None], on_gone: Callable[[], None]) -> None:
        self._on_publishing = on_publishing
        self._on_gone = on_gone
        self._handle: Handle | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._receiving: set[str] = set()
        self._is_up = False
        self._is_over = False
        self.has_published = False
        self.number = 0

    async def begin(self, client: JanusClient, keys: RoomKeys, sdp: str, *, make_room: Callable[[int], Any]) -> str:
        """The answer. `make_room` is asked, with our number, to end other publishers where Janus takes no more.

        Raises DescriptionRefused, and whatever the client does.
        """
        self._handle = await client.attach(self._take)
        try:
            joined = await self._handle.ask("join", ptype="publisher", room=keys.room, pin=keys.pin, token=keys.token)
            self.number = joined.data["id"]
            answer = await self._publish(self._handle, sdp, make_room)
        except BaseException:
            await self.close()
            raise
        self._wait(limits.JANUS_CONNECT_MEDIA_SECONDS)
        return answer

    async def close(self) -> None:
        self.forget()
        if self._handle is not None:
            await self._handle.detach()

    def forget(self) -> None:
        """Nothing is said of it any more."""
        self._is_over = True
        self._wait(None)

    async def _publish(self, handle: Handle, sdp: str, make_room: Callable[[int], Any]) -> str:
        for _try in range(limits.JANUS_TAKE_OVER_TRIES):
            try:
                answer = await handle.negotiate("publish", sdp, kind="offer")
            except JanusRefused as refused:
                if refused.code in NOT_ITS_FAULT:
                    raise
                if refused.code != _PUBLISHERS_FULL:
                    raise DescriptionRefused(refused.reason) from refused
                await make_room(self.number)
                await asyncio.sleep(limits.JANUS_TAKE_OVER_SECONDS)
                continue
            if answer.sdp is None or any(answer.data.get(f"{kind}_codec", "none") == "none" for kind in _find_kinds(sdp)):
                raise DescriptionRefused("no codec that viewers have")
            return answer.sdp
        raise JanusRefused(_PUBLISHERS_FULL, "other publishers did not go")

    def _take(self, message: dict[str, Any]) -> None:
        if self._is_over:
            return
        kind = message.get("janus")
        if kind == "webrtcup":
            self._is_up = True
        elif kind == "media":
            (self._receiving.add if message["receiving"] else self._receiving.discard)(message["mid"])
        elif kind in ("hangup", "detached"):
            self._lose()
            return
        elif message.get("plugindata", {}).get("data", {}).get("reason") == "kicked":
            self.forget()
            return
        self._look()

    def _look(self) -> None:
        if self._is_up and self._receiving:
            self._wait(None)
            if not self.has_published:
                self.has_published = True
                self._on_publishing()
        elif self.has_published and self._timer is None:
            self._wait(limits.JANUS_SILENT_SECONDS)

    def _wait(self, seconds: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if seconds is None else asyncio.get_running_loop().call_later(seconds, self._lose)

    def _lose(self) -> None:
        if not self._is_over:
            self.forget()
            self._on_gone()


def _find_kinds(sdp: str) -> list[str]:
    return [kind for kind in ("audio", "video") if f"\nm={kind} " in sdp]

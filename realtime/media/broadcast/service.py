"""What the server may ask the process of livestreams for, over a socket of which both hold an end: a JSON object a line.

`open {place}` · `publish {place, sdp}` → `{sdp}` · `unpublish {place}` · `view {place, viewer}` → `{sdp}` ·
`answer {place, viewer, sdp}` · `leave {place, viewer}` · `record {place, folder}` · `stop_recording {place}` once all files are
complete · `close {place}` likewise · `check` → `{problems}`. Unasked it says `{event, place, …}`: `publishing`, `publisher_gone`,
`viewer_gone {viewer, reason}`. When the server's end closes, everything is completed and the process ends.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from config import limits
from realtime.media.broadcast.broadcasts import Broadcast
from realtime.media.broadcast.options import BroadcastOptions
from realtime.media.recording.disk import Disk
from realtime.media.relay.network import tell_public_address
from realtime.media.serving import Refusal, RequestService, Send


class Service(RequestService):
    """All livestreams of this process. Refuses with `full`, `no_such_place`, `no_offer`, `unsupported`."""

    described_by_strangers = frozenset({"publish", "answer"})
    tick_seconds = limits.LIVESTREAM_TICK_SECONDS

    def __init__(self, options: BroadcastOptions, send: Send) -> None:
        super().__init__(send)
        self._options = options
        self._disk = Disk()
        self._broadcasts: dict[str, Broadcast] = {}

    def tick(self, now: float) -> None:
        for broadcast in list(self._broadcasts.values()):
            broadcast.tick(now)

    async def carry_out(self, request: dict[str, Any]) -> dict[str, Any]:
        action = request["do"]
        if action == "check":
            return {"problems": await self._check()}
        name = request["place"]
        if action == "open":
            self._open(name)
            return {}
        broadcast = self._broadcasts.get(name)
        if broadcast is None:
            raise Refusal("no_such_place")
        if action == "close":
            del self._broadcasts[name]
            await broadcast.close()
            return {}
        sdp = await self._ask(broadcast, action, request)
        return {} if sdp is None else {"sdp": tell_public_address(sdp, self._options)}

    async def close_all(self) -> None:
        broadcasts, self._broadcasts = list(self._broadcasts.values()), {}
        await asyncio.gather(*(broadcast.close() for broadcast in broadcasts), return_exceptions=True)
        await asyncio.to_thread(self._disk.close)

    async def _ask(self, broadcast: Broadcast, action: str, request: dict[str, Any]) -> str | None:
        """A description where the answer is one."""
        match action:
            case "publish":
                return await broadcast.publish(request["sdp"])
            case "view":
                self._check_room(broadcast, request["viewer"])
                offer = await broadcast.view(request["viewer"])
                if not _has_port(offer):
                    await broadcast.leave(request["viewer"])
                    raise Refusal("full")
                return offer
            case "answer":
                await broadcast.answer(request["viewer"], request["sdp"])
            case "leave":
                await broadcast.leave(request["viewer"])
            case "unpublish":
                await broadcast.unpublish()
            case "record":
                if self._options.codec != "vp8":
                    raise Refusal("unsupported")
                broadcast.record(Path(request["folder"]))
            case "stop_recording":
                await broadcast.stop_recording()
            case _:
                raise Refusal("unknown")
        return None

    def _open(self, name: str) -> None:
        if name in self._broadcasts:
            return
        if len(self._broadcasts) >= self._options.broadcasts_maximum:
            raise Refusal("full")

        def tell(event: str, fields: dict[str, Any]) -> None:
            self.send({"event": event, "place": name, **fields})

        self._broadcasts[name] = Broadcast(self._options, self._disk, tell)

    def _check_room(self, broadcast: Broadcast, viewer: str) -> None:
        if viewer in broadcast.viewer_names:
            return
        if sum(len(each.viewer_names) for each in self._broadcasts.values()) >= self._options.viewers_maximum:
            raise Refusal("full")

    async def _check(self) -> list[str]:
        """Whether media could come in at all."""
        broadcast = Broadcast(self._options, self._disk, lambda event, fields: None)
        try:
            offer = await broadcast.view("doctor")
        finally:
            await broadcast.close()
        if _has_port(offer):
            return []
        return ["no UDP port could be opened for livestreams at LIVESTREAMS__ADDRESSES within LIVESTREAMS__PORTS"]


def _has_port(sdp: str) -> bool:
    """Without one nobody can ever come."""
    return "a=candidate:" in sdp

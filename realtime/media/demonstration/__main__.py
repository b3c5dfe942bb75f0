"""The guide's process, one for each call: `open`, `call`, `receive {signal}`, `show`, `stats`; it tells `signal` and `stage`."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import orjson
from aioice import ice
from aiortc import MediaStreamTrack

from config.logging import configure_logging, get_logger
from realtime.media.demonstration.media import Chime, Portrait, make_chimes
from realtime.media.demonstration.peers import MediaPeer, Signal
from realtime.media.processes import serve_parent

log = get_logger(__name__)
_find_addresses = ice.get_host_addresses


def list_addresses(use_ipv4: bool, use_ipv6: bool) -> list[str]:
    """This machine's addresses; loopback, which aioice leaves out, only where there is no other."""
    return _find_addresses(use_ipv4, use_ipv6) or (["127.0.0.1"] if use_ipv4 else [])


class GuideService:
    """Carries out one request after the other, in their order."""

    def __init__(self, send: Callable[[dict[str, Any]], None]) -> None:
        self._send = send
        self._peer: MediaPeer | None = None
        self._is_resting = True

    async def serve(self, reader: asyncio.StreamReader) -> None:
        """Until the other end closes."""
        try:
            while line := await reader.readline():
                request = orjson.loads(line)
                try:
                    answer: dict[str, Any] = {"answer": await self._carry_out(request)}
                except Exception as error:
                    # A description is a stranger's text; whatever the library makes of a bad one is that one's fault alone.
                    log.warning("guide.request_failed", request=request["do"], error=type(error).__name__)
                    answer = {"refusal": "failed"}
                self._send({"number": request["number"], **answer})
        finally:
            if self._peer is not None:
                await self._peer.close()

    async def _carry_out(self, request: dict[str, Any]) -> dict[str, Any]:
        if request["do"] == "open":
            await self._open(request["ice_servers"], relay_only=request["relay_only"], has_video=request["has_video"])
            return {}
        if self._peer is None:
            raise LookupError
        if request["do"] == "call":
            await self._peer.call()
        elif request["do"] == "receive":
            await self._peer.receive(request["signal"])
        elif request["do"] == "show":
            self._is_resting = request["is_resting"]
            self._peer.silence(not request["has_picture"], "video")
        else:
            return asdict(await self._peer.read_stats())
        return {}

    async def _open(self, ice_servers: list[dict[str, Any]], *, relay_only: bool, has_video: bool) -> None:
        chimes = make_chimes()

        def make_tracks() -> list[MediaStreamTrack]:
            chime = Chime(chimes, lambda: self._is_resting)
            return [chime, Portrait(lambda: self._is_resting)] if has_video else [chime]

        async def tell(content: Signal) -> None:
            self._send({"event": "signal", "signal": content})

        self._peer = MediaPeer(
            tell,
            make_tracks,
            # The reader is the impolite side.
            is_polite=False,
            ice_servers=ice_servers,
            relay_only=relay_only,
            on_stage=lambda stage: self._send({"event": "stage", "stage": stage}),
        )


def main(arguments: list[str]) -> None:
    configure_logging(level=arguments[1], readable=False)
    for noisy in ("aioice", "aiortc"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    ice.get_host_addresses = list_addresses
    # Ctrl-C goes to the whole group; the server's end tells us when to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asyncio.run(serve_parent(int(arguments[0]), GuideService))


if __name__ == "__main__":
    main(sys.argv[1:])

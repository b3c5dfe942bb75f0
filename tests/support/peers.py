"""Peers that stand in for browsers: the demonstration's, with a tone and a picture, and reports of what arrives.

`MediaPeer` only needs somebody to carry its signals; `LivePeer` carries them over the live protocol, as a page would.
"""

from __future__ import annotations

import asyncio
import inspect
import math
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import asdict
from typing import Any, Protocol, Self
from unittest.mock import patch

from aiortc import AudioStreamTrack, VideoStreamTrack
from av import AudioFrame, VideoFrame

from realtime.media.demonstration.peers import MediaPeer as DemonstrationPeer
from realtime.media.demonstration.peers import PeerStats, SendSignal, Signal
from tests.support.live import LiveClient

PATIENCE_SECONDS = 30.0
_STAGES = frozenset({"new", "connecting", "connected", "disconnected", "failed"})


@contextmanager
def only_loopback() -> Iterator[None]:
    """Peers of this process reach each other on 127.0.0.1, which aioice leaves out otherwise: needs no network at all."""
    with patch("aioice.ice.get_host_addresses", return_value=["127.0.0.1"]):
        yield


class Tone(AudioStreamTrack):
    """440 Hz, 50 packets a second."""

    async def recv(self) -> AudioFrame:
        frame = await super().recv()
        assert isinstance(frame, AudioFrame)
        start = frame.pts or 0
        wave = (round(8000 * math.sin(2 * math.pi * 440 * (start + n) / frame.sample_rate)) for n in range(frame.samples))
        frame.planes[0].update(struct.pack(f"<{frame.samples}h", *wave))
        return frame


class Picture(VideoStreamTrack):
    """A small picture that grows brighter and starts again, 30 times a second."""

    async def recv(self) -> VideoFrame:
        pts, time_base = await self.next_timestamp()
        frame = VideoFrame(width=160, height=120, format="yuv420p")
        for number, plane in enumerate(frame.planes):
            plane.update(bytes([(pts // 3000) % 256 if number == 0 else 128]) * plane.buffer_size)
        frame.pts, frame.time_base = pts, time_base
        return frame


class Peer(Protocol):
    """What `LivePeer` drives: a `MediaPeer` here, or one in another process."""

    stage: str

    async def call(self) -> None: ...
    async def receive(self, signal: Signal) -> None: ...
    async def wait_for(self, *stages: str, timeout: float = PATIENCE_SECONDS) -> str: ...
    async def read_stats(self) -> PeerStats: ...
    async def close(self) -> None: ...


class MediaPeer(DemonstrationPeer):
    """With a tone, and a picture where it `has_video`."""

    def __init__(self, send: SendSignal, *, has_video: bool = True, **options: Any) -> None:
        super().__init__(send, lambda: [Tone(), Picture()] if has_video else [Tone()], **options)

    async def wait_for(self, *stages: str, timeout: float = PATIENCE_SECONDS) -> str:
        return await super().wait_for(*stages, timeout=timeout)


class LivePeer:
    """A participant whose page is open: in the room, negotiating, reporting. `peer` is its media."""

    def __init__(self, live: LiveClient, consultation_id: str, peer: Peer, *, report_seconds: float) -> None:
        self.live = live
        self.consultation_id = consultation_id
        self.peer = peer
        self._report_seconds = report_seconds
        self._seen_seq = 0
        self._tasks: list[asyncio.Task[None]] = []
        self.is_reporting = True

    @classmethod
    @asynccontextmanager
    async def enter(
        cls,
        live: LiveClient,
        consultation_id: str,
        *,
        is_polite: bool,
        has_video: bool = True,
        relay_only: bool = False,
        report_seconds: float = 1.0,
        make_peer: Callable[..., Any] = MediaPeer,
    ) -> AsyncIterator[Self]:
        """Joins, and leaves the media (not the room) at the end. Call `peer.call()` on one side or on both."""
        joined = await live.command("consultation.join", consultation_id=consultation_id)

        async def send(signal: Signal) -> None:
            await live.command("signal.send", consultation_id=consultation_id, **signal)

        peer = make_peer(send, is_polite=is_polite, ice_servers=joined["ice_servers"], has_video=has_video, relay_only=relay_only)
        if inspect.isawaitable(peer):
            peer = await peer
        self = cls(live, consultation_id, peer, report_seconds=report_seconds)
        self._tasks = [asyncio.create_task(self._carry()), asyncio.create_task(self._report())]
        try:
            yield self
        finally:
            for task in self._tasks:
                task.cancel()
            for task in self._tasks:
                with suppress(asyncio.CancelledError):
                    await task
            await peer.close()

    async def _carry(self) -> None:
        while True:
            signal = await self.live.next_event(
                "signal.received", lambda event: event["consultation_id"] == self.consultation_id, timeout=3600
            )
            if signal["seq"] > self._seen_seq:
                self._seen_seq = signal["seq"]
                await self.peer.receive(signal)

    async def _report(self) -> None:
        told = ""
        while True:
            stage = self.peer.stage
            state = "connected" if stage == "connected" else "failed" if stage == "failed" else "disconnected" if told else ""
            if state and self.is_reporting and (state == "connected" or state != told):
                told = state
                await self.report(state)
            with suppress(TimeoutError):
                await self.peer.wait_for(*(_STAGES - {stage}), timeout=self._report_seconds)

    async def report(self, state: str) -> Any:
        """What the server takes our media for; counts are those of this moment."""
        stats = {name: value for name, value in asdict(await self.peer.read_stats()).items() if value is not None}
        return await self.live.command("media.report", consultation_id=self.consultation_id, state=state, stats=stats)

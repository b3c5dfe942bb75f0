"""A consultation's room: two peers that hear and see each other through the relay, and the recording of both."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from config import limits
from realtime.media.recording.disk import Disk
from realtime.media.recording.recorder import Recorder, Timeline
from realtime.media.recording.streams import Packet
from realtime.media.recording.webm import Kind
from realtime.media.relay.peers import Peer

SIDES = ("client", "reader")


class Room:
    """`tell(event, fields)`: the recording has begun (`started`), a side is `gone`, the disk has `failed`."""

    def __init__(self, *, folder: Path, disk: Disk, tell: Callable[[str, dict[str, Any]], None]) -> None:
        self._folder = folder
        self._disk = disk
        self._tell = tell
        self._peers: dict[str, Peer] = {}
        self._recorders: dict[str, Recorder] = {}
        self._next_parts = dict.fromkeys(SIDES, 1)
        self._timeline: Timeline | None = None
        self._is_held = False
        self._has_failed = False
        self._closing: set[asyncio.Task[None]] = set()

    async def connect(self, side: str, sdp: str, *, with_video: bool) -> str:
        """Answer a participant's offer; their earlier connection ends, its file with it.

        Raises ValueError for who has come and gone so often that their files are too many already.
        """
        if self._next_parts[side] > limits.RECORDING_PARTS:
            raise ValueError("too many parts")
        await self._drop(side)
        peer = Peer(on_connected=functools.partial(self._connected, side), on_gone=functools.partial(self._gone, side))
        self._peers[side] = peer
        try:
            return await peer.answer(sdp, with_video=with_video)
        except BaseException:
            if self._peers.get(side) is peer:
                del self._peers[side]
            await peer.close()
            raise

    async def leave(self, side: str) -> None:
        """End a participant's connection; they hear and see nothing more through it."""
        await self._drop(side)

    def hold(self, is_held: bool) -> None:
        """While held nothing is recorded, and the recording's time stands.

        It is forwarded on, silence and black from pages that keep to the rules as between browsers: without it nobody would
        receive a packet, and the clock, which goes on only when media flow, would never go on again.
        """
        if is_held == self._is_held:
            return
        self._is_held = is_held
        if is_held:
            for recorder in self._recorders.values():
                recorder.hold()
        if self._timeline is not None:
            (self._timeline.hold if is_held else self._timeline.go_on)(time.monotonic())

    def tick(self, now: float) -> None:
        for recorder in self._recorders.values():
            recorder.tick(now)
            if recorder.has_failed and not self._has_failed:
                self._has_failed = True
                self._tell("failed", {})

    async def close(self) -> None:
        """Nothing is recorded or forwarded after this; returns once all files are complete."""
        for side in SIDES:
            await self._drop(side)
        if self._closing:
            await asyncio.gather(*self._closing, return_exceptions=True)
        await self._disk.settle()

    def _connected(self, side: str, peer: Peer) -> None:
        if self._peers.get(side) is not peer:
            return
        if not all(side in self._peers and self._peers[side].is_connected for side in SIDES):
            return
        if self._timeline is None:
            self._timeline = Timeline(time.monotonic())
            if self._is_held:
                self._timeline.hold(time.monotonic())
            self._tell("started", {})
        for each in SIDES:
            if each not in self._recorders:
                self._recorders[each] = self._record(each, self._peers[each], self._timeline)
        self._link()

    def _record(self, side: str, peer: Peer, timeline: Timeline) -> Recorder:
        def ask_keyframe() -> None:
            if (source := peer.sources.get("video")) is not None:
                source.keyframes.ask()

        recorder = Recorder(
            folder=self._folder,
            side=side,
            disk=self._disk,
            timeline=timeline,
            ask_keyframe=ask_keyframe,
            next_part=self._next_parts[side],
        )

        def report(kind: Kind, timestamp: int, seconds: float) -> None:
            recorder.report(kind, timestamp, seconds, arrived_at=time.monotonic())

        def push(kind: Kind, packet: Packet) -> None:
            recorder.push(kind, packet)

        for kind, source in peer.sources.items():
            source.sinks.append(functools.partial(push, kind))
            source.report_sinks.append(functools.partial(report, kind))
        return recorder

    def _link(self) -> None:
        """Each receives the other, unless somebody is missing."""
        for side, other in (SIDES, SIDES[::-1]):
            peer, publisher = self._peers.get(side), self._peers.get(other)
            if peer is None:
                continue
            if publisher is None or not publisher.is_connected:
                peer.stop_receiving()
            else:
                peer.receive(publisher)

    def _gone(self, side: str, peer: Peer) -> None:
        if self._peers.get(side) is not peer:
            return
        self._tell("gone", {"side": side})
        task = asyncio.ensure_future(self._drop(side))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _drop(self, side: str) -> None:
        peer, recorder = self._peers.pop(side, None), self._recorders.pop(side, None)
        if recorder is not None:
            recorder.close()
            self._next_parts[side] = recorder.next_part
        self._link()
        if peer is not None:
            await peer.close()

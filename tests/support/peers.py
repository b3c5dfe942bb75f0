"""Peers that stand in for browsers: aiortc, perfect negotiation, a tone and a picture, and reports of what arrives.

`MediaPeer` only needs somebody to carry its signals; `LivePeer` carries them over the live protocol, as a page would.
"""

from __future__ import annotations

import asyncio
import inspect
import math
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import Any, Protocol, Self, TypeAlias
from unittest.mock import patch

from aiortc import (
    AudioStreamTrack,
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCIceServer,
    RTCIceTransportPolicy,
    RTCPeerConnection,
    RTCSessionDescription,
    VideoStreamTrack,
)
from aiortc.contrib.media import MediaBlackhole
from aiortc.sdp import SessionDescription, candidate_from_sdp
from av import AudioFrame, VideoFrame

from tests.support.live import LiveClient

# `{"description": {type, sdp}}` or `{"candidate": {candidate, sdpMid, sdpMLineIndex} | None}`.
Signal: TypeAlias = dict[str, Any]
SendSignal: TypeAlias = Callable[[Signal], Awaitable[None]]

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


@dataclass(frozen=True)
class PeerStats:
    """Packets of all media together since the connection was made."""

    packets_sent: int
    packets_received: int
    round_trip_ms: int | None


class Peer(Protocol):
    """What `LivePeer` drives: a `MediaPeer` here, or one in another process."""

    stage: str

    async def call(self) -> None: ...
    async def receive(self, signal: Signal) -> None: ...
    async def wait_for(self, *stages: str, timeout: float = PATIENCE_SECONDS) -> str: ...
    async def read_stats(self) -> PeerStats: ...
    async def close(self) -> None: ...


class MediaPeer:
    """One side of a call. `stage` is the connection's state: new, connecting, connected, disconnected, failed, closed.

    aiortc can neither roll an offer back nor restart ICE: a new connection takes the old one's place in both cases.
    """

    def __init__(
        self,
        send: SendSignal,
        *,
        is_polite: bool,
        ice_servers: list[dict[str, Any]],
        has_video: bool = True,
        relay_only: bool = False,
        on_stage: Callable[[str], None] | None = None,
    ) -> None:
        self._send = send
        self._is_polite = is_polite
        self._has_video = has_video
        self._on_stage = on_stage
        self._lock = asyncio.Lock()
        self._changed = asyncio.Condition()
        self._notices: set[asyncio.Task[None]] = set()
        self._ignores_candidates = False
        servers = [RTCIceServer(one["urls"], one.get("username"), one.get("credential")) for one in ice_servers]
        self._policy = RTCIceTransportPolicy.RELAY if relay_only else RTCIceTransportPolicy.ALL
        self._servers = servers
        self.stage = "new"
        self._open()

    def _open(self) -> None:
        self._is_shutting = False
        configuration = RTCConfiguration(
            iceServers=self._servers, bundlePolicy=RTCBundlePolicy.MAX_BUNDLE, iceTransportPolicy=self._policy
        )
        self._connection = connection = RTCPeerConnection(configuration)
        self._drain = MediaBlackhole()
        self._tracks: list[MediaStreamTrack] = [Tone(), Picture()] if self._has_video else [Tone()]
        for track in self._tracks:
            connection.addTrack(track)
        connection.on("track", self._drain.addTrack)
        connection.on("connectionstatechange", lambda: self._note(connection))

    def _note(self, connection: RTCPeerConnection) -> None:
        # aiortc closes a connection whose other end was closed; a browser would call that disconnected.
        stage = "disconnected" if connection.connectionState == "closed" else connection.connectionState
        if connection is not self._connection or self._is_shutting or stage == self.stage:
            return
        self.stage = stage
        if self._on_stage is not None:
            self._on_stage(self.stage)
        task = asyncio.ensure_future(self._tell())
        self._notices.add(task)
        task.add_done_callback(self._notices.discard)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _reopen(self) -> None:
        await self._shut()
        self.stage = "new"
        self._open()

    async def _shut(self) -> None:
        self._is_shutting = True
        for track in self._tracks:
            track.stop()
        await self._connection.close()
        await self._drain.stop()

    async def call(self) -> None:
        """Sends an offer with all candidates in it. Once connected it starts over, as after a lost network."""
        async with self._lock:
            if self._connection.signalingState != "stable" or self._connection.remoteDescription is not None:
                await self._reopen()
            await self._connection.setLocalDescription(await self._connection.createOffer())
            await self._send_description()

    async def receive(self, signal: Signal) -> None:
        """A signal of the other side, in the order in which it sent them."""
        async with self._lock:
            if (description := signal.get("description")) is not None:
                await self._take_description(RTCSessionDescription(description["sdp"], description["type"]))
            else:
                await self._take_candidate(signal.get("candidate"))

    async def _take_description(self, description: RTCSessionDescription) -> None:
        is_pending = self._connection.signalingState == "have-local-offer"
        if description.type == "answer":
            if is_pending:
                await self._connection.setRemoteDescription(description)
                await self._drain.start()
            return
        self._ignores_candidates = is_pending and not self._is_polite
        if self._ignores_candidates:
            return
        if is_pending or self._connection.signalingState == "closed" or self._is_another_session(description):
            await self._reopen()
        await self._connection.setRemoteDescription(description)
        await self._connection.setLocalDescription(await self._connection.createAnswer())
        await self._drain.start()
        await self._send_description()

    def _is_another_session(self, description: RTCSessionDescription) -> bool:
        now = self._connection.remoteDescription
        return now is not None and _ice_names(now.sdp) != _ice_names(description.sdp)

    async def _take_candidate(self, candidate: dict[str, Any] | None) -> None:
        if self._ignores_candidates or self._connection.remoteDescription is None:
            return
        if candidate is None or not candidate["candidate"]:
            await self._connection.addIceCandidate(None)
            return
        parsed = candidate_from_sdp(candidate["candidate"].removeprefix("candidate:"))
        parsed.sdpMid, parsed.sdpMLineIndex = candidate.get("sdpMid"), candidate.get("sdpMLineIndex")
        await self._connection.addIceCandidate(parsed)

    async def _send_description(self) -> None:
        local = self._connection.localDescription
        await self._send({"description": {"type": local.type, "sdp": local.sdp}})

    async def wait_for(self, *stages: str, timeout: float = PATIENCE_SECONDS) -> str:
        """The stage, once it is one of these."""
        async with asyncio.timeout(timeout), self._changed:
            await self._changed.wait_for(lambda: self.stage in stages)
            return self.stage

    async def read_stats(self) -> PeerStats:
        sent = received = 0
        round_trips = []
        for report in (await self._connection.getStats()).values():
            if report.type == "outbound-rtp":
                sent += report.packetsSent
            elif report.type == "inbound-rtp":
                received += report.packetsReceived
            elif report.type == "remote-inbound-rtp" and report.roundTripTime is not None:
                round_trips.append(report.roundTripTime)
        return PeerStats(sent, received, round(1000 * max(round_trips)) if round_trips else None)

    def candidate_types(self) -> tuple[str, str]:
        """How both ends of the connection in use are reached: host, srflx, prflx or relay; ours first."""
        pair = self._connection.getTransceivers()[0].sender.transport.transport._connection._nominated[1]
        return pair.local_candidate.type, pair.remote_candidate.type

    def silence(self, is_silent: bool) -> None:
        """Sends no packet of any medium any more, although connected; or all of them again."""
        for sender, track in zip(self._connection.getSenders(), self._tracks, strict=True):
            sender.replaceTrack(None if is_silent else track)

    async def close(self) -> None:
        async with self._lock:
            await self._shut()
            self.stage = "closed"


def _ice_names(sdp: str) -> set[str | None]:
    return {media.ice.usernameFragment for media in SessionDescription.parse(sdp).media}


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

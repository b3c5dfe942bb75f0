"""One side of a call on aiortc: perfect negotiation, media that are made as they are sent, counts of what arrives.

Whoever makes a `MediaPeer` carries its signals and chooses what it sends. What it receives is counted and not decoded.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from aiortc import (
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCIceServer,
    RTCIceTransportPolicy,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.sdp import SessionDescription, candidate_from_sdp

from config import limits
from realtime.media.recording.streams import Packet
from realtime.media.relay.private_parts import take_packets

# `{"description": {type, sdp}}` or `{"candidate": {candidate, sdpMid, sdpMLineIndex} | None}`.
Signal: TypeAlias = dict[str, Any]
SendSignal: TypeAlias = Callable[[Signal], Awaitable[None]]

# The browser app's line: which offer an answer answers (static/src/media/descriptions.ts).
_ANSWERED_LINE = "a=x-soulseer-answers:"
_ANSWERED = re.compile(rf"^{_ANSWERED_LINE}(\S+)", re.MULTILINE)
_ORIGIN = re.compile(r"^o=\S+ (\S+ \S+)", re.MULTILINE)


@dataclass(frozen=True)
class PeerStats:
    """Packets of all media together since the connection was made."""

    packets_sent: int
    packets_received: int
    round_trip_ms: int | None


class MediaPeer:
    """One side of a call. `stage` is the connection's state: new, connecting, connected, disconnected, failed, closed.

    aiortc can neither roll an offer back nor restart ICE: a new connection takes the old one's place in both cases.
    """

    def __init__(
        self,
        send: SendSignal,
        make_tracks: Callable[[], list[MediaStreamTrack]],
        *,
        is_polite: bool,
        ice_servers: list[dict[str, Any]],
        relay_only: bool = False,
        on_stage: Callable[[str], None] | None = None,
    ) -> None:
        self._send = send
        self._is_polite = is_polite
        self._make_tracks = make_tracks
        self._on_stage = on_stage
        self._lock = asyncio.Lock()
        self._changed = asyncio.Condition()
        self._notices: set[asyncio.Task[None]] = set()
        self._ignores_candidates = False
        self._silenced: set[str] = set()
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
        self._tracks = self._make_tracks()
        for track in self._tracks:
            sender = connection.addTrack(track)
            if track.kind in self._silenced:
                sender.replaceTrack(None)
        # Beside the media, as the browser app has it: a description without it would have to be negotiated once more.
        self._companion = connection.createDataChannel("companion", negotiated=True, id=0)
        self._companion.on("open", self._tell_picture)
        connection.on("track", lambda track: self._count(connection, track))
        connection.on("connectionstatechange", lambda: self._note(connection))

    def _note(self, connection: RTCPeerConnection) -> None:
        # aiortc closes a connection whose other end was closed; a browser would call that disconnected.
        stage = "disconnected" if connection.connectionState == "closed" else connection.connectionState
        if connection is not self._connection or self._is_shutting or stage == self.stage:
            return
        self._enter(stage)

    def _enter(self, stage: str) -> None:
        self.stage = stage
        if self._on_stage is not None:
            self._on_stage(stage)
        task = asyncio.ensure_future(self._tell())
        self._notices.add(task)
        task.add_done_callback(self._notices.discard)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _reopen(self) -> None:
        await self._shut()
        if self.stage != "new":
            self._enter("new")
        self._open()

    async def _shut(self) -> None:
        self._is_shutting = True
        for track in self._tracks:
            track.stop()
        await self._connection.close()

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
            if is_pending and self._is_answered_by(description.sdp):
                await self._connection.setRemoteDescription(description)
            return
        self._ignores_candidates = is_pending and not self._is_polite
        if self._ignores_candidates:
            # Whoever came after our offer was sent knows nothing of it.
            await self._send_description()
            return
        if self._is_known(description):
            return
        if is_pending or self._connection.signalingState == "closed" or self._is_another_session(description):
            await self._reopen()
        await self._connection.setRemoteDescription(description)
        await self._connection.setLocalDescription(await self._connection.createAnswer())
        await self._send_description()

    def _is_answered_by(self, sdp: str) -> bool:
        answered, own = _ANSWERED.search(sdp), _ORIGIN.search(self._connection.localDescription.sdp)
        return answered is None or own is None or own[1].startswith(f"{answered[1]} ")

    def _is_known(self, description: RTCSessionDescription) -> bool:
        """The offer that was answered, sent once more."""
        now = self._connection.remoteDescription
        return now is not None and now.type == "offer" and now.sdp == description.sdp

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
        local, remote = self._connection.localDescription, self._connection.remoteDescription
        sdp: str = local.sdp
        if local.type == "answer" and (origin := _ORIGIN.search(remote.sdp)) is not None:
            sdp = sdp.replace("\r\nm=", f"\r\n{_ANSWERED_LINE}{origin[1]}\r\nm=", 1)
        await self._send({"description": {"type": local.type, "sdp": sdp}})

    async def wait_for(self, *stages: str, timeout: float = limits.MEDIA_PROCESS_ANSWER_SECONDS) -> str:
        """The stage, once it is one of these; `timeout` in seconds."""
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

    def silence(self, is_silent: bool, *kinds: str) -> None:
        """Sends no packet of these media, or of any, any more, although connected; or all of them again."""
        wanted = set(kinds or ("audio", "video"))
        self._silenced = self._silenced | wanted if is_silent else self._silenced - wanted
        for sender, track in zip(self._connection.getSenders(), self._tracks, strict=True):
            sender.replaceTrack(None if track.kind in self._silenced else track)
        self._tell_picture()

    def _tell_picture(self) -> None:
        if self._companion.readyState == "open":
            is_on = "video" not in self._silenced and any(track.kind == "video" for track in self._tracks)
            self._companion.send(f'{{"isVideoOn": {str(is_on).lower()}}}')

    def _count(self, connection: RTCPeerConnection, track: MediaStreamTrack) -> None:
        """What arrives is known to have arrived, and goes no further."""
        receiver = next(one.receiver for one in connection.getTransceivers() if one.receiver.track is track)
        take_packets(
            receiver,
            track.kind,
            on_packet=_pass_over,
            on_report=lambda _timestamp, _seconds: None,
            find_cap=lambda: limits.GUIDE_RECEIVED_BITS,
        )

    async def close(self) -> None:
        async with self._lock:
            await self._shut()
            self.stage = "closed"


def _ice_names(sdp: str) -> set[str | None]:
    described = SessionDescription.parse(sdp).media
    return {media.ice.usernameFragment for media in described if media.ice is not None}


def _pass_over(_packet: Packet) -> None:
    return

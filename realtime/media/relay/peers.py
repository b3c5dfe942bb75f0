"""One person's connection to the relay: what they publish, and what they receive."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable

from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCRtpReceiver, RTCRtpSender, RTCSessionDescription
from aiortc.rtcrtptransceiver import RTCRtpTransceiver

from config import limits
from realtime.media.recording.webm import Kind
from realtime.media.relay.forwarding import Forwarder, Source
from realtime.media.relay.keyframes import KeyframeRequester
from realtime.media.relay.private_parts import ask_for_keyframe, bound_transport, put_packets, take_packets

_CODECS: dict[str, tuple[str, ...]] = {"audio": ("audio/opus",), "video": ("video/vp8", "video/rtx")}


def find_kinds(sdp: str) -> tuple[Kind, ...]:
    """What an offer is of, in its order. Raises ValueError for anything but one audio, one video, or one of both."""
    offered = tuple(line[2:].split(" ", 1)[0] for line in sdp.splitlines() if line.startswith("m="))
    kinds: tuple[Kind, ...] = ("audio", "video")
    for allowed in (kinds, kinds[::-1], kinds[:1], kinds[1:]):
        if offered == allowed:
            return allowed
    raise ValueError("an offer has one audio, one video, or one of both, and nothing else")


class Peer:
    """Answers one offer. `on_connected` and `on_gone` are called once each at most, the second also when it never connected."""

    def __init__(self, *, on_connected: Callable[[Peer], None], on_gone: Callable[[Peer], None]) -> None:
        # An empty list: none at all would mean a public STUN server.
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._on_connected = on_connected
        self._on_gone = on_gone
        self._patience: asyncio.TimerHandle | None = None
        self.is_connected = False
        self.is_closed = False
        self.sources: dict[Kind, Source] = {}
        self.forwarders: dict[Kind, Forwarder] = {}

    async def answer(self, sdp: str, *, with_video: bool) -> str:
        """The answer's SDP, candidates included. Raises ValueError, and whatever aiortc does for an offer that makes no sense."""
        kinds = find_kinds(sdp)
        if "audio" not in kinds:
            raise ValueError("an offer has one audio and at most one video, and nothing else")
        # What is preferred must be known before the offer is: two who prefer different codecs would not see each other otherwise.
        for kind in kinds:
            codecs = [codec for codec in RTCRtpSender.getCapabilities(kind).codecs if codec.mimeType.lower() in _CODECS[kind]]
            self._pc.addTransceiver(kind, direction="sendrecv").setCodecPreferences(codecs)
        await self._pc.setRemoteDescription(RTCSessionDescription(sdp=sdp, type="offer"))
        if len(self._pc.getTransceivers()) != len(kinds) or self._pc.sctp is not None:
            raise ValueError("an offer has what its media lines say")
        for transport in {transceiver.receiver.transport for transceiver in self._pc.getTransceivers()}:
            bound_transport(transport)
        for transceiver in self._pc.getTransceivers():
            if transceiver.kind == "video" and not with_video:
                transceiver.direction = "inactive"
            else:
                self._use(transceiver)
        self._pc.on("connectionstatechange", self._follow_state)
        await self._pc.setLocalDescription(await self._pc.createAnswer())
        self._patience = asyncio.get_running_loop().call_later(limits.RELAY_CONNECT_SECONDS, self._lose_patience)
        return str(self._pc.localDescription.sdp)

    def receive(self, other: Peer) -> None:
        """Forward everything that the other publishes to this one."""
        for kind, forwarder in self.forwarders.items():
            source = other.sources.get(kind)
            if source is None:
                forwarder.detach()
            else:
                forwarder.attach(source)

    def stop_receiving(self) -> None:
        for forwarder in self.forwarders.values():
            forwarder.detach()

    async def close(self) -> None:
        self.is_closed = True
        self.stop_receiving()
        if self._patience is not None:
            self._patience.cancel()
        for source in self.sources.values():
            source.keyframes.close()
        await self._pc.close()

    def _use(self, transceiver: RTCRtpTransceiver) -> None:
        kind: Kind = "video" if transceiver.kind == "video" else "audio"
        receiver: RTCRtpReceiver = transceiver.receiver
        source = Source(kind, KeyframeRequester(functools.partial(ask_for_keyframe, receiver)))
        take_packets(receiver, kind, on_packet=source.push, on_report=source.report, find_cap=source.find_cap)
        forwarder = Forwarder(kind)
        put_packets(
            transceiver.sender,
            forward=forwarder.run,
            on_keyframe_wanted=forwarder.ask_keyframe,
            on_bandwidth=forwarder.note_bandwidth,
        )
        self.sources[kind], self.forwarders[kind] = source, forwarder

    def _follow_state(self) -> None:
        state = self._pc.connectionState
        if state == "connected" and not self.is_connected:
            self.is_connected = True
            if self._patience is not None:
                self._patience.cancel()
            self._on_connected(self)
        elif state in ("failed", "closed") and not self.is_closed:
            self.is_closed = True
            self._on_gone(self)

    def _lose_patience(self) -> None:
        if not self.is_closed:
            self.is_closed = True
            self._on_gone(self)

"""One who watches: is made an offer, and gets the packets of its feeds as fast as they take them."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable

from aiortc import RTCSessionDescription

from config import limits
from realtime.media.broadcast.codecs import choose_codecs
from realtime.media.broadcast.connections import Connection, strip_candidates
from realtime.media.broadcast.feeds import MIDS, Feed
from realtime.media.broadcast.options import BroadcastOptions
from realtime.media.broadcast.outlets import Outlet
from realtime.media.broadcast.paces import Pace
from realtime.media.broadcast.private_parts import DirectSender, put_directly
from realtime.media.recording.webm import Kind


class Viewer:
    """`on_gone` gets why: `slow` or `failed`. Whatever they send is dropped by the library, which expects nothing of them."""

    def __init__(self, options: BroadcastOptions, feeds: dict[Kind, Feed], on_gone: Callable[[Viewer, str], None]) -> None:
        self._options = options
        self._feeds = feeds
        self._reason = "failed"
        self._connection = Connection(lambda: on_gone(self, self._reason))
        self._pace = Pace(time.monotonic())
        self._outlets = {kind: Outlet(feed, self._pace, on_heard=self._connection.hear) for kind, feed in feeds.items()}
        self.awaits_answer = False

    async def offer(self) -> str:
        """The offer's SDP, candidates included."""
        pc = self._connection.pc
        for kind in MIDS:
            transceiver = pc.addTransceiver(kind, direction="sendonly")
            transceiver.setCodecPreferences(choose_codecs(kind, self._options.codec))
            put_directly(
                transceiver.sender,
                source=self._feeds[kind].source,
                on_ready=functools.partial(self._begin, kind),
                feedback=self._outlets[kind],
            )
        self._connection.bound()
        self._connection.follow()
        await pc.setLocalDescription(await pc.createOffer())
        self.awaits_answer = True
        return str(pc.localDescription.sdp)

    async def answer(self, sdp: str) -> None:
        """Raises ValueError, and whatever aiortc does for an answer that makes no sense; the viewer is of no use then."""
        self.awaits_answer = False
        pc = self._connection.pc
        await pc.setRemoteDescription(RTCSessionDescription(sdp=strip_candidates(sdp), type="answer"))
        if any(transceiver.currentDirection != "sendonly" for transceiver in pc.getTransceivers()):
            raise ValueError("whoever watches receives what they are offered")

    def tick(self, now: float, *, full_bits: float, keyframe_bits: float) -> None:
        if not self._connection.is_connected:
            return
        if now - self._connection.heard_at > limits.LIVESTREAM_VIEWER_SILENT_SECONDS:
            self._connection.lose()
            return
        verdict = self._pace.decide(now, full_bits=full_bits, keyframe_bits=keyframe_bits)
        if verdict == "gone":
            self._reason = "slow"
            self._connection.lose()
            return
        self._outlets["video"].thin(verdict == "keyframes")
        for outlet in self._outlets.values():
            outlet.report()

    @property
    def is_thinned(self) -> bool:
        return self._pace.verdict == "keyframes"

    async def close(self) -> None:
        self.awaits_answer = False
        for outlet in self._outlets.values():
            outlet.detach()
        await self._connection.close()

    def _begin(self, kind: Kind, sender: DirectSender, payload_type: int) -> None:
        if payload_type != self._feeds[kind].wire.payload_type:
            self._connection.lose()
            return
        self._outlets[kind].attach(sender)

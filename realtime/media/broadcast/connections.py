"""One peer connection of this process: followed until it is gone, which its owner is told once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection

from config import limits
from realtime.media.relay.private_parts import bound_transport

_WHERE = ("a=candidate:", "a=remote-candidates:", "a=end-of-candidates")


def strip_candidates(sdp: str) -> str:
    """Who it is from comes by themselves; with candidates they could have this process send to any address."""
    lines = sdp.replace("\r\n", "\n").rstrip("\n").split("\n")
    return "\r\n".join(line for line in lines if not line.startswith(_WHERE)) + "\r\n"


class Connection:
    """`on_gone` is called once at most, never from within a call of its owner's; also when nobody came in time."""

    def __init__(self, on_gone: Callable[[], None]) -> None:
        # An empty list: none at all would mean a public STUN server.
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._on_gone = on_gone
        self._patience: asyncio.TimerHandle | None = None
        self._is_over = False
        self.is_connected = False
        self.heard_at = time.monotonic()

    def bound(self) -> None:
        """To be called once its transports are known."""
        for transport in {transceiver.receiver.transport for transceiver in self.pc.getTransceivers()}:
            bound_transport(transport, on_check=self.hear)

    def follow(self) -> None:
        self.pc.on("connectionstatechange", self._follow_state)
        self._patience = asyncio.get_running_loop().call_later(limits.RELAY_CONNECT_SECONDS, self.lose)

    def hear(self) -> None:
        self.heard_at = time.monotonic()

    def lose(self) -> None:
        """It is of no use any more."""
        if not self._is_over:
            self._is_over = True
            self._on_gone()

    async def close(self) -> None:
        self._is_over = True
        if self._patience is not None:
            self._patience.cancel()
        await self.pc.close()

    def _follow_state(self) -> None:
        state = self.pc.connectionState
        if state == "connected" and not self.is_connected:
            self.is_connected = True
            if self._patience is not None:
                self._patience.cancel()
        elif state in ("failed", "closed"):
            self.lose()

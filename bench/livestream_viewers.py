"""Many viewers in a process of their own, who count what they get and never decode it: `RelayOptions` of a `MediaProcess`."""

from __future__ import annotations

import asyncio
import functools
import sys
from typing import Any

from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from realtime.media.recording.streams import Packet
from realtime.media.relay.options import NetworkOptions
from realtime.media.relay.private_parts import take_packets
from realtime.media.serving import RequestService, Send, run_process


class Service(RequestService):
    """`join {sdp}` → `{sdp}`: one more viewer answers an offer · `count` → of each, so far, `{pictures, packets}`."""

    described_by_strangers = frozenset()
    tick_seconds = 60.0

    def __init__(self, send: Send) -> None:
        super().__init__(send)
        self._connections: list[RTCPeerConnection] = []
        self._pictures: list[int] = []
        self._packets: list[int] = []

    def tick(self, now: float) -> None:
        return None

    async def carry_out(self, request: dict[str, Any]) -> dict[str, Any]:
        if request["do"] == "count":
            return {"pictures": self._pictures, "packets": self._packets}
        pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        number = len(self._connections)
        self._connections.append(pc)
        self._pictures.append(0)
        self._packets.append(0)
        await pc.setRemoteDescription(RTCSessionDescription(sdp=request["sdp"], type="offer"))
        for transceiver in pc.getTransceivers():
            take_packets(
                transceiver.receiver,
                transceiver.kind,
                on_packet=functools.partial(self._count, number, transceiver.kind),
                on_report=lambda timestamp, seconds: None,
                find_cap=lambda: None,
            )
        await pc.setLocalDescription(await pc.createAnswer())
        return {"sdp": pc.localDescription.sdp}

    async def close_all(self) -> None:
        await asyncio.gather(*(pc.close() for pc in self._connections))

    def _count(self, number: int, kind: str, packet: Packet) -> None:
        self._packets[number] += 1
        if kind == "video" and packet.is_last_of_frame:
            self._pictures[number] += 1


if __name__ == "__main__":
    run_process(int(sys.argv[1]), NetworkOptions.model_validate_json(sys.argv[2]), Service)

"""One person shown to many as one would write it first: with aiortc's own MediaRelay, which decodes once and encodes for each."""

from __future__ import annotations

import sys
from typing import Any

from aiortc import MediaStreamTrack, RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay

from realtime.media.relay.options import NetworkOptions
from realtime.media.serving import RequestService, Send, run_process


class Service(RequestService):
    """`publish {sdp}` → `{sdp}` · `view {viewer}` → `{sdp}` · `answer {viewer, sdp}`; it ends with its input."""

    described_by_strangers = frozenset()
    tick_seconds = 60.0

    def __init__(self, send: Send) -> None:
        super().__init__(send)
        self._relay = MediaRelay()
        self._tracks: list[MediaStreamTrack] = []
        self._connections: dict[str, RTCPeerConnection] = {}

    def tick(self, now: float) -> None:
        return None

    async def carry_out(self, request: dict[str, Any]) -> dict[str, Any]:
        if request["do"] == "answer":
            pc = self._connections[request["viewer"]]
            await pc.setRemoteDescription(RTCSessionDescription(sdp=request["sdp"], type="answer"))
            return {}
        pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._connections[request.get("viewer", "")] = pc
        if request["do"] == "publish":
            pc.on("track", self._tracks.append)
            await pc.setRemoteDescription(RTCSessionDescription(sdp=request["sdp"], type="offer"))
            await pc.setLocalDescription(await pc.createAnswer())
        else:
            for track in self._tracks:
                pc.addTransceiver(self._relay.subscribe(track), direction="sendonly")
            await pc.setLocalDescription(await pc.createOffer())
        return {"sdp": pc.localDescription.sdp}

    async def close_all(self) -> None:
        for pc in self._connections.values():
            await pc.close()


if __name__ == "__main__":
    run_process(int(sys.argv[1]), NetworkOptions.model_validate_json(sys.argv[2]), Service)

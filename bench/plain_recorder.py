"""Two people passed on to each other and recorded as one would write it first: with aiortc's own MediaRelay and MediaRecorder.

A process of its own: FOLDER; lines of {"side", "sdp"} come in, lines of {"sdp"} go out; it ends with its input.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from pathlib import Path

import av
from aiortc import MediaStreamTrack, RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRecorder, MediaRelay


async def main(folder: Path) -> None:
    relay = MediaRelay()
    tracks: dict[str, list[MediaStreamTrack]] = {"client": [], "reader": []}
    peers: dict[str, RTCPeerConnection] = {}
    recorders: list[MediaRecorder] = []
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        request = json.loads(line)
        side = request["side"]
        peers[side] = pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        pc.on("track", tracks[side].append)
        await pc.setRemoteDescription(RTCSessionDescription(sdp=request["sdp"], type="offer"))
        for transceiver in pc.getTransceivers():
            transceiver.direction = "sendrecv"
        await pc.setLocalDescription(await pc.createAnswer())
        print(json.dumps({"sdp": pc.localDescription.sdp}), flush=True)
        if len(peers) < 2:
            continue
        for one, other in (("client", "reader"), ("reader", "client")):
            recorder = MediaRecorder(str(folder / f"{one}.mp4"))
            for track in tracks[one]:
                recorder.addTrack(relay.subscribe(track))
                for transceiver in peers[other].getTransceivers():
                    if transceiver.kind == track.kind:
                        transceiver.sender.replaceTrack(relay.subscribe(track))
            await recorder.start()
            recorders.append(recorder)
    for recorder in recorders:
        # It fails now and then when the media end before it does; what is measured was before that.
        with contextlib.suppress(av.error.FFmpegError):
            await recorder.stop()
    await asyncio.gather(*(pc.close() for pc in peers.values()))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
